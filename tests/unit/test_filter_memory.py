"""How much memory the stateful services get, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from filter_plugins.memory import mariadb_memory, memory_mib, memory_problem, memory_share, redis_memory

# What the rest of a 1 GB host needs: engine, Traefik, exporters, console (design: images.md, measured).
REST_OF_THE_PLATFORM = 600
SMALLEST_HOST = "960M"  # what a VPS sold as 1 GB shows


@pytest.mark.parametrize(("size", "mib"), [("192M", 192), ("2G", 2048), ("2048K", 2), ("0M", 0)])
def test_a_size_is_read_as_the_engine_reads_it(size: str, mib: int) -> None:
    """A limit of 2G would give the server settings for another size than the container has."""
    assert memory_mib(size) == mib


@pytest.mark.parametrize("size", ["", "192", "1.5G", "2GB", "-1G", "lots", None])
def test_what_is_no_size_is_refused(size: Any) -> None:
    """A slip of the pen would end as a traceback, or as a server with no memory."""
    with pytest.raises(AnsibleFilterError, match="is not a size of memory: allowed is"):
        memory_mib(size)


def test_a_service_without_a_share_is_named() -> None:
    """A role that asks for the share of an unknown service would get a traceback."""
    with pytest.raises(AnsibleFilterError, match='"grapefruit" has no share of the memory: known are mariadb, prom'):
        memory_share("1G", "grapefruit")


@pytest.mark.parametrize(
    ("host", "mariadb", "redis"),
    [
        ("0M", "192M", "64M"),
        (SMALLEST_HOST, "192M", "64M"),
        ("1024M", "192M", "64M"),
        ("2G", "496M", "112M"),
        ("16G", "4800M", "976M"),
    ],
)
def test_shares_grow_with_the_host(host: str, mariadb: str, redis: str) -> None:
    """A 1 GB host would be overbooked, or a 16 GB one lie idle."""
    assert (memory_share(host, "mariadb"), memory_share(host, "redis")) == (mariadb, redis)


def test_the_platform_fits_into_one_gigabyte() -> None:
    """The shares together with everything else would not fit the smallest host."""
    shares = sum(memory_mib(memory_share(SMALLEST_HOST, service)) for service in ("mariadb", "redis"))
    assert shares + REST_OF_THE_PLATFORM <= memory_mib(SMALLEST_HOST)


@pytest.mark.parametrize("host", ["512M", "960M", "1024M", "2G", "16G", "256G"])
@pytest.mark.parametrize("service", ["mariadb", "redis"])
def test_a_share_is_never_refused(host: str, service: str) -> None:
    """The role would refuse its own default."""
    assert memory_problem(memory_share(host, service), "x", service, host) == ""


@pytest.mark.parametrize(
    ("size", "host", "sentence"),
    [
        ("64M", "1G", 'mariadb_memory is "64M": allowed is at least 160M and at most 614M of this host\'s 1024M.'),
        ("20G", "16G", 'mariadb_memory is "20G": allowed is at least 160M and at most 9830M of this host\'s 16384M.'),
        ("64M", "0M", 'mariadb_memory is "64M": allowed is at least 160M.'),
        (
            "lots",
            "1G",
            'mariadb_memory is "lots": allowed is a number with K, M or G, such as 192M or 2G, '
            "at least 160M and at most 614M of this host's 1024M.",
        ),
    ],
)
def test_a_size_that_does_not_fit_is_refused_in_one_sentence(size: str, host: str, sentence: str) -> None:
    """The user would not learn which variable is wrong, what it holds and what is allowed."""
    assert memory_problem(size, "mariadb_memory", "mariadb", host) == sentence


def test_an_unknown_host_is_no_reason_to_refuse() -> None:
    """A large size would be refused before the host's memory is known."""
    assert memory_problem("20G", "mariadb_memory", "mariadb", "0M") == ""


def worst_case(settings: dict[str, Any]) -> int:
    """Return the MiB that a server with these settings takes when all of it is in use, as measured (see the filter)."""
    size = {name: memory_mib(value) for name, value in settings.items() if str(value)[-1] in "KMG"}
    base = 60 + (94 if settings["performance_schema"] == "ON" else 0)
    shared = ("innodb_buffer_pool_size", "innodb_log_buffer_size", "key_buffer_size", "aria_pagecache_buffer_size")
    return base + sum(size[name] for name in shared) + settings["max_connections"] // 2


@pytest.mark.parametrize("limit", ["160M", "192M", "496M", "1024M", "4800M", "64G"])
def test_mariadb_stays_below_its_limit(limit: str) -> None:
    """The engine would kill the server as soon as its buffers are full."""
    assert worst_case(mariadb_memory(limit)) <= memory_mib(limit)


@pytest.mark.parametrize("limit", ["496M", "4800M", "64G"])
def test_mariadb_uses_what_it_gets(limit: str) -> None:
    """A large host's memory would not be used for data."""
    assert memory_mib(mariadb_memory(limit)["innodb_buffer_pool_size"]) > 0.5 * memory_mib(limit)


@pytest.mark.parametrize(("limit", "schema"), [("192M", "OFF"), ("1023M", "OFF"), ("1024M", "ON")])
def test_the_performance_schema_is_for_roomy_hosts(limit: str, schema: str) -> None:
    """A small server would spend half of its memory on statistics."""
    assert mariadb_memory(limit)["performance_schema"] == schema


@pytest.mark.parametrize(("limit", "maxmemory"), [("32M", "16mb"), ("64M", "32mb"), ("1G", "512mb")])
def test_redis_keeps_half_for_its_child(limit: str, maxmemory: str) -> None:
    """Rewriting the append-only file of a full server would get it killed."""
    assert redis_memory(limit) == {"maxmemory": maxmemory}
