"""module_utils/skerry/release_log.py: what an app can go back to."""

from __future__ import annotations

from pathlib import Path

import pytest

from module_utils.skerry import release_log
from module_utils.skerry.release_log import ReleaseLog, UnknownReleaseError


@pytest.fixture
def log(tmp_path: Path) -> ReleaseLog:
    """The log of an app that ran the releases A, B and C, one after the other."""
    found = ReleaseLog("shop", tmp_path)
    for name in "ABC":
        found.note(name, images(name))
    return found


def images(name: str) -> dict[str, str]:
    """Return the images of a release."""
    return {"web": f"shop:{name}@sha256:{name * 64}"}


def go_back(log: ReleaseLog, name: str = "") -> str:
    """Roll back as Rollout does, and return to which release."""
    kept = log.target(name)
    log.leave()
    log.note(kept.name, kept.images)
    return kept.name


def names(log: ReleaseLog) -> list[str]:
    """Return the names of the releases, the running one last."""
    return [one.name for one in log.read()]


def test_one_goes_back_step_by_step_and_not_to_and_fro(log: ReleaseLog) -> None:
    """A second rollback would bring the release back that the first one fled from."""
    assert [go_back(log), go_back(log)] == ["B", "A"]
    with pytest.raises(UnknownReleaseError, match="no earlier release that ran well; to go back to there are: B, C"):
        log.target()


def test_a_release_that_was_left_is_there_by_its_name_and_counts_again_once_deployed(log: ReleaseLog) -> None:
    """A release that was mended could never be gone back to."""
    go_back(log)
    assert log.target("C").name == "C"
    log.note("C", images("C"))
    log.note("D", images("D"))
    assert log.target().name == "C"


def test_a_digest_names_a_release_too(log: ReleaseLog) -> None:
    """Of two releases under one moving tag the older one could not be told."""
    assert log.target("sha256:" + "A" * 64).name == "A"


def test_the_running_one_may_be_asked_for(log: ReleaseLog) -> None:
    """To go back to where one is would be an error instead of nothing to do."""
    assert log.target("C").name == "C"


def test_an_unknown_release_is_told_with_those_there_are(log: ReleaseLog) -> None:
    """The operator would have to look on the host."""
    with pytest.raises(UnknownReleaseError, match="no release X is kept; to go back to there are: B, A"):
        log.target("X")


def test_the_same_again_is_noted_once(log: ReleaseLog) -> None:
    """Each site.yml would push an older release out of the list."""
    before = log.file.stat().st_mtime_ns
    log.note("C", images("C"))
    assert names(log) == ["A", "B", "C"]
    assert log.file.stat().st_mtime_ns == before
    log.note("A", images("A"))
    assert names(log) == ["B", "C", "A"]


def test_what_the_inventory_named_is_kept_with_it(log: ReleaseLog) -> None:
    """A machine that comes back could not tell an old word of the inventory from a new one."""
    log.note("C", images("C"), "A")
    assert (log.inventory(), names(log)) == ("A", ["A", "B", "C"])
    log.leave()
    assert log.inventory() == "A"


def test_a_tag_that_moved_is_another_release(log: ReleaseLog) -> None:
    """What `main` was yesterday could not be gone back to."""
    log.note("C", {"web": "shop:C@sha256:" + "9" * 64})
    assert log.target().images == images("C")


def test_it_is_bounded_private_and_survives_a_broken_file(log: ReleaseLog) -> None:
    """It would grow for ever, or a power cut would end all deploys."""
    for number in range(release_log.KEPT + 3):
        log.note(f"r{number}", {})
    assert len(log.read()) == release_log.KEPT
    assert log.file.stat().st_mode & 0o777 == 0o600
    log.file.write_text("{")
    assert log.read() == []
    with pytest.raises(UnknownReleaseError, match="none"):
        log.target()
