"""Run one playbook with ansible-runner, and hand over what it says as it says it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ansible_runner

from .admission import Request

INVENTORY = Path("/etc/skerry/inventory.yml")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BEGINNING = ("playbook_on_task_start", "playbook_on_handler_task_start")


def environment(private: Path, revision: Path, programs: Path, request: Request) -> dict[str, str]:
    """Return all that the playbook's processes see of an environment, whatever this process was started with.

    Who asked and why are here and no variables: in an environment they may hold anything, a variable's text would be
    taken for a template.

    INVOCATION_ID tells programs such as skerry-backup that systemd already gave them a control group, which they would
    leave otherwise. There is no vault on a host, but ansible.cfg asks a program for its password.
    """
    return {
        "PATH": f"{programs}:{PATH}",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "INVOCATION_ID": os.environ.get("INVOCATION_ID", "job"),
        "SKERRY_VAULT_PASSWORD": "unset",
        "SKERRY_OWNER": request.by.get("user", ""),
        "SKERRY_MESSAGE": request.why,
        "ANSIBLE_HOME": str(private / "home"),
        "ANSIBLE_LOCAL_TEMP": str(private / "tmp"),
        "ANSIBLE_REMOTE_TEMP": str(private / "tmp"),
        "ANSIBLE_CALLBACK_PLUGINS": str(revision / "callback_plugins"),  # ansible-runner adds its own
        "ANSIBLE_FORCE_COLOR": "1",
    }


def run(
    private: Path,
    revision: Path,
    playbook: str,
    variables: dict[str, Any],
    request: Request,
    on_line: Callable[[str], None],
    on_task: Callable[[str, str], None],
) -> int:
    """Run a playbook of the revision and return Ansible's exit code.

    private: a directory for this job alone; ansible-runner leaves the variables and the command line in it. Variables
    reach Ansible as a file there. The environment of this process is replaced, for ansible-runner passes it on.
    """
    seen = environment(private, revision, Path(sys.prefix, "bin"), request)
    os.environ.clear()
    os.environ.update(seen)

    def handle(event: dict[str, Any]) -> bool:
        if event["event"] in BEGINNING:
            data = event.get("event_data", {})
            on_task(str(data.get("name") or data.get("task") or ""), str(data.get("play", "")))
        for line in event.get("stdout", "").splitlines():
            on_line(line)
        return False  # nothing of it is kept in the private directory

    done = ansible_runner.run(
        private_data_dir=str(private),
        project_dir=str(revision),
        playbook=playbook,
        inventory=str(INVENTORY),
        extravars=variables,
        event_handler=handle,
        cancel_callback=_never,
        quiet=True,
        settings={"suppress_output_file": True, "pexpect_timeout": 1},
    )
    return int(done.rc if done.rc is not None else 1)


def _never() -> bool:
    """Never cancel: ansible-runner would kill at once, and without this take SIGTERM for itself (2.4.3)."""
    return False
