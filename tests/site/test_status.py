"""`make status` and `make logs` on the local VPS."""

from __future__ import annotations

import subprocess

from tests.local import Vps
from tools.workshop.settings import ROOT

TOPICS = ("services", "certificate", "disk", "backup", "drill", "alert", "versions")


def make(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a verb of the Makefile."""
    return subprocess.run(["make", "--silent", *words], cwd=ROOT, capture_output=True, text=True, check=False)


def test_status_tells_of_each_topic_and_its_exit_code_is_its_verdict() -> None:
    """A script that asks would hear good news while a line says otherwise."""
    shown = make("status")
    lines = [line.split(maxsplit=2) for line in shown.stdout.splitlines() if line.startswith("  ")]
    told = {words[1]: words[2] for words in lines if len(words) == 3}
    missing = [topic for topic in TOPICS if not any(one.startswith(topic) for one in told)]
    assert not missing, shown.stdout + shown.stderr
    assert shown.returncode == (0 if "✗" not in shown.stdout else 2)  # make's own code for a recipe that failed


def test_status_names_a_service_that_does_not_run(vps: Vps) -> None:
    """All would look well while an app is down."""
    update = "docker service update --quiet"
    vps.out(f"{update} --detach --update-order stop-first --constraint-add node.labels.nowhere==true redis_exporter")
    try:
        vps.out("timeout 30 sh -c 'while docker ps --quiet --filter name=redis_exporter | grep -q .; do sleep 1; done'")
        shown = make("status")
    finally:
        vps.out(
            f"{update} --constraint-rm node.labels.nowhere==true --update-order start-first redis_exporter", timeout=180
        )
    assert shown.returncode == 2
    assert "redis_exporter: 0 of 1 run" in shown.stdout


def test_logs_of_one_service() -> None:
    """One would have to know the names of containers that are gone."""
    said = make("logs", "SERVICE=console_api", "SINCE=-1d")
    assert said.returncode == 0, said.stderr
    lines = [line for line in said.stdout.splitlines() if line.startswith("20")]
    assert lines
    assert all(" console_api." in line for line in lines)
