"""Filter ``job_timers``: the systemd timers of the jobs that have a schedule, as options of the tree plugin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FOLDER = "etc/systemd/system"

TIMER = """\
# Made by Ansible from {name}'s schedule; changes here are lost.
[Unit]
Description=Skerry's job {name}, by its schedule

[Timer]
OnCalendar={schedule}
Persistent=yes
RandomizedDelaySec=60

[Install]
WantedBy=timers.target
"""
"""Persistent: what a machine that was off has missed is made up for, once."""


def unit(name: str) -> str:
    """Return the name of a job's timer."""
    return f"skerry-scheduled@{name}.timer"


def job_timers(jobs: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return a timer for each job with a schedule, and that there is none for each without."""
    found: dict[str, dict[str, Any]] = {}
    for name, job in jobs.items():
        if job.get("schedule"):
            content = TIMER.format(name=name, schedule=job["schedule"])
            restart = f"sh -c 'systemctl daemon-reload && systemctl try-restart {unit(name)}'"
            found[f"{FOLDER}/{unit(name)}"] = {"content": content, "activate": restart}
        else:
            found[f"{FOLDER}/{unit(name)}"] = {"state": "absent", "activate": f"systemctl stop {unit(name)}"}
    return found


def job_timer_units(jobs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the names of the timers that have to run."""
    return [unit(name) for name, job in jobs.items() if job.get("schedule")]


class FilterModule:
    """Register the filters with Ansible."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"job_timers": job_timers, "job_timer_units": job_timer_units}
