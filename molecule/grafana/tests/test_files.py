"""What is on the host, with and without a server."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

ROOT = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]).parents[1]
DASHBOARDS = sorted((ROOT / "roles/grafana/files/dashboards").glob("*.json"))
WITHOUT_SERVER = pytest.mark.skipif(
    os.environ.get("SKERRY_IMAGE_SOURCE") == "upstream", reason="with official images the server runs"
)


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_a_dashboard_arrives_as_it_was_made(vps: Host, file: Path) -> None:
    """Grafana would show another one than the tests have looked at."""
    there = vps.file(f"/etc/skerry/grafana/dashboards/{file.name}")
    assert json.loads(there.content_string) == json.loads(file.read_text())
    assert there.mode == 0o644


def test_a_dashboard_that_was_changed_by_hand_comes_back(vps: Host, converge: Callable[..., Any]) -> None:
    """The host would keep what nobody can review."""
    path = "/etc/skerry/grafana/dashboards/overview.json"
    vps.check_output(f"echo '{{}}' > {path}")
    assert converge().changed == 1
    assert json.loads(vps.file(path).content_string)["uid"] == "skerry-overview"


@WITHOUT_SERVER
def test_without_the_image_the_run_says_so_in_one_line(vps: Host, converge: Callable[..., Any]) -> None:
    """The site would fail where no image can be had, or say nothing about what is missing."""
    run = converge()
    assert run.changed == 0
    assert run.output.count("Grafana is not deployed (grafana_enabled is false)") == 1
    assert vps.check_output("docker service ls --quiet") == ""


@WITHOUT_SERVER
def test_an_image_that_nobody_has_changes_nothing(vps: Host, converge: Callable[..., Any]) -> None:
    """Half a stack would be left behind where Grafana is enabled and its registry does not answer."""
    run = converge({"grafana_enabled": True, "grafana_image": "skerry.invalid/grafana:0"})
    assert run.code != 0
    assert "skerry.invalid/grafana:0" in run.output
    assert vps.check_output("docker stack ls --format '{{.Name}}'") == ""
    assert not vps.file("/opt/skerry/stacks/grafana/current").exists


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"grafana_enabled": True, "grafana_admin_password": "canary-short"}, "grafana_admin_password: too short"),
        ({"grafana_config": {"log": "x"}}, "grafana_config has log"),
    ],
)
def test_bad_variables_are_refused_before_the_first_change(
    vps: Host, converge: Callable[..., Any], variables: dict[str, Any], sentence: str
) -> None:
    """A slip in the inventory would show as a container that does not start."""
    vps.check_output("rm -f /etc/skerry/grafana/dashboards/redis.json")
    run = converge(variables)
    assert run.code != 0
    assert sentence in " ".join(run.output.split())
    assert "canary-short" not in run.output
    assert not vps.file("/etc/skerry/grafana/dashboards/redis.json").exists
    assert converge().changed == 1


def test_no_secret_shows(leaks: Callable[..., list[str]]) -> None:
    """Anyone who may look at the host would learn a password."""
    assert leaks(["httpMethod"]), "the search finds nothing at all"
    assert leaks(["canary-Grafana-7h3k9d21", "canary-Key-4f8s2m60aaaa", "canary-Secret-0f7d3b21-9c44"]) == []
