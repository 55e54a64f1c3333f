"""Applying files to a host, in a real directory: nothing before every check has passed, nothing half-written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from module_utils.skerry.hosttree import HostTree, TreeError
from module_utils.skerry.payload import Entry

ME = {"owner": str(os.getuid()), "group": str(os.getgid())}


def entry(path: str, content: bytes = b"new\n", **options: Any) -> Entry:
    """Return an entry that the test's own user may apply."""
    return Entry(path, content, **{**ME, **options})


@pytest.fixture
def tree(tmp_path: Path) -> HostTree:
    """A host whose root is a temporary directory."""
    return HostTree(str(tmp_path))


def apply(tree: HostTree, *entries: Entry) -> list[str]:
    """Apply entries and return the paths that changed."""
    changes = tree.compare(entries)
    tree.check(changes)
    tree.apply(changes)
    return [change.entry.path for change in changes]


def listing(tree: HostTree) -> list[str]:
    """Return everything below the destination."""
    return sorted(path.relative_to(tree.destination).as_posix() for path in tree.destination.rglob("*"))


def test_second_time_changes_nothing(tree: HostTree) -> None:
    """Each run would report a change and notify handlers."""
    entries = [
        entry("etc/a", mode=0o600),
        entry("etc/l", b"a", kind="link"),
        entry("var/d", kind="directory", mode=0o700),
        entry("etc/b", b"\x00\xff"),
    ]
    assert apply(tree, *entries) == ["etc/a", "etc/l", "var/d", "etc/b"]
    assert apply(tree, *entries) == []
    assert (tree.destination / "etc/b").read_bytes() == b"\x00\xff"
    assert (tree.destination / "etc/l").readlink() == Path("a")
    assert listing(tree) == ["etc", "etc/a", "etc/b", "etc/l", "var", "var/d"], "something was left behind"


@pytest.mark.parametrize(
    ("change", "note"),
    [("chmod", "mode 0640 → 0644"), ("content", ""), ("link", "is no regular file, will be replaced")],
)
def test_change_by_hand_is_told_and_mended(tree: HostTree, change: str, note: str) -> None:
    """A file that somebody changed would stay so."""
    apply(tree, entry("a"), entry("b"))
    path = tree.destination / "a"
    if change == "chmod":
        path.chmod(0o640)
    elif change == "content":
        path.write_text("by hand\n")
    else:
        path.unlink()
        path.symlink_to("b")
    changes = tree.compare([entry("a"), entry("b")])
    assert [(found.entry.path, note in "".join(found.difference.notes)) for found in changes] == [("a", True)]
    tree.apply(changes)
    assert path.read_bytes() == b"new\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert not path.is_symlink()
    assert (tree.destination / "b").read_bytes() == b"new\n"


def test_refused_file_leaves_all_files_as_they_were(tree: HostTree) -> None:
    """A typo in one file would leave the host with half of a change."""
    apply(tree, entry("a", b"old\n"), entry("b", b"old\n"))
    with pytest.raises(TreeError, match=r"b is refused by `grep -q old %s` \(exit code 1\)"):
        apply(tree, entry("a"), entry("b", validate="grep -q old %s"))
    assert (tree.destination / "a").read_bytes() == (tree.destination / "b").read_bytes() == b"old\n"


def test_check_gets_the_real_name_and_mode(tree: HostTree) -> None:
    """systemd-analyze, visudo and the like judge a file by its name and mode too."""
    check = "sh -c 'test $(basename $1) = a.service && test $(stat -c %a $1) = 600' check %s"
    assert apply(tree, entry("etc/a.service", mode=0o600, validate=check)) == ["etc/a.service"]


def test_unchanged_file_is_not_checked_again(tree: HostTree) -> None:
    """Each run would pay for each check."""
    apply(tree, entry("a"))
    assert apply(tree, entry("a", validate="false %s")) == []


def test_check_that_cannot_run_is_told(tree: HostTree) -> None:
    """The operator would see a Python traceback."""
    with pytest.raises(TreeError, match="its check cannot run"):
        apply(tree, entry("a", validate="/no/such/program %s"))


def test_unknown_owner_is_told_before_any_change(tree: HostTree) -> None:
    """Files would be written and then left with a wrong owner."""
    with pytest.raises(TreeError, match="no user or group nobody-of-that-name"):
        apply(tree, entry("a"), entry("b", owner="nobody-of-that-name"))
    assert listing(tree) == []


def test_replaced_file_is_kept_where_asked(tree: HostTree) -> None:
    """There would be no way back by hand."""
    apply(tree, entry("a", b"old\n"))
    changes = tree.compare([entry("a", backup=True)])
    (backup,) = tree.apply(changes)
    assert Path(backup).read_bytes() == b"old\n"


def test_directory_in_the_place_of_a_file_is_told(tree: HostTree) -> None:
    """It would be deleted with what is in it."""
    (tree.destination / "a").mkdir()
    with pytest.raises(TreeError, match="is a directory"):
        apply(tree, entry("a"))


def test_what_lies_in_a_directory_is_left_alone(tree: HostTree) -> None:
    """A program's own data would be lost."""
    apply(tree, entry("d", kind="directory"))
    (tree.destination / "d" / "data").write_text("x")
    assert apply(tree, entry("d", kind="directory", mode=0o700)) == ["d"]
    assert listing(tree) == ["d", "d/data"]


def test_absent_paths_go_whatever_they_are(tree: HostTree) -> None:
    """A superseded file would go on having its effect."""
    apply(tree, entry("d/a"), entry("l", b"nowhere", kind="link"))
    gone = [entry(path, kind="absent") for path in ("d", "l", "not-there")]
    assert apply(tree, *gone) == ["d", "l"]
    assert apply(tree, *gone) == []
    assert listing(tree) == []


def test_leftover_of_a_killed_run_is_used_up(tree: HostTree) -> None:
    """Half-written files would pile up beside the real ones."""
    (tree.destination / ".a.skerry-part").write_text("half")
    apply(tree, entry("a"))
    assert listing(tree) == ["a"]
