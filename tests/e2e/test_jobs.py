"""Jobs: one started by an operator, with somebody else watching."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.looks import violations
from tests.e2e.people import Person

TITLE = "Is all well?"
"""A job that changes nothing and is over soon."""


def lines(page: Page) -> int:
    """How many lines of output the page has."""
    return int(page.get_by_role("region", name="Output").get_attribute("data-lines") or 0)


def test_a_job_from_its_start_to_its_end(operator: Person, viewer: Person) -> None:
    """If this failed, people would go on running things over SSH, where nobody sees who did what and why."""
    page = operator.page
    viewer.open("Jobs")
    operator.open("Jobs")
    page.get_by_role("button", name=f"Start: {TITLE}").press("Enter")
    dialog = page.get_by_role("dialog", name=TITLE)
    expect(dialog).to_be_visible()
    assert violations(page) == []
    dialog.get_by_label("Why").fill("after the <b>storm</b>")
    dialog.get_by_role("button", name="Start").click()
    page.wait_for_url("**/#/jobs/*")
    job = page.evaluate("location.hash.split('/')[2]")

    row = viewer.page.locator(f"[data-job='{job}']")
    expect(row).to_contain_text(operator.name)
    expect(row).to_contain_text("after the <b>storm</b>")
    row.get_by_role("link", name=TITLE).click()
    for one in (operator, viewer):
        expect(one.page.locator("main [data-state=succeeded]")).to_be_visible()
        expect(one.page.locator("[data-line='1']")).to_be_visible()
    expect(viewer.page.locator("main button", has_text="Cancel")).to_have_count(0)
    assert violations(viewer.page) == []

    before = lines(page)
    viewer.page.reload()
    expect(viewer.page.get_by_role("region", name="Output")).to_have_attribute("data-lines", str(before))
    viewer.page.get_by_label("Search the output").fill("PLAY RECAP")
    expect(viewer.page.locator(".output .current")).to_contain_text("PLAY RECAP")
    assert operator.complaints == viewer.complaints == []
