"""The collector's pure parts: targets by label, counters over tasks that come and go, cgroups of both versions."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "roles/prometheus/templates/host/usr/local/lib/skerry"))
sys.path.insert(0, str(ROOT / "filter_plugins"))

from skerry_collector import clock, host, output, targets  # noqa: E402
from skerry_collector.cgroups import Cgroups  # noqa: E402
from skerry_collector.containers import SERVICE_ID, TASK_ID, History, measure  # noqa: E402
from traefik import traefik_labels  # noqa: E402

Json = dict[str, Any]


def service(name: str = "shop_web", desired: int = 1, **labels: str) -> Json:
    """Return a service as ``GET /services?status=true`` tells it."""
    stack = name.partition("_")[0]
    return {
        "ID": f"id-{name}",
        "Spec": {"Name": name, "Labels": {"com.docker.stack.namespace": stack, **labels}},
        "ServiceStatus": {"DesiredTasks": desired, "RunningTasks": desired},
    }


def task(number: int, slot: int = 1, state: str = "running", desired: str = "running", name: str = "shop_web") -> Json:
    """Return a task as ``GET /tasks`` tells it, on two networks."""
    return {
        "ID": f"task-{number}",
        "ServiceID": f"id-{name}",
        "Slot": slot,
        "CreatedAt": f"2026-11-27T03:00:{number:02}Z",
        "DesiredState": desired,
        "Status": {"State": state},
        "NetworksAttachments": [
            {"Network": {"Spec": {"Name": "edge"}}, "Addresses": [f"10.0.1.{number}/24"]},
            {"Network": {"Spec": {"Name": "monitoring"}}, "Addresses": [f"10.0.2.{number}/24"]},
        ],
    }


def container(number: int, state: str = "running", status: str = "Up 2 minutes", name: str = "shop_web") -> Json:
    """Return a container as ``GET /containers/json`` tells it."""
    labels = {SERVICE_ID: f"id-{name}", TASK_ID: f"task-{number}"}
    return {"Id": f"c{number}", "State": state, "Status": status, "Labels": labels}


class Usage:
    """Cgroups whose answers a test sets."""

    def __init__(self, **kills: int) -> None:
        self.kills = kills

    def cpu_seconds(self, _: str) -> float | None:
        """Answer."""
        return 1.5

    def memory(self, _: str) -> tuple[int, int] | None:
        """Answer."""
        return 100, 200

    def oom_kills(self, identifier: str) -> int | None:
        """Answer."""
        return self.kills.get(identifier, 0)


METRICS = {"skerry.metrics.port": "9000"}


def test_each_replica_is_a_target() -> None:
    """One replica of several would be blind to, or a service without the label be asked."""
    found = targets.scraped(
        [service(**METRICS), service("shop_db")], [task(1), task(2, slot=2), task(3, name="shop_db")]
    )
    assert [one["targets"] for one in found] == [["10.0.2.1:9000"], ["10.0.2.2:9000"]]
    assert found[0]["labels"] == {
        "job": "shop-web",
        "instance": "shop_web.1",
        "service": "shop_web",
        "stack": "shop",
        "__metrics_path__": "/metrics",
    }


def test_labels_choose_job_and_path() -> None:
    """An exporter would have a job that no rule knows."""
    (found,) = targets.scraped(
        [service(**METRICS, **{"skerry.metrics.job": "x", "skerry.metrics.path": "/m"})], [task(1)]
    )
    assert (found["labels"]["job"], found["labels"]["__metrics_path__"]) == ("x", "/m")


@pytest.mark.parametrize(
    "tasks",
    [
        [task(1), task(2)],
        [task(2), task(1)],
        [task(2), task(1, desired="shutdown")],
        [task(2), task(3, state="starting")],
        [task(2), task(1, state="failed", desired="shutdown")],
    ],
)
def test_one_slot_is_one_target_in_an_update(tasks: list[Json]) -> None:
    """Two tasks would write to one series, or the target be gone while the new one starts."""
    assert [one["targets"] for one in targets.scraped([service(**METRICS)], tasks)] == [["10.0.2.2:9000"]]


def routed(**settings: Any) -> Json:
    """Return a service with the labels that Skerry's own filter gives it."""
    return service(**traefik_labels({"name": "shop--web", "domain": "shop.example.org", "port": 80, **settings}))


