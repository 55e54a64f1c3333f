"""module_utils/skerry/running.py: who has the last word on the release of an app, the inventory or a deploy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from module_utils.skerry.payload import Entry
from module_utils.skerry.release_log import ReleaseLog
from module_utils.skerry.releases import Releases, State
from module_utils.skerry.running import images_of, keep_running, name_of, with_release
from module_utils.skerry.stackfile import NoSuchServiceError, images_in, with_images

PINNED = "shop:1.5@sha256:" + "5" * 64


def entries(release: str, services: tuple[str, ...] = ("web",)) -> list[Entry]:
    """Return what site.yml sends where the inventory says this release."""
    app = {"release": release, "follows": dict.fromkeys(services, "shop"), "timeout": 60, "check": {}}
    lines = [f'  {name}:\n    image: "shop:{release}"\n' for name in services]
    stack = "services:\n" + "".join(lines) + '  cache:\n    image: "redis:7"\n'
    return [Entry("stack.yml", stack.encode()), Entry("app.json", json.dumps(app).encode())]


@pytest.fixture
def releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Releases:
    """A host on which site.yml deployed 1.4, and deploy-app.yml 1.5 afterwards."""
    # Directories are told apart by second and process, of which a test has but one.
    monkeypatch.setattr("module_utils.skerry.releases.os.getpid", iter(range(1, 99)).__next__)
    found = Releases(str(tmp_path), "shop")
    good(found, with_release(entries("1.4"), "1.5", {"web": PINNED}))
    return found


def good(releases: Releases, wanted: list[Entry]) -> None:
    """Make this the good release of the stack."""
    releases.write_state(State(release=releases.add(wanted)))


def log(releases: Releases) -> ReleaseLog:
    """Return the log of the app on that host."""
    return ReleaseLog("shop", releases.root.parent)


def result(releases: Releases, wanted: list[Entry]) -> tuple[str, dict[str, str]]:
    """Return the name and the images that site.yml would have run."""
    kept = keep_running(wanted, releases, log(releases))
    return name_of({one.path: one.content for one in kept}), images_of(kept)


def test_site_yml_keeps_what_a_deploy_has_brought(releases: Releases) -> None:
    """Any run of site.yml would silently put the inventory's older release back."""
    assert result(releases, entries("1.4")) == ("1.5", {"web": PINNED, "cache": "redis:7"})
    kept = {entry.path: entry.content for entry in keep_running(entries("1.4"), releases, log(releases))}
    assert kept == releases.read_good()


def test_a_new_word_of_the_inventory_counts(releases: Releases) -> None:
    """Who writes a release into the inventory would be ignored."""
    assert result(releases, entries("1.6")) == ("1.6", {"web": "shop:1.6", "cache": "redis:7"})


def test_the_inventory_that_catches_up_restarts_nothing(releases: Releases) -> None:
    """Writing down what runs would deploy it anew, under another spelling."""
    assert result(releases, entries("1.5"))[1]["web"] == PINNED
    good(releases, keep_running(entries("1.5"), releases, log(releases)))
    assert result(releases, entries("1.4")) == ("1.4", {"web": "shop:1.4", "cache": "redis:7"})


def test_a_service_that_came_since_gets_the_running_release(releases: Releases) -> None:
    """One app would run two releases."""
    assert result(releases, entries("1.4", ("web", "worker")))[1]["worker"] == "shop:1.5"


def test_a_first_run_takes_the_inventorys(tmp_path: Path) -> None:
    """A bare host would have no release at all."""
    assert result(Releases(str(tmp_path), "shop"), entries("1.4")) == ("1.4", {"web": "shop:1.4", "cache": "redis:7"})


@pytest.mark.parametrize(("inventory", "runs"), [("1.4", ("1.5", PINNED)), ("1.6", ("1.6", "shop:1.6"))])
def test_a_machine_that_comes_back_runs_what_ran_last(tmp_path: Path, inventory: str, runs: tuple[str, str]) -> None:
    """An older release would meet the newer schema out of the backup."""
    releases = Releases(str(tmp_path), "shop")
    log(releases).note("1.5", {"web": PINNED}, "1.4")
    name, images = result(releases, entries(inventory))
    assert (name, images["web"]) == runs


def test_a_stack_without_a_release_is_left_alone(releases: Releases) -> None:
    """The platform's own stacks would get a file that says nothing."""
    plain = [Entry("stack.yml", b"services: {}")]
    assert keep_running(plain, releases, log(releases)) == plain


def test_an_unfinished_attempt_is_not_what_runs(releases: Releases) -> None:
    """After a killed deploy site.yml would go on with the release that was never good."""
    state = releases.read_state()
    state.attempt = releases.add(with_release(entries("1.4"), "1.6", {"web": "shop:1.6"}))
    releases.write_state(state)
    releases.activate(state.attempt)
    assert result(releases, entries("1.4"))[0] == "1.5"


def test_good_files_keep_mode_and_secrecy(releases: Releases) -> None:
    """A deploy would write the app's secrets for all to read, or show them under --diff."""
    good(releases, [*entries("1.4"), Entry("secrets/key", b"s", mode=0o600, secret=True)])
    (secret,) = [entry for entry in releases.good_entries() if entry.path == "secrets/key"]
    assert (secret.mode, secret.secret, secret.content) == (0o600, True, b"s")


def test_a_service_that_is_not_there_is_named() -> None:
    """A release would be called deployed of which a service was left out."""
    with pytest.raises(NoSuchServiceError, match="no service api"):
        with_images('services:\n  web:\n    image: "a"\n', {"api": "b"})


def test_only_services_have_images() -> None:
    """A volume or secret called like a service would be taken for one."""
    text = 'services:\n  web:\n    image: "a"\n\nsecrets:\n  api:\n    image: "b"\n'
    assert images_in(text) == {"web": "a"}
    assert with_images(text, {"web": "c"}) == text.replace('"a"', '"c"')
