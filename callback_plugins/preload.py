"""Load what every task needs once, before Ansible forks a process for each task that would load it again.

A filter is looked for among all filters, so the first one that a task's templates use loads them all: 50 ms in each of
thirty tasks. docs/decisions/rerun.md has the figures. It prints nothing and hooks into nothing.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import action_loader, connection_loader, filter_loader, shell_loader, test_loader

DOCUMENTATION = """
name: preload
type: aggregate
short_description: Loads plugins before the first task
description: Loads filters, tests and the commonest action plugins, in the process that forks all others.
"""

ACTIONS = ("tree", "stack", "look", "revision", "check_variables", "ansible.builtin.normal")


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Does its work when the first playbook starts."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "preload"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook: Any) -> None:  # noqa: ARG002 - the name is Ansible's
        """Load the plugins. What is missing is told by the task that wants it."""
        for loader in (filter_loader, test_loader):
            list(loader.all())
        for name in ACTIONS:
            action_loader.get(name, class_only=True)
        connection_loader.get("ssh", class_only=True)
        shell_loader.get("sh", class_only=True)
