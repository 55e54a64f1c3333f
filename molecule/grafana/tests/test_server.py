"""The real server, where its image can be had: health, data source and dashboards by its own API."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from testinfra.host import Host

pytestmark = pytest.mark.skipif(
    os.environ.get("SKERRY_IMAGE_SOURCE") != "upstream",
    reason="no registry gives grafana/grafana here: set SKERRY_IMAGE_SOURCE=upstream where one does",
)
PASSWORD = "canary-Grafana-7h3k9d21"


def get(vps: Host, path: str, user: str = f"admin:{PASSWORD}") -> Any:
    """Return what Grafana's API answers to a user, as JSON."""
    shell = "docker exec $(docker ps --quiet --filter name=grafana_grafana) curl --silent --user"
    return json.loads(vps.check_output(f"{shell} %s http://127.0.0.1:3000{path}", user))


def test_it_is_well(vps: Host) -> None:
    """Nobody would see a dashboard."""
    assert get(vps, "/api/health")["database"] == "ok"


@pytest.mark.parametrize("user", ["admin:admin", "admin:", "viewer:viewer"])
def test_a_stranger_is_refused(vps: Host, user: str) -> None:
    """Whoever finds the address would see everything."""
    assert "message" in get(vps, "/api/search", user)
    assert "uid" not in json.dumps(get(vps, "/api/search", user))


def test_the_data_source_is_provisioned(vps: Host) -> None:
    """Every panel would say that its data source is unknown."""
    source = get(vps, "/api/datasources/uid/prometheus")
    assert (source["url"], source["readOnly"], source["isDefault"]) == ("http://prometheus:9090", True, True)


def test_every_dashboard_is_provisioned(vps: Host) -> None:
    """One would be missing in the folder, or Grafana would have refused it."""
    found = {one["uid"]: one["folderTitle"] for one in get(vps, "/api/search?type=dash-db")}
    names = ("backups", "console", "containers", "deploys", "host", "http", "mariadb", "overview", "redis")
    assert found == {f"skerry-{name}": "Skerry" for name in names}
    for uid in found:
        assert get(vps, f"/api/dashboards/uid/{uid}")["meta"]["provisioned"] is True
