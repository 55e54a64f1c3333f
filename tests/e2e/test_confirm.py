"""What matters wants the password again when the sign-in was a while ago."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.database import sql
from tests.e2e.looks import violations
from tests.e2e.people import GUESTS, Person
from tests.local import Vps

LATER = f"{GUESTS}later"


@pytest.fixture
def left_open(admin: Person, vps: Vps) -> Iterator[Page]:
    """The page of an admin; everybody signed in hours ago. Afterwards the admin has just proved who they are."""
    vps.out(sql("UPDATE sessions SET created_at = created_at - INTERVAL 2 HOUR, confirmed_at = NULL"))
    yield admin.page
    admin.prove()
    admin.complaints.clear()  # to be asked is a refusal


def question(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Confirm that it is you")


def refusals(person: Person) -> list[str]:
    """The paths at which their page was refused something, in turn."""
    return [one.rpartition("/api/")[2] for one in person.complaints if one.startswith("403 ")]


def test_who_proves_who_they_are_goes_on_by_itself(admin: Person, left_open: Page) -> None:
    """If this failed, whoever finds an admin's page could make himself one, or the admin would have to begin anew."""
    admin.open("Users")
    left_open.get_by_role("button", name="New user").click()
    form = left_open.get_by_role("dialog", name="New user")
    form.get_by_label("Name").fill(LATER)
    form.get_by_label("Viewer").check()
    form.get_by_label("New password").fill("a password of theirs")
    form.get_by_role("button", name="Create").click()

    asked = question(left_open)
    expect(asked).to_be_visible()
    expect(asked.get_by_label("Your password")).to_be_focused()
    assert violations(left_open) == []
    left_open.keyboard.type("a guess")
    left_open.keyboard.press("Enter")
    expect(asked.get_by_role("alert")).to_have_text("The current password is wrong.")
    asked.get_by_label("Your password").fill(admin.password)
    left_open.keyboard.press("Enter")
    expect(left_open.locator(f"[data-user='{LATER}']")).to_be_visible()
    expect(left_open.get_by_role("dialog")).to_have_count(0)
    assert refusals(admin) == ["users", "auth/confirm"]


def test_without_a_proof_a_dangerous_job_does_not_start(admin: Person, left_open: Page) -> None:
    """If this failed, whoever finds an admin's page could put old data in the place of today's."""
    admin.open("Jobs")
    left_open.get_by_role("button", name="Start: Restore an app").click()
    form = left_open.get_by_role("dialog", name="Restore an app")
    form.locator("[name=app]").fill("no-such-app")
    form.get_by_label("To confirm, type").fill("restore-app")
    form.get_by_role("button", name="Start").click()
    expect(question(left_open)).to_be_visible()
    question(left_open).get_by_role("button", name="Cancel").click()
    expect(form.get_by_role("alert")).to_have_text("Nothing was done: confirm that it is you.")
    assert refusals(admin) == ["jobs"]
    _, jobs = admin.ask("GET", "/api/jobs?name=restore-app")
    assert not [job for job in jobs["jobs"] if job["parameters"].get("app") == "no-such-app"]
    form.get_by_role("button", name="Cancel").click()
    expect(left_open.get_by_role("dialog")).to_have_count(0)
