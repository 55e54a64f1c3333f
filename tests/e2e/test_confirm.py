"""What matters wants the password again when the sign-in was a while ago."""

from __future__ import annotations

import pyotp
from playwright.sync_api import Browser, Locator, expect

from tests.database import sql
from tests.e2e.conftest import PASSWORD, someone
from tests.e2e.looks import violations
from tests.e2e.people import GUESTS, Person, make_guest, remove_guests
from tests.local import Vps

LATER = f"{GUESTS}later"


def hours_pass(vps: Vps) -> None:
    """Everybody signed in two hours ago, and has proved nothing since."""
    vps.out(sql("UPDATE sessions SET created_at = created_at - INTERVAL 2 HOUR, confirmed_at = NULL"))


def question(person: Person) -> Locator:
    return person.page.get_by_role("dialog", name="Confirm that it is you")


def refusals(person: Person) -> list[str]:
    """The paths at which their page was refused something, in turn; they are forgotten."""
    found = [one.rpartition("/api/")[2] for one in person.complaints if one.startswith("403 ")]
    person.complaints.clear()
    return found


def test_who_proves_who_they_are_goes_on_by_itself(admin: Person, vps: Vps) -> None:
    """If this failed, whoever finds an admin's page could make himself one, or the admin would have to begin anew."""
    page, asked = admin.page, question(admin)
    hours_pass(vps)
    admin.open("Users")
    page.get_by_role("button", name="New user").click()
    form = page.get_by_role("dialog", name="New user")
    form.get_by_label("Name").fill(LATER)
    form.get_by_label("Viewer").check()
    form.get_by_label("New password").fill(PASSWORD)
    form.get_by_role("button", name="Create").click()

    expect(asked.get_by_label("Your password")).to_be_focused()
    assert violations(page) == []
    page.keyboard.type("a guess")
    page.keyboard.press("Enter")
    expect(asked.get_by_role("alert")).to_have_text("The current password is wrong.")
    asked.get_by_label("Your password").fill(admin.password)
    page.keyboard.press("Enter")
    expect(page.locator(f"[data-user='{LATER}']")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert refusals(admin) == ["users", "auth/confirm"]


def test_without_a_proof_a_dangerous_job_does_not_start(admin: Person, vps: Vps) -> None:
    """If this failed, whoever finds an admin's page could put old data in the place of today's."""
    page = admin.page
    hours_pass(vps)
    admin.open("Jobs")
    page.get_by_role("button", name="Start: Restore an app").click()
    form = page.get_by_role("dialog", name="Restore an app")
    form.locator("[name=app]").fill("no-such-app")
    form.get_by_label("To confirm, type").fill("restore-app")
    form.get_by_role("button", name="Start").click()
    question(admin).get_by_role("button", name="Cancel").click()
    expect(form.get_by_role("alert")).to_have_text("Nothing was done: confirm that it is you.")
    assert refusals(admin) == ["jobs"]
    _, jobs = admin.ask("GET", "/api/jobs?name=restore-app")
    assert not [job for job in jobs["jobs"] if job["parameters"].get("app") == "no-such-app"]
    form.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_second_factor_is_asked_for_too(admin: Person, browser: Browser, vps: Vps) -> None:
    """If this failed, a stolen password and an open page would be enough to get around the second factor."""
    guest = someone(browser, vps, make_guest(admin, "careful", "viewer", PASSWORD), PASSWORD)
    _, offer = guest.ask("POST", "/api/auth/totp", {"password": PASSWORD})
    code = pyotp.TOTP(offer["secret"]).now()
    _, enrolled = guest.ask("POST", "/api/auth/totp/confirm", {"code": code})
    hours_pass(vps)
    page, asked = guest.page, question(guest)
    guest.open("Profile")
    page.get_by_role("button", name="New recovery codes").click()
    form = page.get_by_role("dialog", name="New recovery codes")
    form.get_by_label("Your password").fill(PASSWORD)
    form.get_by_role("button", name="New recovery codes").click()
    asked.get_by_label("Your password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(asked.get_by_label("Code of your second factor")).to_be_focused()
    assert violations(page) == []
    page.keyboard.type(enrolled["recovery_codes"][0])
    page.keyboard.press("Enter")
    expect(page.locator(".codes li")).to_have_count(10)
    expect(asked).to_have_count(0)
    assert refusals(guest) == ["auth/totp/recovery-codes", "auth/confirm"]
    guest.context.close()
    remove_guests(admin, guest.name)
