"""One's own account: the second factor and the sessions."""

from __future__ import annotations

import time

import pyotp
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import PASSWORD, someone
from tests.e2e.looks import violations
from tests.e2e.people import Person, make_guest, sign_in
from tests.local import Vps

STEP_S = 30
"""How long a code counts (RFC 6238)."""


def in_by_code(browser: Browser, vps: Vps, name: str, code: str) -> Person:
    """Somebody who signs in with password and second factor."""
    person = Person.arrive(browser, vps.values["SKERRY_URL"], name, PASSWORD)
    sign_in(person.page, name, PASSWORD)
    field = person.page.get_by_label("Code of your second factor")
    expect(field).to_be_focused()
    assert violations(person.page) == []
    field.fill(code)
    field.press("Enter")
    person.settle()
    return person


def test_a_second_factor_from_its_enrolment_to_signing_out_everywhere(
    admin: Person, browser: Browser, vps: Vps
) -> None:
    """If this failed, a stolen password would be enough, or a lost phone would lock its owner out."""
    person = someone(browser, vps, make_guest(admin, "factor", "viewer", PASSWORD), PASSWORD)
    page = person.page
    person.open("Profile")
    page.get_by_role("button", name="Set up").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_role("button", name="Set up").click()
    expect(dialog.get_by_role("img", name="QR code")).to_be_visible()
    assert violations(page) == []
    app = pyotp.TOTP(dialog.locator("code").inner_text())
    dialog.get_by_label("Code of the app").fill(app.now())
    dialog.get_by_role("button", name="Turn on").click()
    expect(dialog.locator(".codes li")).to_have_count(10)
    recovery = dialog.locator(".codes li").first.inner_text()
    dialog.get_by_role("button", name="Close").click()
    expect(page.locator("[data-totp=on]")).to_contain_text("10 recovery codes")

    # The code of the enrolment was used; the next one counts already, for clocks differ.
    second = in_by_code(browser, vps, person.name, app.at(int(time.time()) + STEP_S))
    third = in_by_code(browser, vps, person.name, recovery)
    third.open("Profile")
    expect(third.page.locator("[data-totp=on]")).to_contain_text("9 recovery codes")
    expect(third.page.locator("[data-session=other]")).to_have_count(2)

    second.open("Profile")
    expect(second.page.locator("[data-session]")).to_have_count(3)
    third.page.locator("[data-session=other]").last.get_by_role("button").click()
    expect(third.page.locator("[data-session]")).to_have_count(2)
    third.page.get_by_role("button", name="End all sessions").click()
    third.page.get_by_role("dialog").get_by_role("button", name="End all sessions").click()
    for one in (person, second, third):
        expect(one.page.get_by_role("heading", name="Sign in")).to_be_visible()
        one.page.reload()
        expect(one.page.get_by_role("heading", name="Sign in")).to_be_visible()
        one.context.close()
