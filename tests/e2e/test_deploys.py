"""Deploys: what the host notes is on everybody's page at once, and who may can go back from there."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.hostrecords import APP, STATE, files, release, write
from tests.e2e.looks import violations
from tests.e2e.people import Person
from tests.local import Vps

pytestmark = pytest.mark.usefixtures("host_records")


def test_a_deploy_shows_on_pages_that_are_open(viewer: Person, vps: Vps) -> None:
    """If this failed, people would believe that the release runs which somebody else has just taken away."""
    page = viewer.page
    viewer.open("Deploys")
    card = page.locator(f"[data-app='{APP}']")
    expect(card).to_contain_text("1.4")
    rows = page.locator("[data-deploy]", has_text=APP)
    expect(rows.first).to_contain_text("Rolled back")
    expect(rows.first).to_contain_text(f"{APP}_web ended with code 1")
    expect(rows.first).to_contain_text("cheaper <b>shipping</b>")
    page.evaluate("window.notReloaded = true")
    log: Any = files()[STATE / f"releases/{APP}.json"]
    write(vps, STATE / f"releases/{APP}.json", {**log, "releases": [*log["releases"], release("1.6")]})
    expect(card.locator(".release")).to_have_text("1.6")
    assert page.evaluate("window.notReloaded"), "the page was loaded again: that is not live"
    write(vps, STATE / f"releases/{APP}.json", log)
    expect(card.locator(".release")).to_have_text("1.4")

    page.get_by_label("Verdict").select_option("deployed")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("Deployed")
    page.get_by_label("App or stack").select_option("console")
    expect(rows).to_have_count(0)
    expect(page.locator("[data-deploy]").first).to_contain_text("console")
    assert viewer.complaints == []


def test_going_back_begins_with_what_was_pointed_at(operator: Person, viewer: Person) -> None:
    """If this failed, somebody in a hurry would type the name of another release, or be offered what is refused."""
    for person in (operator, viewer):
        person.open("Deploys")
        person.page.locator(f"[data-app='{APP}'] summary").press("Enter")
        expect(person.page.locator("[data-release='1.2']")).to_contain_text("was left")
        assert violations(person.page) == []
    expect(viewer.page.locator("[data-start]")).to_have_count(0)

    page = operator.page
    page.get_by_role("button", name=f"Go back to this one: {APP} 1.3").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("[name=app]")).to_have_value(APP)
    expect(dialog.locator("[name=release]")).to_have_value("1.3")
    assert violations(page) == []
    dialog.get_by_role("button", name="Cancel").click()

    page.get_by_role("button", name=f"Deploy a release of {APP}").click()
    expect(dialog.locator("[name=app]")).to_have_value(APP)
    expect(dialog.locator("[name=release]")).to_have_value("")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert operator.complaints == viewer.complaints == []
