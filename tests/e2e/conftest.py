"""Chromium that trusts the ACME server's root and nothing else, and a page of the console."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.e2e import hostrecords
from tests.e2e.alertmanager import alert, tell
from tests.e2e.people import Person, make_guest, remove_guests, sign_in
from tests.local import Vps
from tools.workshop.settings import ROOT

SHOTS = ROOT / ".local/e2e"
NUMBERS = itertools.count(int(time.time()))
"""Of disks: others in each run, for the console keeps what is over."""
PASSWORD = "a password for the tests alone"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=60_000)  # a busy machine is no fault of the console


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


def launch(playwright: Playwright, home: Path) -> Browser:
    """Debian's Chromium, with `home` as its home: certificates are read from the NSS database there."""
    program = shutil.which("chromium")
    assert program, "the browser tests need Debian's chromium: apt-get install chromium libnss3-tools"
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}
    return playwright.chromium.launch(executable_path=program, args=ARGUMENTS, env=environment)


def trust(home: Path, certificate: Path) -> None:
    """Make `certificate` a trusted root of the Chromium that lives in `home`."""
    for folder in (home / ".pki/nssdb", home / ".local/share/pki/nssdb"):
        folder.mkdir(parents=True)
        database = f"sql:{folder}"
        subprocess.run(["certutil", "-d", database, "-N", "--empty-password"], check=True, capture_output=True)
        add = ["certutil", "-d", database, "-A", "-t", "C,,", "-n", "acme", "-i", str(certificate)]
        subprocess.run(add, check=True, capture_output=True)


@pytest.fixture(scope="session")
def browser(playwright: Playwright, vps: Vps, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    home = tmp_path_factory.mktemp("home")
    trust(home, Path(vps.values["SKERRY_CA_FILE"]))
    running = launch(playwright, home)
    yield running
    running.close()


@pytest.fixture
def context(browser: Browser, vps: Vps) -> Iterator[BrowserContext]:
    """A fresh profile that speaks English."""
    made = browser.new_context(base_url=vps.values["SKERRY_URL"], locale="en-GB", ignore_https_errors=False)
    made.set_default_timeout(60_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page; at the end of each test a picture of it is kept in .local/e2e/."""
    made = context.new_page()
    yield made
    SHOTS.mkdir(parents=True, exist_ok=True)
    made.screenshot(path=SHOTS / f"{request.node.name}.png", full_page=True)


def someone(browser: Browser, vps: Vps, name: str, password: str) -> Person:
    """Somebody who has signed in."""
    person = Person.arrive(browser, vps.values["SKERRY_URL"], name, password)
    sign_in(person.page, name, password)
    person.settle()
    return person


@pytest.fixture(scope="session")
def admin(browser: Browser, vps: Vps) -> Iterator[Person]:
    """The first admin, signed in once for all tests: sign-ins from one address are counted."""
    person = someone(browser, vps, vps.values["SKERRY_ADMIN_USER"], vps.admin_password())
    remove_guests(person)
    yield person
    remove_guests(person)
    person.context.close()


@pytest.fixture(scope="session")
def operator(browser: Browser, vps: Vps, admin: Person) -> Iterator[Person]:
    person = someone(browser, vps, make_guest(admin, "operator", "operator", PASSWORD), PASSWORD)
    yield person
    person.context.close()


@pytest.fixture(scope="session")
def viewer(browser: Browser, vps: Vps, admin: Person) -> Iterator[Person]:
    person = someone(browser, vps, make_guest(admin, "viewer", "viewer", PASSWORD), PASSWORD)
    yield person
    person.context.close()


@pytest.fixture(params=["viewer", "operator", "admin"])
def anyone(request: pytest.FixtureRequest) -> Person:
    """Somebody of each role in turn."""
    person: Person = request.getfixturevalue(request.param)
    return person


@pytest.fixture(scope="module")
def disks(vps: Vps) -> Iterator[tuple[int, int, int]]:
    """The numbers of disks of this module's own: two are almost full, and one was; all are fine again afterwards."""
    first, second, third = next(NUMBERS), next(NUMBERS), next(NUMBERS)
    tell(vps, alert(first), alert(second, severity="warning"), alert(third, over=True))
    yield first, second, third
    tell(vps, alert(first, over=True), alert(second, over=True))


@pytest.fixture(scope="session")
def host_records(vps: Vps) -> Iterator[None]:
    """The host has records of an app's releases and of drills, and one backup at least; the records go afterwards."""
    vps.out(f"test -s {hostrecords.RUNS} || skerry-job run backup", timeout=600)
    for path, content in hostrecords.files().items():
        hostrecords.write(vps, path, content)
    yield
    hostrecords.remove(vps)
