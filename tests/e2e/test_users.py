"""Accounts: made, changed and closed by an admin, with those concerned signed in."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.e2e.conftest import someone
from tests.e2e.looks import violations
from tests.e2e.people import GUESTS, Person
from tests.local import Vps

PASSWORD = "the first password of a guest"
NAME = f"{GUESTS}guest"


def test_an_account_from_its_making_to_its_end(admin: Person, browser: Browser, vps: Vps) -> None:
    """If this failed, an admin could not give somebody access, change what they may do, or take it away at once."""
    page = admin.page
    admin.prove()  # the tests before may have taken longer than a sign-in is good for
    admin.open("Users")
    page.get_by_role("button", name="New user").press("Enter")
    dialog = page.get_by_role("dialog", name="New user")
    expect(dialog).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.evaluate("document.activeElement.textContent") == "New user", "the focus did not come back"

    page.get_by_role("button", name="New user").click()
    dialog.get_by_label("Name").fill(NAME)
    dialog.get_by_label("Viewer").check()
    dialog.get_by_label("New password").fill(PASSWORD)
    dialog.get_by_role("button", name="Create").click()
    row = page.locator(f"[data-user='{NAME}']")
    expect(row).to_contain_text("Never")

    guest = someone(browser, vps, NAME, PASSWORD)
    assert "users" not in guest.links()
    page.get_by_label(f"Role of {NAME}").select_option("admin")
    expect(guest.page.get_by_role("navigation")).to_contain_text("Users")
    expect(guest.page.locator("[data-connection]")).to_have_text("Live")

    row.get_by_role("button", name="Disable").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(row).to_contain_text("Disabled")
    expect(guest.page.get_by_role("heading", name="Sign in")).to_be_visible()
    guest.context.close()
    assert admin.complaints == []

    page.get_by_label("Role of admin").select_option("viewer")
    expect(page.get_by_role("alert").first).to_have_text("This is the last admin: make another one first.")
    expect(page.get_by_label("Role of admin")).to_have_value("admin")
    admin.complaints.clear()  # the refusal is one