@pytest.mark.parametrize(
    ("settings", "url", "module"),
    [
        ({}, "https://shop.example.org/", "https_answer"),
        ({"ready": "/readyz"}, "https://shop.example.org/readyz", "https_ready"),
        ({"paths": ["/api"], "ready": "/api/ready"}, "https://shop.example.org/api/ready", "https_ready"),
        ({"paths": ["/socket.io"], "ready": "/ready"}, "https://shop.example.org/socket.io", "https_answer"),
        ({"paths": ["/api"], "ready": "/apiary"}, "https://shop.example.org/api", "https_answer"),
    ],
)
def test_a_public_route_is_asked_where_a_visitor_gets_an_answer(settings: Json, url: str, module: str) -> None:
    """A route would go unwatched, or a path that is not public would be called down."""
    (found,) = targets.probed([routed(**settings), service()], "192.0.2.1:9443")
    assert (found["targets"], found["labels"]["__param_module"]) == ([url], module)
    assert found["labels"]["__param_target"] == url.replace("shop.example.org", "192.0.2.1:9443")
    assert found["labels"]["__param_hostname"] == "shop.example.org"


def values(samples: list[output.Sample], name: str) -> list[float]:
    """Return the values of one metric."""
    return [value for one, _, value in samples if one == name]


def test_what_is_missing_shows() -> None:
    """A service without its replicas would look well, or one that is meant to rest be called down."""
    services = [service(desired=2), service("shop_rest", desired=0)]
    samples = measure(services, [task(1)], [], Usage(), History())
    state = {
        (labels["service"], labels["expected"]): value
        for name, labels, value in samples
        if name == "skerry_container_running"
    }
    assert state == {("shop_web", "true"): 0, ("shop_rest", "false"): 1}
    assert values(samples, "skerry_service_replicas_running") == [1, 0]


@pytest.mark.parametrize(
    ("status", "healthy"), [("Up 1 minute", []), ("Up 1 minute (healthy)", [1]), ("Up 1 minute (unhealthy)", [0])]
)
def test_health_is_told_where_it_is_checked(status: str, healthy: list[int]) -> None:
    """A sick container would pass for a well one."""
    samples = measure([service()], [task(1)], [container(1, status=status)], Usage(), History())
    assert values(samples, "skerry_container_healthy") == healthy
    labels = next(labels for name, labels, _ in samples if name == "skerry_container_memory_bytes")
    assert labels == {"service": "shop_web", "stack": "shop", "task": "shop_web.1"}


def test_a_crash_counts_once_and_an_update_does_not() -> None:
    """A crash loop would go unseen, or each deploy look like one."""
    history = History()
    looks = [
        [task(1, state="failed")],  # before the collector came
        [task(1, state="failed"), task(2, state="failed"), task(3, state="complete")],
        [task(2, state="failed"), task(3, state="complete"), task(4, state="shutdown", desired="shutdown")],
    ]
    counted = []
    for tasks in looks:
        history.see(tasks, [], Usage(), lambda _: False)
        counted.append(history.restarts["id-shop_web"])
    assert counted == [0, 2, 2]


def test_a_kill_for_memory_counts_once() -> None:
    """A process that the kernel ended would show as an ordinary crash, or be counted at each look."""
    history, asked = History(), []

    def was_killed(identifier: str) -> bool:
        asked.append(identifier)
        return True

    for found, usage in [
        ([container(1), container(9, "exited")], Usage()),
        ([container(1), container(9, "exited")], Usage(c1=2)),  # children of its process
        ([container(1, "exited"), container(2)], Usage()),
        ([container(1, "exited"), container(2, "exited")], Usage()),
        ([container(1, "exited"), container(2, "exited")], Usage()),
    ]:
        history.see([], found, usage, was_killed)
    assert (history.oom_kills["id-shop_web"], asked) == (3, ["c2"])


