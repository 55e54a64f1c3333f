"""Backups: one that an operator asks for, while somebody else has the page open."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.looks import violations
from tests.e2e.people import Person

BACKUP_MS = 300_000
"""A whole backup of the local VPS, on a busy machine."""


@pytest.mark.usefixtures("host_records")
def test_a_backup_from_its_button_to_its_row(operator: Person, viewer: Person) -> None:
    """If this failed, people would not see whether there is a backup, or could not make one before a change."""
    page = viewer.page
    viewer.open("Backups")
    expect(page.locator("[data-run]").first).to_be_visible()
    expect(page.locator("[data-drill=bad]", has_text="local has no <b>complete</b> run")).to_be_visible()
    expect(page.locator("[data-drill=good]", has_text="20260101T030000Z")).to_contain_text("54 s")
    expect(page.locator("[data-start]")).to_have_count(0)
    before = page.locator("[data-run]").first.get_attribute("data-run") or ""
    page.evaluate("window.notReloaded = true")

    operator.open("Backups")
    operator.page.get_by_role("button", name="Back up now").press("Enter")
    dialog = operator.page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("before the tests")
    assert violations(operator.page) == []
    dialog.get_by_role("button", name="Start").click()
    operator.page.wait_for_url("**/#/jobs/*")
    expect(operator.page.locator("main [data-state=succeeded]")).to_be_visible(timeout=BACKUP_MS)

    newest = page.locator("[data-run]").first
    expect(newest).not_to_have_attribute("data-run", before)
    expect(newest).to_have_attribute("data-outcome", "complete")
    expect(newest.locator("[data-target=local]")).to_contain_text("new")
    assert page.evaluate("window.notReloaded"), "the page was loaded again: that is not live"
    assert operator.complaints == viewer.complaints == []
