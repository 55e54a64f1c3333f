"""module_utils/skerry/history.py: what became of deployments, for people and for Prometheus."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from module_utils.skerry import history
from module_utils.skerry.history import History


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it always be the same time."""
    monkeypatch.setattr(history.time, "time", lambda: 1_800_000_100.0)


@pytest.mark.usefixtures("clock")
def test_the_last_verdict_and_all_counts_are_metrics(tmp_path: Path) -> None:
    """The dashboard would call a deploy good that was rolled back."""
    for verdict in ("deployed", "failed", "rolled back"):
        History("shop", tmp_path).add(verdict, 1_800_000_000.0, "r1", "alice")
    assert (tmp_path / "metrics/deploy_shop.prom").read_text().splitlines() == [
        'skerry_deploys_total{stack="shop",verdict="deployed"} 1',
        'skerry_deploys_total{stack="shop",verdict="rolled back"} 1',
        'skerry_deploys_total{stack="shop",verdict="failed"} 1',
        'skerry_deploy_last_verdict{stack="shop",verdict="deployed"} 0',
        'skerry_deploy_last_verdict{stack="shop",verdict="rolled back"} 1',
        'skerry_deploy_last_verdict{stack="shop",verdict="failed"} 0',
        'skerry_deploy_last_timestamp_seconds{stack="shop"} 1800000100.0',
        'skerry_deploy_last_duration_seconds{stack="shop"} 100.0',
    ]


@pytest.mark.usefixtures("clock")
def test_the_list_is_bounded_and_the_counts_are_not(tmp_path: Path) -> None:
    """A counter that goes back to zero would look like a restart; a list without an end fills the disk."""
    for number in range(history.KEPT + 5):
        History("shop", tmp_path).add("deployed", 1_800_000_000.0, f"r{number}", "")
    known = json.loads((tmp_path / "deploys/shop.json").read_text())
    assert [entry["release"] for entry in known["entries"]] == [f"r{number}" for number in range(5, history.KEPT + 5)]
    assert known["counts"]["deployed"] == history.KEPT + 5


def test_a_broken_file_is_begun_anew(tmp_path: Path) -> None:
    """A deploy must not fail because its history cannot be read."""
    file = tmp_path / "deploys/shop.json"
    file.parent.mkdir()
    file.write_text("{")
    History("shop", tmp_path).add("deployed", 0.0, None, "")
    assert len(json.loads(file.read_text())["entries"]) == 1


def test_prometheus_may_read_the_metrics_and_only_root_who_deployed(tmp_path: Path) -> None:
    """The node exporter runs as nobody."""
    History("shop", tmp_path).add("deployed", 0.0, None, "")
    assert (tmp_path / "metrics/deploy_shop.prom").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "deploys/shop.json").stat().st_mode & 0o777 == 0o600


def test_who_deployed_which_release_and_why_is_kept(tmp_path: Path) -> None:
    """Nobody could tell afterwards whose release it was, or what was wrong with it."""
    about = {"name": "1.5", "owner": "ann@desk", "message": "sale", "reason": "web crashed"}
    History("shop", tmp_path).add("failed", 0.0, "r1", "desk 1 2", **about)
    (entry,) = json.loads((tmp_path / "deploys/shop.json").read_text())["entries"]
    assert about.items() <= entry.items()
