"""The revision plugin: the host gets the same files once, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from action_plugins import revision as action
from module_utils.skerry import revision
from module_utils.skerry.host import Call
from module_utils.skerry.payload import pack


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A checkout with a script, a link, and what tools leave behind."""
    root = tmp_path / "source"
    (root / "roles/a/__pycache__").mkdir(parents=True)
    (root / "roles/a/__pycache__/x.pyc").write_bytes(b"\0")
    (root / "roles/a/run").write_text("#!/bin/sh\n")
    (root / "roles/a/run").chmod(0o755)
    (root / "roles/a/link").symlink_to("run")
    (root / "ansible.cfg").write_text("[defaults]\n")
    return root


def apply(root: Path, dest: Path, *, send: bool = True, **flags: Any) -> dict[str, Any]:
    """Make the source's revision current in a directory."""
    entries = list(action._entries(root, ["roles", "ansible.cfg"]))
    options = {"dest": str(dest), "digest": action._digest(entries), "parcel": pack(entries) if send else ""}
    return revision.run(Call(options, **flags))


def test_the_files_arrive_as_they_are(source: Path, tmp_path: Path) -> None:
    """A playbook would find half of its role."""
    dest = tmp_path / "host"
    assert apply(source, dest, send=False) == {"wanted": True}
    assert apply(source, dest)["changed"]
    current = dest / "current"
    files = sorted(path.relative_to(current).as_posix() for path in current.rglob("*") if not path.is_dir())
    assert files == ["ansible.cfg", "roles/a/link", "roles/a/run"]
    assert (current / "roles/a/run").stat().st_mode & 0o777 == 0o755
    assert (current / "roles/a/link").readlink() == Path("run")
    assert not apply(source, dest, send=False)["changed"]


def test_any_change_is_another_revision(source: Path, tmp_path: Path) -> None:
    """The host would go on with the old playbooks."""
    dest = tmp_path / "host"
    places = [apply(source, dest)["path"]]
    (source / "roles/a/run").chmod(0o644)
    places.append(apply(source, dest)["path"])
    (source / "ansible.cfg").write_text("[defaults]\nforks = 2\n")
    places.append(apply(source, dest)["path"])
    assert len(set(places)) == 3
    assert (dest / "current").resolve() == Path(places[-1])


def test_a_rollback_sends_nothing(source: Path, tmp_path: Path) -> None:
    """It would take as long as the first time."""
    dest = tmp_path / "host"
    first = apply(source, dest)
    (source / "ansible.cfg").write_text("[defaults]\nforks = 2\n")
    apply(source, dest)
    (source / "ansible.cfg").write_text("[defaults]\n")
    assert apply(source, dest, send=False) == {"changed": True, "path": first["path"]}


def test_only_the_newest_few_stay(source: Path, tmp_path: Path) -> None:
    """The disk would fill up, or a running job's playbooks go from under it."""
    dest = tmp_path / "host"
    for number in range(6):
        (source / "ansible.cfg").write_text(f"[defaults]\nforks = {number}\n")
        last = apply(source, dest)["path"]
    kept = list((dest / "revisions").iterdir())
    assert len(kept) == revision.KEPT
    assert Path(last) in kept


def test_check_mode_changes_nothing(source: Path, tmp_path: Path) -> None:
    """--check would not tell the truth."""
    result = apply(source, tmp_path / "host", send=False, check=True, diff=True)
    assert result["changed"]
    assert "revision none → " in result["diff"][0]["prepared"]
    assert not (tmp_path / "host").exists()
