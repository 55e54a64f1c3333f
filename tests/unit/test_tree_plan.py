"""What a tree task means: options by path, handlers by path, mistakes told before the host is asked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from action_plugins.tree import Plan
from module_utils.skerry_action import Rendered

SOURCE = [Rendered("etc/a.conf", b"a"), Rendered("etc/cron.d/x", b"x"), Rendered("bin/run", b"r", executable=True)]


def plan(files: dict[str, Any], absent: list[str] | None = None) -> Plan:
    """Return what a task with these options means."""
    return Plan(SOURCE, files, absent or [])


def test_defaults() -> None:
    """A file would get a mode or an owner that nobody asked for."""
    modes = {entry.path: (entry.mode, entry.owner, entry.kind) for entry in plan({}).entries}
    assert modes == {
        "etc/a.conf": (0o644, "root", "file"),
        "etc/cron.d/x": (0o644, "root", "file"),
        "bin/run": (0o755, "root", "file"),
    }


def test_options_by_path_and_by_pattern() -> None:
    """A validator or a handler would be forgotten."""
    found = plan({"etc/*": {"mode": "0640", "notify": "B"}, "/etc/a.conf": {"validate": "check %s", "notify": ["A"]}})
    entries = {entry.path: entry for entry in found.entries}
    assert entries["etc/cron.d/x"].mode == 0o640
    assert (entries["etc/a.conf"].validate, entries["etc/a.conf"].mode) == ("check %s", 0o640)
    assert found.notify["etc/cron.d/x"] == ["B"]
    assert found.notify["etc/a.conf"] == ["A"]


def test_directories_content_and_absent_paths() -> None:
    """What has no template could not be managed."""
    found = plan({"var/d/": {"owner": "65532"}, "etc/n": {"content": "text"}, "old": {"state": "absent"}}, ["/older"])
    kinds = {entry.path: (entry.kind, entry.owner, entry.content) for entry in found.entries}
    assert kinds["var/d"] == ("directory", "65532", b"")
    assert kinds["etc/n"] == ("file", "root", b"text")
    assert {path for path, (kind, _, _) in kinds.items() if kind == "absent"} == {"older", "old"}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"etc/b.conf": {}}, "etc/b.conf is not in src"),
        ({"etc/a.conf": {"mode": 644}}, 'write it as "0644", with quotes'),
        ({"etc/a.conf": {"mode": "rw"}}, "no octal text"),
        ({"etc/a.conf": {"moed": "0644"}}, "moed"),
        ({"etc/a.conf": {"validate": "sshd -t"}}, "no %s"),
        ({"etc/a.conf": {"state": "link"}}, "absent"),
    ],
)
def test_mistake_is_told(files: dict[str, Any], said: str) -> None:
    """A misspelt option would silently do nothing."""
    with pytest.raises(AnsibleActionFail, match=said):
        plan(files)
