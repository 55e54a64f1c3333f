"""What apps, strangers and the exporter get from the server, and what it is set to."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

import pytest
from testinfra.host import Host

SERVICE = "redis_redis"
Ask = Callable[..., str]


@pytest.fixture(scope="module", autouse=True)
def keys(ask: Ask) -> None:
    """Make a key of each app, as the app itself."""
    assert ask("console", "SET console:secret 1") == "OK"
    assert ask("my-shop", "SET my-shop:secret 1") == "OK"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("SET console:a 1 EX 60", "OK"),
        ("INCR console:a", "2"),
        ("LPUSH console:list a b", "2"),
        ("XADD console:stream 1-1 a b", "1-1"),
        ("PUBLISH console:events hello", "0"),
        ("EVAL 'return redis.call(\"GET\", KEYS[1])' 1 console:secret", "1"),
        ("DEL console:a console:list console:stream", "3"),
        ("SELECT 0", "OK"),
        ("PING", "PONG"),
    ],
)
def test_an_app_can_work(ask: Ask, command: str, answer: str) -> None:
    """The app could not keep data, limit rates, or send events."""
    assert ask("console", command) == answer


@pytest.mark.parametrize(
    "command",
    [
        "GET my-shop:secret",
        "SET my-shop:secret 2",
        "DEL my-shop:secret",
        "RENAME console:secret my-shop:secret",
        "COPY my-shop:secret console:copy",
        'EVAL \'return redis.call("GET", "my-shop:secret")\' 0',
        "SUBSCRIBE my-shop:events",
        "PSUBSCRIBE '*'",
        "PUBLISH my-shop:events x",
        "KEYS '*'",
        "SCAN 0",
        "RANDOMKEY",
        "DBSIZE",
        "PUBSUB CHANNELS",
        "SWAPDB 0 1",
        "FLUSHALL",
        "FLUSHDB",
        "FUNCTION FLUSH",
        "SCRIPT FLUSH",
        "CONFIG GET '*'",
        "ACL LIST",
        "CLIENT LIST",
        "CLIENT KILL ID 1",
        "MONITOR",
        "SHUTDOWN",
        "REPLICAOF NO ONE",
        "INFO",
    ],
)
def test_what_is_not_ones_own_is_refused(ask: Ask, command: str) -> None:
    """An app, or whoever took it over, could read or harm the others, or stop the server."""
    answer = ask("console", command)
    assert "No permissions" in answer or "no permissions" in answer


def test_there_is_one_database(ask: Ask) -> None:
    """Keys could be hidden in a database that nobody looks at."""
    assert "out of range" in ask("console", "SELECT 1")


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("", ""),
        ("default", ""),
        ("default", "canary-Admin-9d2k7f41"),
        ("console", "canary-Shop-4x9y2z63"),
        ("admin", "canary-Exporter-5h3m8s20"),
    ],
)
def test_a_stranger_is_refused(ask: Ask, user: str, password: str) -> None:
    """Whoever reaches the network could work without a user of his own."""
    assert "NOAUTH" in ask(user, "PING", password)


@pytest.mark.parametrize("command", ["GET console:secret", "SCAN 0", "CONFIG GET '*'", "CLIENT LIST", "SHUTDOWN"])
def test_the_exporter_sees_no_data(ask: Ask, command: str) -> None:
    """A hole in the exporter would open the data of all apps."""
    assert "no permissions" in ask("exporter", command).lower()


def test_the_admin_may_do_all(ask: Ask) -> None:
    """The operator could not look into trouble."""
    assert "my-shop:secret" in ask("admin", "KEYS '*'")


def test_the_exporter_reports_a_server_that_is_up(vps: Host) -> None:
    """Monitoring would be blind."""
    fetch = "docker run --rm --network monitoring --entrypoint wget prom/mysqld-exporter:v0.17.2 -qO-"
    metrics = vps.check_output(f"{fetch} http://redis-exporter:9121/metrics").splitlines()
    assert "redis_up 1" in metrics
    assert "redis_memory_max_bytes 3.3554432e+07" in metrics
    assert not [line for line in metrics if line.startswith("redis_exporter_last_scrape_error") and line[-2:] != " 0"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("appendonly", "yes"),
        ("appendfsync", "everysec"),
        ("maxmemory", str(32 * 1024**2)),
        ("maxmemory-policy", "volatile-lru"),
        ("save", ""),
        ("databases", "1"),
        ("maxclients", "500"),
    ],
)
def test_a_setting_is_in_force(ask: Ask, setting: str, value: str) -> None:
    """The server would run with defaults: keep no data, or outgrow the host."""
    assert ask("admin", f"CONFIG GET {setting}").split("\n")[1:] == ([value] if value else [])


def test_no_module_is_loaded(ask: Ask) -> None:
    """The official image would load all it has, with commands that heed no key pattern."""
    assert ".so" not in ask("admin", "MODULE LIST")


def test_the_container_is_confined(vps: Host, task: Callable[..., str]) -> None:
    """A server that was taken over could fill the memory, or write where it should not."""
    (state,) = json.loads(vps.check_output(f"docker inspect {task(SERVICE)}"))
    confined = state["HostConfig"]
    assert (confined["Memory"], confined["ReadonlyRootfs"], confined["CapDrop"]) == (64 * 1024**2, True, ["ALL"])
    assert (state["Config"]["User"], confined["PidsLimit"]) == ("999:999", 64)


@pytest.mark.parametrize("port", [6379, 9121])
def test_nothing_is_reachable_from_outside(address: str, port: int) -> None:
    """The whole internet could try passwords."""
    with socket.socket() as caller:
        caller.settimeout(3)
        assert caller.connect_ex((address, port)) != 0


def test_no_secret_shows(leaks: Callable[..., list[str]], passwords: dict[str, str]) -> None:
    """Anyone who may look at the host would learn a password."""
    assert leaks(["maxmemory-policy"]), "the search finds nothing at all"
    assert leaks(passwords.values()) == []