def tree(root: Path, files: dict[str, str]) -> str:
    """Write files below a directory."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return str(root)


UNIFIED = {
    "cgroup.controllers": "cpu memory",
    "system.slice/docker-x.scope/cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
    "system.slice/docker-x.scope/memory.current": "1000\n",
    "system.slice/docker-x.scope/memory.max": "max\n",
    "system.slice/docker-x.scope/memory.stat": "anon 500\ninactive_file 300\n",
    "system.slice/docker-x.scope/memory.events": "oom 4\noom_kill 3\n",
}
LEGACY = {
    "cpuacct/docker/x/cpuacct.usage": "2500000000\n",
    "memory/docker/x/memory.usage_in_bytes": "1000\n",
    "memory/docker/x/memory.limit_in_bytes": "9223372036854771712\n",
    "memory/docker/x/memory.stat": "inactive_file 1\ntotal_inactive_file 300\n",
    "memory/docker/x/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
}


@pytest.mark.parametrize("files", [UNIFIED, LEGACY], ids=["version 2", "version 1"])
def test_both_versions_of_cgroups_say_the_same(tmp_path: Path, files: dict[str, str]) -> None:
    """Debian's own, or an older host's, containers would have no figures."""
    groups = Cgroups(tree(tmp_path, files))
    assert (groups.cpu_seconds("x"), groups.memory("x"), groups.oom_kills("x")) == (2.5, (700, 0), 3)
    assert (groups.cpu_seconds("gone"), groups.memory("gone"), groups.oom_kills("gone")) == (None, None, None)


def test_updates_are_counted_by_origin() -> None:
    """A security update that waits would look like any other."""
    printed = (
        "NOTE: This is only a simulation!\n"
        "Inst libc6 [2.41-1] (2.41-2 Debian-Security:13/stable-security [amd64]) [bash:amd64 ]\n"
        "Inst tzdata [2025a] (2025b Debian:13.1/stable, Debian-Security:13/stable-security [all])\n"
        "Inst new-one (1 Debian:13.1/stable [amd64])\n"
        "Conf libc6 (2.41-2 Debian-Security:13/stable-security [amd64])\n"
    )
    assert host.pending(printed) == [
        ("apt_upgrades_pending", {"origin": "Debian-Security:13/stable-security"}, 1),
        ("apt_upgrades_pending", {"origin": "Debian:13.1/stable, Debian-Security:13/stable-security"}, 1),
    ]
    assert host.pending("") == [("apt_upgrades_pending", {"origin": ""}, 0)]


def test_another_clock_is_read() -> None:
    """A clock that is off would go unnoticed, until sign-in and certificates fail."""
    head = b"HTTP/1.0 200 OK\r\nServer: x\r\nDate: Fri, 27 Nov 2026 03:00:00 GMT\r\n\r\n"
    assert clock.told(head) == 1795748400
    with pytest.raises(ValueError, match="no date"):
        clock.told(b"HTTP/1.0 200 OK\r\n\r\n")


def test_a_list_that_stays_is_not_written_again(tmp_path: Path) -> None:
    """Prometheus would load its targets anew every few seconds."""
    file = tmp_path / "services.json"
    output.write_json(file, [1])
    before = file.stat().st_ino
    output.write_json(file, [1])
    assert (file.stat().st_ino, json.loads(file.read_text())) == (before, [1])
    output.write_json(file, [2])
    assert json.loads(file.read_text()) == [2]


def test_a_label_may_hold_anything() -> None:
    """One odd name would make node_exporter refuse the whole file."""
    assert output.line("a", {"b": 'x"\\\n'}, 0.1) == 'a{b="x\\"\\\\\\n"} 0.10000000000000001\n'


@pytest.mark.parametrize(("theirs", "apart"), [(100, 0.6), (160, -59.4), (40, 60.6)])
def test_a_clock_that_is_ahead_is_off_by_a_positive_number(theirs: int, apart: float) -> None:
    """Whoever mends it would turn it the wrong way."""
    assert clock.difference(101.0, 101.2, theirs) == pytest.approx(apart)
