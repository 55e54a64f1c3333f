"""Memory shares: how much of the host's memory each stateful service gets, and what the service makes of it.

Sizes are texts such as ``192M`` or ``2G`` (K, M, G are powers of 1024, as the engine reads them); numbers are MiB.
A share grows with the host, from the least that the service runs well with on 1 GB: there the engine, Traefik, the
exporters and the console take about 600 MiB, so only what a host has above 1 GB is there to be given away.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ansible.errors import AnsibleFilterError

GIGABYTE = 1024
UNITS = {"K": 1 / 1024, "M": 1.0, "G": 1024.0}
SIZE = re.compile(r"([0-9]+)([KMG])")


class Share(NamedTuple):
    """A service's share of the host, in MiB and parts of one."""

    smallest: int  # below this the service does not start, or is killed under its first load
    least: int  # what it gets on a host of 1 GB or less
    part: float  # of the memory that the host has above 1 GB
    most: float  # of the whole host, when set by hand


SHARES = {
    "mariadb": Share(smallest=160, least=192, part=0.30, most=0.60),
    "redis": Share(smallest=32, least=64, part=0.06, most=0.30),
    "prometheus": Share(smallest=128, least=208, part=0.06, most=0.40),
}


def memory_mib(size: str) -> int:
    """Return a size in whole MiB; raise AnsibleFilterError where it is not a size."""
    match = SIZE.fullmatch(str(size))
    if not match:
        raise AnsibleFilterError(
            f'"{size}" is not a size of memory: allowed is a number with K, M or G, such as 192M or 2G.'
        )
    return int(int(match[1]) * UNITS[match[2]])


def memory_share(host: str, service: str) -> str:
    """Return the memory limit of a service on a host with this much memory; ``0M`` (unknown) counts as 1 GB."""
    share = _share(service)
    spare = max(0, memory_mib(host) - GIGABYTE)
    return f"{_step(share.least + share.part * spare, 16)}M"


def memory_problem(size: str, variable: str, service: str, host: str = "0M") -> str:
    """Return the sentence that says why a service cannot have this much memory, or '' when it can.

    ``host`` 0M means that the host's memory is not known yet: then only the lower bound is checked.
    """
    share = _share(service)
    host_mib = memory_mib(host)
    most = int(share.most * host_mib)
    allowed = f"at least {share.smallest}M" + (f" and at most {most}M of this host's {host_mib}M" if host_mib else "")
    try:
        mib = memory_mib(size)
    except AnsibleFilterError:
        return f'{variable} is "{size}": allowed is a number with K, M or G, such as 192M or 2G, {allowed}.'
    if mib < share.smallest or (host_mib and mib > most):
        return f'{variable} is "{size}": allowed is {allowed}.'
    return ""


def mariadb_memory(size: str) -> dict[str, Any]:
    """Return mariadbd's settings that follow from its memory limit.

    The server without its buffer pool takes about 100 MiB with 40 connections, and half as much again while it works
    (measured with 11.8: 97 idle and 156 after work with a pool of 64); the performance schema takes 94 more.
    """
    limit = memory_mib(size)
    roomy = limit >= GIGABYTE
    pool = _step(max(32, 0.75 * (limit - (256 if roomy else 112))), 8)
    connections = _within(limit // 8, 40, 500)
    return {
        "innodb_buffer_pool_size": f"{pool}M",
        "innodb_log_file_size": f"{_step(_within(pool // 2, 48, 2048), 8)}M",
        "innodb_log_buffer_size": "16M" if roomy else "8M",
        "max_connections": connections,
        "table_open_cache": _within(limit, 400, 4000),
        "table_definition_cache": _within(limit, 400, 2000),
        "tmp_table_size": f"{_within(limit // 32, 8, 64)}M",
        "max_heap_table_size": f"{_within(limit // 32, 8, 64)}M",
        "key_buffer_size": "16M" if roomy else "2M",
        "aria_pagecache_buffer_size": "64M" if roomy else "8M",
        "performance_schema": "ON" if roomy else "OFF",
    }


def redis_memory(size: str) -> dict[str, Any]:
    """Return Redis's settings that follow from its memory limit.

    Half of the limit is for data: while the append-only file is rewritten, a forked child shares the memory and every
    page that is written meanwhile exists twice; the buffers of slow clients come on top.
    """
    return {"maxmemory": f"{memory_mib(size) // 2}mb"}


def prometheus_memory(size: str) -> dict[str, str]:
    """Return the environment that keeps Prometheus, a Go program, below its memory limit.

    The collector of garbage works against three quarters of the limit: the rest is for the memory-mapped blocks, the
    page cache of which counts as well. GOGC 50 trades some CPU for a heap that grows less.
    """
    return {"GOMEMLIMIT": f"{memory_mib(size) * 3 // 4}MiB", "GOGC": "50"}


def _share(service: str) -> Share:
    if service not in SHARES:
        raise AnsibleFilterError(f'"{service}" has no share of the memory: known are {", ".join(sorted(SHARES))}.')
    return SHARES[service]


def _step(mib: float, step: int) -> int:
    return int(mib) // step * step


def _within(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))


class FilterModule:
    """Register the filters with Ansible."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {
            "memory_mib": memory_mib,
            "memory_share": memory_share,
            "memory_problem": memory_problem,
            "mariadb_memory": mariadb_memory,
            "redis_memory": redis_memory,
            "prometheus_memory": prometheus_memory,
        }
