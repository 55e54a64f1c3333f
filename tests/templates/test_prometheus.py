"""The stack prometheus and its configuration, rendered without a host."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.templates.render import ROOT, render

VARIABLES: dict[str, Any] = {
    "ansible_facts": {"memtotal_mb": 1024, "nodename": "vps", "mounts": [{"mount": "/", "size_total": 40 * 1024**3}]},
    "inventory_hostname": "vps",
    "role_path": str(ROOT / "roles/prometheus"),
    "prometheus_alert_email": {
        "to": "a@example.org",
        "from": "b@example.org",
        "smarthost": "mail:25",
        "username": "b",
        "password": "canary-email",
    },
    "prometheus_alert_heartbeat_url": "https://heart.example/canary-heart",
}


def stack(**variables: Any) -> dict[str, Any]:
    """Return the stack file."""
    content: dict[str, Any] = yaml.safe_load(render("prometheus", "stack/stack.yml.j2", VARIABLES | variables))
    return content


def configuration(path: str, **variables: Any) -> dict[str, Any]:
    """Return a file of /etc/skerry."""
    content: dict[str, Any] = yaml.safe_load(render("prometheus", f"host/etc/skerry/{path}.j2", VARIABLES | variables))
    return content


def test_nothing_is_published_and_no_engine_is_in_reach() -> None:
    """The internet could read what runs here, or a hole in Prometheus open the whole host."""
    services = stack()["services"]
    assert [name for name, service in services.items() if "ports" in service] == []
    assert "docker.sock" not in str(services)


def test_every_container_is_confined() -> None:
    """A container that was taken over could write, or take the machine's memory."""
    for name, service in stack()["services"].items():
        assert (service["read_only"], service["cap_drop"], service["user"]) == (True, ["ALL"], "65534:65534"), name
        assert set(service["deploy"]["resources"]["limits"]) == {"memory", "pids"}, name


def test_only_prometheus_is_where_apps_are() -> None:
    """An app could silence its own alerts, or ask through the prober into other networks."""
    services = stack()["services"]
    assert [name for name, service in services.items() if "monitoring" in service["networks"]] == ["prometheus"]
    assert "alerting" not in str(services)


def test_alertmanager_reaches_the_console_by_a_network_of_their_own() -> None:
    """The console would hear of no alert."""
    made = stack(prometheus_alert_console={"url": "http://console_api:8000/api/alerts", "token": "canary"})
    assert [name for name, service in made["services"].items() if "alerting" in service["networks"]] == ["alertmanager"]
    assert made["networks"]["alerting"] == {"external": True}


@pytest.mark.parametrize(("mib", "limit", "heap"), [(1024, "208M", "156MiB"), (16384, "1120M", "840MiB")])
def test_memory_and_disk_follow_the_host(mib: int, limit: str, heap: str) -> None:
    """A large host would be watched with the memory of a small one, or a small one run out of it."""
    server = stack(ansible_facts={**VARIABLES["ansible_facts"], "memtotal_mb": mib})["services"]["prometheus"]
    assert server["deploy"]["resources"]["limits"]["memory"] == limit
    assert server["environment"]["GOMEMLIMIT"] == heap
    assert "--storage.tsdb.retention.size=4GB" in server["command"]


@pytest.mark.parametrize("path", ["stack/stack.yml.j2", "host/etc/skerry/alertmanager/alertmanager.yml.j2"])
def test_no_secret_is_where_it_need_not_be(path: str) -> None:
    """A password would show in a service, or in a file for all to read."""
    assert "canary" not in render("prometheus", path, VARIABLES)


def test_every_rule_file_is_loaded() -> None:
    """Alerts would be on the host and never be looked at."""
    files = sorted(
        path.name for path in (ROOT / "roles/prometheus/templates/host/etc/skerry/prometheus/rules").iterdir()
    )
    assert files
    assert configuration("prometheus/prometheus.yml")["rule_files"] == [f"rules/{name}" for name in files]
    own = configuration("prometheus/prometheus.yml", prometheus_rules=[{"name": "x", "rules": []}])["rule_files"]
    assert own == [*(f"rules/{name}" for name in files), "rules/own.yml"]


def test_a_job_of_ones_own_is_added() -> None:
    """A user's job would take the place of all others."""
    own = {"job_name": "own", "static_configs": [{"targets": ["x:1"]}]}
    jobs = [job["job_name"] for job in configuration("prometheus/prometheus.yml")["scrape_configs"]]
    merged = configuration("prometheus/prometheus.yml", prometheus_config={"scrape_configs": [own]})["scrape_configs"]
    assert [job["job_name"] for job in merged] == [*jobs, "own"]


def test_only_what_is_in_a_repository_stands_before_a_runbook() -> None:
    """A link in a message would lead nowhere."""
    text = render(
        "prometheus", "host/etc/skerry/alertmanager/skerry.tmpl.j2", {"prometheus_runbooks_url": "https://x/"}
    )
    assert "What to do: https://x/{{ . }}" in text
