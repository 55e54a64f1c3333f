"""Variables that are not read any more: refused with what to write instead."""

from __future__ import annotations

import re

import pytest

from action_plugins import check_variables
from module_utils.skerry_removed import REMOVED, removed
from tools.workshop.settings import ROOT


def test_a_removed_variable_is_refused_with_what_to_write() -> None:
    """A value in an inventory would quietly stop to count."""
    table = {"traefik_ram": "write traefik_memory", "redis_port": "leave it out: Redis has no port of the host"}
    assert removed(["traefik_ram", "traefik_memory", "shop_ram"], table) == [
        "traefik_ram is not read any more; write traefik_memory."
    ]
    assert removed(["traefik_memory"], table) == []


def test_no_variable_is_both_read_and_removed() -> None:
    """An inventory would be refused for a variable that counts."""
    files = ROOT.glob("roles/*/defaults/main.yml")
    read = {name for file in files for name in re.findall(r"^(?:# )?([a-z_]+):", file.read_text(), re.M)}
    assert "traefik_memory" in read
    assert read.isdisjoint(REMOVED)


def test_every_check_of_variables_looks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table would be kept, and read by nobody."""
    plugin = object.__new__(check_variables.ActionModule)
    plugin.validate_argument_spec = lambda _: (None, {"roles": [], "problems": []})
    monkeypatch.setattr(check_variables.ActionBase, "run", lambda *_: {})
    monkeypatch.setattr(check_variables, "removed", lambda given: removed(given, {"old_name": "write new_name"}))
    found = plugin.run(task_vars={"old_name": 1, "new_name": 2})
    assert (found["failed"], found["msg"]) == (True, "old_name is not read any more; write new_name.")
    assert "failed" not in plugin.run(task_vars={"new_name": 2})
