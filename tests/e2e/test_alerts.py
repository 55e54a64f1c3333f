"""Alerts, as several people see them at the same time."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.alertmanager import alert, tell
from tests.e2e.conftest import NUMBERS
from tests.e2e.looks import violations
from tests.e2e.people import Person
from tests.local import Vps


def card(page: Page, disk: int) -> Locator:
    return page.locator("[data-alert]", has_text=f"Disk {disk} is almost full")


def test_what_one_person_does_about_an_alert_the_others_see(
    operator: Person, viewer: Person, disks: tuple[int, int, int]
) -> None:
    """If this failed, two people would look after the same alert, or nobody."""
    full, fuller, fine = disks
    for person in (operator, viewer):
        person.open("Alerts")
        expect(card(person.page, full)).to_be_visible()
        person.page.evaluate("window.notReloaded = true")
    expect(card(viewer.page, fine)).to_contain_text("Over")

    card(operator.page, full).get_by_role("button", name="Acknowledge").press("Enter")
    dialog = operator.page.get_by_role("dialog", name="Acknowledge")
    expect(dialog).to_be_visible()
    assert violations(operator.page) == []
    dialog.get_by_label("Note for the others").fill("<b>on it</b>")
    dialog.get_by_role("button", name="Acknowledge").click()
    expect(dialog).to_have_count(0)
    expect(card(viewer.page, full)).to_contain_text(f"{operator.name} looks after it")
    expect(card(viewer.page, full)).to_contain_text("<b>on it</b>")

    viewer.page.get_by_label("Show").select_option("firing")
    expect(card(viewer.page, fine)).to_have_count(0)
    expect(card(viewer.page, fuller)).to_be_visible()
    viewer.page.get_by_label("Severity").select_option("critical")
    expect(card(viewer.page, fuller)).to_have_count(0)
    for person in (operator, viewer):
        assert person.page.evaluate("window.notReloaded"), "the page was loaded again: that is not live"
        assert person.complaints == []


def test_an_alert_offers_the_job_of_its_runbook(operator: Person, viewer: Person, disks: tuple[int, int, int]) -> None:
    """If this failed, who sees an alert would have to find out what helps, or nobody would know why a job ran."""
    full, _, fine = disks
    for person in (operator, viewer):
        person.open("Alerts")
        expect(card(person.page, full)).to_be_visible()
    offer = card(operator.page, full).get_by_role("button", name="Remove unused images")
    offer.press("Enter")
    dialog = operator.page.get_by_role("dialog", name="Remove unused images")
    expect(dialog.get_by_label("Unused for so many days")).to_have_value("3")
    expect(dialog.get_by_label("Why")).to_have_value(f"E2eDiskAlmostFull: Disk {full} is almost full")
    assert violations(operator.page) == []
    dialog.get_by_role("button", name="Start").click()
    expect(operator.page.get_by_text(f"E2eDiskAlmostFull: Disk {full} is almost full")).to_be_visible()
    expect(operator.page).to_have_url(re.compile("#/jobs/[0-9a-f]{32}$"))

    assert viewer.page.locator("[data-start]").count() == 0, "a viewer is offered what would be refused"
    operator.open("Alerts")
    expect(card(operator.page, fine)).to_contain_text("Over")
    assert card(operator.page, fine).locator("[data-start]").count() == 0
    assert operator.complaints == []


def test_the_first_page_says_whether_all_is_well(viewer: Person, vps: Vps, disks: tuple[int, int, int]) -> None:
    """If this failed, a person would have to look at every page to know, or be told that all is well when it is not."""
    viewer.open("Overview")
    page, new = viewer.page, next(NUMBERS)
    told = page.locator("[data-firing]", has_text=f"Disk {new} is almost full")
    tell(vps, alert(new))
    expect(told).to_be_visible()
    expect(page.locator("[data-verdict]")).to_have_text("Something needs attention.")
    tell(vps, *(alert(number, over=True) for number in (*disks, new)))
    expect(told).to_have_count(0)
    if page.locator("[data-firing], [data-troubled]").count() == 0:  # of this machine's own
        expect(page.locator("[data-verdict]")).to_have_text("All is well.")
