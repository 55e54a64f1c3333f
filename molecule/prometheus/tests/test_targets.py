"""What is scraped and probed, and how that follows the services."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable

import pytest
from testinfra.host import Host

Query = Callable[[str], dict[str, float]]
Until = Callable[..., object]
JOBS = ["alertmanager", "blackbox", "blackbox-https", "docker", "node", "prometheus", "redis", "traefik"]


@pytest.mark.parametrize("job", JOBS)
def test_a_job_is_up(query: Query, until: Until, job: str) -> None:
    """A part of the platform would go unwatched."""
    until(lambda: (found := query(f'up{{job="{job}"}}')) and set(found.values()) == {1.0}, f"up of {job}")


def test_a_public_route_is_asked_as_a_visitor_would(query: Query, until: Until) -> None:
    """A site that is down, or a certificate that ends, would be learnt of from its users."""
    (labels,) = until(lambda: query("probe_success == 1"), "the probe")
    assert json.loads(labels) == {
        "instance": "https://shop.monitored.skerry.localhost/",
        "job": "blackbox-https",
        "service": "shop_web",
        "stack": "shop",
    }
    (ends,) = query("probe_ssl_earliest_cert_expiry - time()").values()
    assert ends > 86400


def test_traefik_keeps_its_own_word_for_a_service(query: Query, until: Until) -> None:
    """Rules on requests could not tell one service from another."""
    assert until(lambda: query('traefik_service_requests_total{service="shop--web@swarm"}'), "Traefik's metric")


def test_a_new_service_is_scraped_without_a_change(
    vps: Host, query: Query, until: Until, demo: Callable[..., None]
) -> None:
    """A new app would need an edit of Prometheus's configuration, or only one of its replicas be seen."""
    state = "md5sum /etc/skerry/prometheus/prometheus.yml; docker ps --quiet --filter name=prometheus_prometheus"
    before = vps.check_output(state)
    demo(2)
    until(lambda: list(query('up{job="demo"}').values()) == [1.0, 1.0], "two targets")
    instances = {json.loads(labels)["instance"] for labels in query('up{job="demo"}')}
    assert instances == {"demo.1", "demo.2"}
    vps.check_output("docker service scale --detach demo=1")
    until(lambda: len(query('up{job="demo"}')) == 1, "one target")
    assert vps.check_output(state) == before


def test_the_host_is_seen_and_not_the_container(vps: Host, query: Query, until: Until) -> None:
    """Disk and network of a container would pass for the machine's."""
    size = int(vps.check_output("stat -f -c '%b %S' /var/lib/docker | awk '{print $1 * $2}' | xargs printf '%.0f'"))
    assert list(
        until(lambda: query('node_filesystem_size_bytes{mountpoint="/var/lib/docker"}'), "the disk").values()
    ) == [size]
    devices = {json.loads(labels)["device"] for labels in query("node_network_receive_bytes_total")}
    assert {"eth0", "docker_gwbridge"} <= devices


@pytest.mark.parametrize(
    "metric",
    [
        "engine_daemon_engine_info",
        "node_pressure_cpu_waiting_seconds_total",
        "node_timex_sync_status",
        "node_nf_conntrack_entries",
        "node_vmstat_oom_kill",
        "apt_upgrades_pending",
        "node_reboot_required",
        "skerry_clock_offset_seconds",
    ],
)
def test_a_metric_that_rules_need_is_there(query: Query, until: Until, metric: str) -> None:
    """An alert on it could never fire."""
    assert until(lambda: query(metric), metric)


def test_the_collector_agrees_with_docker_stats(vps: Host, query: Query, until: Until) -> None:
    """Memory and processor time of the containers would be somebody else's."""
    until(lambda: query("skerry_container_memory_bytes"), "the collector's metrics")
    shown = vps.check_output("docker stats --no-stream --format '{{json .}}'").splitlines()
    stats = {one["Name"].rpartition(".")[0]: one for one in map(json.loads, shown)}
    seen = {json.loads(labels)["task"]: value for labels, value in query("skerry_container_memory_bytes").items()}
    limits = {
        json.loads(labels)["task"]: value for labels, value in query("skerry_container_memory_limit_bytes").items()
    }
    assert set(seen) == set(stats)
    for name, one in stats.items():
        used, limit = (in_bytes(text) for text in one["MemUsage"].split(" / "))
        # A server's memory moves while both look, by a tenth and 8 MiB at most.
        assert abs(seen[name] - used) <= 0.1 * used + 8 * 1024**2, name
        assert limits[name] == pytest.approx(limit, rel=0.01), name


def in_bytes(text: str) -> float:
    """Return what the client writes as 12.5MiB."""
    number, unit = re.fullmatch(r"([0-9.]+)([KMGT]?i?B)", text).groups()
    return float(number) * {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[unit]


def test_processor_time_is_that_of_the_container(vps: Host, query: Query, until: Until) -> None:
    """A container that eats the processor would not be found."""
    task = "docker ps --quiet --filter name=shop_web"
    # timeout itself ends with 124.
    vps.check_output(f"docker exec $({task}) bash -c 'timeout 4 bash -c \"while :; do :; done\" || true'")
    busy = 'skerry_container_cpu_seconds_total{service="shop_web"} > 2'
    assert until(lambda: query(busy), "processor time of the shop")


def test_a_crash_loop_is_counted(vps: Host, query: Query, until: Until) -> None:
    """A service that dies again and again would look like one that starts."""
    vps.check_output(
        "docker service create --quiet --detach --name crash --restart-delay 1s --entrypoint sh"
        " prom/node-exporter:v1.9.0 -c 'sleep 2; exit 3'"
    )
    try:
        until(lambda: query('skerry_container_restarts_total{service="crash"} >= 3'), "three restarts")
        assert query('skerry_container_running{service="crash"}').keys()
    finally:
        vps.run("docker service rm crash")


@pytest.mark.parametrize(("port", "open_"), [(443, True), *((port, False) for port in (9090, 9093, 9100, 9115, 9323))])
def test_only_the_edge_is_reachable_from_outside(address: str, port: int, open_: bool) -> None:
    """The internet could read what runs here, or silence the alerts."""
    with socket.socket() as caller:
        caller.settimeout(3)
        assert (caller.connect_ex((address, port)) == 0) == open_


def test_nothing_is_published(vps: Host) -> None:
    """A firewall that is off for a moment would open the monitoring."""
    specs = vps.check_output("docker service inspect --format '{{json .Spec.EndpointSpec}}' $(docker service ls -q)")
    published = [line for line in specs.splitlines() if "PublishedPort" in line]
    assert len(published) == 1, "Traefik alone publishes"


def test_apps_reach_neither_alertmanager_nor_the_prober(vps: Host) -> None:
    """An app that was taken over could silence its own alerts, or ask into other networks."""
    fetch = "docker run --rm --network monitoring --entrypoint wget prom/node-exporter:v1.9.0 -q -T 3 -O /dev/null"
    assert vps.run(f"{fetch} http://prometheus:9090/-/ready").succeeded
    for name in ("alertmanager:9093", "blackbox:9115", "prometheus_alertmanager:9093"):
        assert vps.run(f"{fetch} http://{name}/").failed, name
