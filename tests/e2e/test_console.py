"""The console as a person uses it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, Playwright, expect

from tests.e2e.conftest import launch
from tests.e2e.people import Person, sign_in
from tests.local import Vps

FRONTEND = "console_frontend"


def row(page: Page, service: str) -> Locator:
    return page.locator(f'tr[data-service="{service}"]')


def test_the_certificate_is_really_verified(playwright: Playwright, vps: Vps, tmp_path: Path) -> None:
    """If this failed, the other tests would pass with any certificate."""
    stranger = launch(playwright, tmp_path)
    page = stranger.new_page()
    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        page.goto(vps.values["SKERRY_URL"])
    stranger.close()


def test_sign_in_see_services_live_sign_out(page: Page, vps: Vps) -> None:
    """If this failed, the console would not do what it is for."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/")
    # The refresh that finds no session is answered with 401, and Chromium counts that as an error of the page.
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    complaints.clear()

    sign_in(page, vps.values["SKERRY_ADMIN_USER"], vps.admin_password())
    expect(page.locator("[data-connection]")).to_have_text("Live")
    page.get_by_role("navigation").get_by_role("link", name="Services").click()
    for service in ("console/api", "console/realtime", "console/frontend", "mariadb/mariadb", "redis/redis"):
        expect(row(page, service)).to_contain_text("Healthy")
    expect(row(page, "console/frontend")).to_contain_text("1/1")

    page.evaluate("window.notReloaded = true")
    try:
        vps.out(f"docker service scale --detach {FRONTEND}=2")
        expect(row(page, "console/frontend")).to_contain_text("2/2")
    finally:
        vps.out(f"docker service scale --detach {FRONTEND}=1")
    expect(row(page, "console/frontend")).to_contain_text("1/1")
    assert page.evaluate("window.notReloaded"), "the page was loaded again: that is not live"

    page.reload()
    expect(row(page, "mariadb/mariadb")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert complaints == []
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_told_and_not_kept(page: Page, vps: Vps) -> None:
    """If this failed, a person would not know why nothing happens."""
    page.goto("/")
    sign_in(page, vps.values["SKERRY_ADMIN_USER"], "not the password")
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    expect(page.get_by_label("Password")).to_have_value("")
    expect(page.get_by_role("button", name="Sign out")).not_to_be_visible()


def test_the_page_moves_over_when_realtime_is_replaced(admin: Person, vps: Vps) -> None:
    """If this failed, a deploy of the console would leave every open page without news until it is loaded again."""
    page = admin.page
    admin.open("Services")
    vps.out("docker service update --quiet --force console_realtime", timeout=300)
    expect(page.locator("[data-connection]")).to_have_text("Live")
    since = row(page, "console/realtime").locator("time").get_attribute("datetime")
    vps.out("docker service update --quiet --force console_realtime", timeout=300)
    expect(row(page, "console/realtime").locator("time")).not_to_have_attribute("datetime", since or "")
    expect(page.locator("[data-connection]")).to_have_text("Live")


def test_german_dark_and_on_a_phone(browser: Browser, vps: Vps) -> None:
    """If this failed, the language of the browser would be ignored, or the page would not fit a phone."""
    options = {"base_url": vps.values["SKERRY_URL"], "locale": "de-DE", "color_scheme": "dark"}
    context = browser.new_context(**options, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Name").fill(vps.values["SKERRY_ADMIN_USER"])
    page.get_by_label("Passwort").fill(vps.admin_password())
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("heading", name="Überblick")).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="Dienste").click()
    expect(row(page, "redis/redis")).to_contain_text("Gesund")
    assert page.evaluate("document.documentElement.lang") == "de"
    width = page.evaluate("document.documentElement.scrollWidth")
    background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.screenshot(path=Path(vps.values["SKERRY_CA_FILE"]).parent / "e2e/phone_german_dark.png")
    context.close()
    assert width <= 390
    assert background == "rgb(16, 22, 20)"
