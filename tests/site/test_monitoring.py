"""Whether everything on the platform is watched, and nothing is said to be wrong."""

from __future__ import annotations

import pytest

from tests.local import Vps
from tests.prometheus import query

JOBS = [
    "alertmanager",
    "blackbox",
    "blackbox-https",
    "console-api",
    "console-realtime",
    "docker",
    "mysqld",
    "node",
    "prometheus",
    "redis",
    "traefik",
]


@pytest.mark.parametrize("job", JOBS)
def test_a_part_is_watched(vps: Vps, job: str) -> None:
    """Fails when a part of the platform could break unnoticed."""
    targets = query(vps, f'up{{job="{job}"}}')
    assert {one["value"][1] for one in targets} == {"1"}, targets


def test_nothing_else_is_watched(vps: Vps) -> None:
    """Fails when a job comes or goes that this list does not know."""
    assert sorted(one["metric"]["job"] for one in query(vps, "group by (job) (up)")) == JOBS


def test_every_public_route_answers(vps: Vps) -> None:
    """Fails when the platform calls its own console down."""
    routes = {one["metric"]["instance"]: one["value"][1] for one in query(vps, "probe_success")}
    console = "https://console.skerry.localhost"
    assert routes == {f"{console}/": "1", f"{console}/api/ready": "1", f"{console}/socket.io": "1"}


def test_the_console_is_told_of_alerts(vps: Vps) -> None:
    """Fails when the console's page of alerts stays empty whatever happens."""
    assert vps.out("skerry-test-alert").splitlines() == ["console: sent"]


def test_every_rule_can_be_evaluated(vps: Vps) -> None:
    """Fails when an alert is silent because its question is wrong."""
    assert query(vps, "prometheus_rule_evaluation_failures_total > 0") == []
    assert len(query(vps, "prometheus_rule_group_last_evaluation_timestamp_seconds")) >= 10
