"""An app behind the console's sign-in: Chromium goes there, signs in once, and the app is told who it is."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import PASSWORD, admin, browser, operator, playwright, viewer  # noqa: F401 - fixtures
from tests.e2e.people import Person, sign_in
from tests.local import Vps
from tests.releases.conftest import Shop

HOST = "wiki.skerry.localhost"


@pytest.fixture
def wiki(shop: Shop) -> str:
    """The app's address; the fixture of the shop has deployed it, too."""
    return f"https://{HOST}:{shop.vps.settings.https_port}"


def ask(vps: Vps, path: str, *headers: str) -> tuple[int, str]:
    """Ask the app from outside, without a sign-in; return status and the address it sends to."""
    where = f"{HOST}:{vps.settings.https_port}"
    argv = ["curl", "--silent", "--path-as-is", "--cacert", vps.values["SKERRY_CA_FILE"], "--output", "/dev/null"]
    argv += ["--resolve", f"{where}:127.0.0.1", "--write-out", "%{http_code} %{redirect_url}", f"https://{where}{path}"]
    argv += [word for header in headers for word in ("--header", header)]
    code, _, address = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.partition(" ")
    return int(code), address


def claims(text: str) -> dict[str, Any]:
    """Return what the app was told of its visitor."""
    said = json.loads(text)["assertion"].split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(said + "=="))
    return found


def test_nobody_gets_past_the_door(shop: Shop) -> None:
    """The app would be open to all, or the monitoring could not see whether it is ready."""
    assert ask(shop.vps, "/ready") == (200, "")
    for header in ("Accept: */*", "Cookie: __Host-skerry-pass=x.y.z", "X-Skerry-Assertion: x.y.z"):
        for path in ("/", "/visitor", "/ready/visitor", "/ready/../visitor", "/.skerry/enter"):
            assert ask(shop.vps, path, header)[0] in (401, 403), path
    status, where = ask(shop.vps, "/visitor", "Accept: text/html")
    console = shop.vps.values["SKERRY_URL"]
    assert (status, where.partition("/#/")[0]) == (302, console)
    # The door itself is not reachable from outside: the console's pages answer there.
    assert "X-Skerry" not in shop.vps.out(f"curl --silent --insecure --head {console.rsplit(':', 1)[0]}/gate")


def test_one_sign_in_opens_both(browser: Browser, operator: Person, shop: Shop, wiki: str) -> None:  # noqa: F811
    """Everybody would need a second password, would land elsewhere, or would stay in after signing out."""
    console = shop.vps.values["SKERRY_URL"]
    context = browser.new_context(locale="en-GB", ignore_https_errors=False)
    page = context.new_page()
    page.goto(f"{wiki}/a?to=/visitor")
    expect(page).to_have_url(re.compile(re.escape(f"{console}/#/gate/wiki/")))
    sign_in(page, operator.name, PASSWORD)
    page.wait_for_url(f"{wiki}/a?to=/visitor")
    said = claims(page.locator("body").inner_text())
    assert (said["preferred_username"], said["role"], said["aud"]) == (operator.name, "operator", "wiki")

    page.goto(console)
    expect(page.get_by_role("navigation").get_by_role("link", name="wiki")).to_have_attribute("href", wiki)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    page.goto(f"{wiki}/a/visitor")
    expect(page).to_have_url(re.compile(re.escape(f"{console}/#/gate/wiki/")))
    context.close()


def test_a_lower_role_is_told_so(viewer: Person, wiki: str) -> None:  # noqa: F811
    """Whoever may only look would get into what is for operators."""
    page = viewer.context.new_page()
    page.goto(f"{wiki}/visitor")
    expect(page.get_by_role("alert")).not_to_be_empty()
    assert f"{wiki}/" not in page.url
    page.goto(viewer.page.url)
    expect(page.get_by_role("navigation").get_by_role("link", name="wiki")).to_have_count(0)
    page.close()
