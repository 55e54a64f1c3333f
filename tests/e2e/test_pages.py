"""Every page of the console, for every role: what it shows, that it complains of nothing, and that all can use it."""

from __future__ import annotations

from collections import Counter

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.hostrecords import APP
from tests.e2e.looks import dress, looks, violations
from tests.e2e.people import Person

# A page of the navigation, and something that stands on it once the API and the live connection have answered.
PAGES = {
    "Overview": "[data-verdict=trouble]",
    "Services": '[data-service="console/api"]',
    "Deploys": f"[data-app='{APP}']",
    "Backups": "[data-run]",
    "Alerts": "[data-alert][data-status=firing]",
    "Jobs": "main table",
    "Users": "[data-user=admin]",
    "Audit log": "[data-action]",
    "Profile": "[data-session=current]",
}
SEEN = {
    "viewer": ["overview", "services", "deploys", "backups", "alerts", "jobs", "profile"],
    "operator": ["overview", "services", "deploys", "backups", "alerts", "jobs", "profile"],
    "admin": ["overview", "services", "deploys", "backups", "alerts", "jobs", "users", "audit", "profile"],
}
# The buttons in the body of a page, each once, that are not everyone's own affair.
OPERATORS: dict[str, set[str]] = {
    "Overview": set(),
    "Services": {"Log…"},
    "Deploys": {"Deploy a release…"},
    "Backups": {"Back up now…", "Prove the newest backup…"},
    "Alerts": {"Acknowledge", "Remove unused images…"},
    "Jobs": {"Start…"},
}
BUTTONS: dict[str, dict[str, set[str]]] = {
    "viewer": {name: set() for name in OPERATORS},
    "operator": OPERATORS,
    "admin": OPERATORS | {"Users": {"New user", "Disable", "Reset password"}, "Audit log": {"Filter"}},
}
# What a role may not do, each tried by hand.
REFUSED = {
    "viewer": [
        ("POST", "/api/alerts/1/acknowledge"),
        ("POST", "/api/jobs"),
        ("GET", "/api/users"),
        ("GET", "/api/audit"),
    ],
    "operator": [("POST", "/api/users"), ("PATCH", "/api/users/1"), ("GET", "/api/users"), ("GET", "/api/audit")],
}


def buttons(page: Page) -> set[str]:
    """Their labels; of alerts only those of the tests' own, for the machine may have others, with other jobs."""
    others = page.locator("[data-alert]:not([data-alert^=E2e])").locator("button:visible")
    everything = Counter(page.locator("main button:visible").all_inner_texts())
    return {text.strip() for text in everything - Counter(others.all_inner_texts())}


@pytest.mark.usefixtures("disks", "host_records")
@looks
def test_an_admin_sees_every_page_and_everyone_can_use_it(admin: Person, look: str) -> None:
    """If this failed, a page would be empty, broken, or of no use by keyboard, screen reader or phone."""
    dress(admin.page, look)
    found = {}
    for name, content in PAGES.items():
        admin.open(name)
        expect(admin.page.locator(content).first).to_be_visible()
        found[name] = violations(admin.page)
    assert found == {name: [] for name in PAGES}
    assert admin.complaints == []


@pytest.mark.usefixtures("disks", "host_records")
def test_who_is_offered_what(anyone: Person, request: pytest.FixtureRequest) -> None:
    """If this failed, somebody would see a page or a button whose use is refused, or miss one."""
    role = request.node.callspec.params["anyone"]
    assert anyone.links() == SEEN[role]
    offered = {}
    for name in BUTTONS[role]:
        anyone.open(name)
        expect(anyone.page.locator(PAGES[name]).first).to_be_visible()
        for button in BUTTONS[role][name]:
            expect(anyone.page.locator("main button", has_text=button).first).to_be_visible()
        offered[name] = buttons(anyone.page) - {"Show more"}
    assert offered == BUTTONS[role]
    assert anyone.complaints == []


@pytest.mark.parametrize("role", REFUSED)
def test_what_is_not_offered_is_refused_and_in_the_audit_log(
    admin: Person, role: str, request: pytest.FixtureRequest
) -> None:
    """If this failed, what the page hides would be all that stands between a person and what they may not do."""
    person: Person = request.getfixturevalue(role)
    answers = {(method, path): person.ask(method, path)[0] for method, path in REFUSED[role]}
    assert answers == dict.fromkeys(REFUSED[role], 403)
    person.page.evaluate("location.hash = '#/users'")
    expect(person.page.get_by_role("heading", name="Overview")).to_be_visible()

    admin.open("Audit log")
    admin.page.get_by_label("User").fill(person.name)
    admin.page.get_by_label("Outcome").select_option("refused")
    admin.page.get_by_role("button", name="Filter").click()
    expect(admin.page.locator("[data-action='users.show']").first).to_contain_text(person.name)
    expect(admin.page.locator("tr", has_text="sign-in")).to_have_count(0)


def test_a_key_leads_to_the_page_and_the_focus_goes_along(admin: Person) -> None:
    """If this failed, who uses the keyboard would begin at the top of the document on each page."""
    admin.page.get_by_role("navigation").get_by_role("link", name="Profile").press("Enter")
    expect(admin.page.get_by_role("heading", name="Profile")).to_be_visible()
    assert admin.page.evaluate("document.activeElement.tagName") == "MAIN"
    assert admin.page.title() == "Profile · Skerry console"


def test_the_visitor_before_signing_in(page: Page) -> None:
    """If this failed, a person with a screen reader could not even sign in."""
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert violations(page) == []
    assert "Skerry" in page.title()
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert violations(page) != [], "axe would find nothing in any page"
