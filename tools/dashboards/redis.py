"""Redis: does it answer, is there room, does it keep what it is given."""

from __future__ import annotations

from typing import Any

from tools.dashboards.panels import NONE_ALLOWED, UP_DOWN, above, board, graph, number

RATE = "[$__rate_interval]"


def dashboard() -> Any:
    """Return the dashboard."""
    says = "Redis: does it answer, is there room, does it keep what it is given."
    return board("redis", "Redis", says, _panels(), deploys=True)


def _panels() -> list[Any]:
    return [*_state(), *_time()]


def _state() -> list[Any]:
    return [
        number("Redis", "min(redis_up)", "up", "It answers its exporter.", UP_DOWN, alert="RedisDown"),
        number(
            "Up since", "min(redis_uptime_in_seconds)", "age", "Since its start.", [(None, "yellow"), (300, "green")]
        ),
        number(
            "Memory used",
            "max(redis_memory_used_bytes / (redis_memory_max_bytes > 0))",
            "ratio",
            "Of what it may use.",
            above(0.8, 0.9),
            alert="RedisMemoryNearLimit",
        ),
        number(
            "Refused for memory",
            'ceil(sum(increase(redis_errors_total{err="OOM"}[1h]))) or vector(0)',
            "number",
            "Commands of the last hour that it had no room for.",
            NONE_ALLOWED,
            alert="RedisRefusesWrites",
        ),
        number(
            "Keeps data",
            "min(redis_aof_last_write_status) * min(redis_aof_last_bgrewrite_status)",
            "up",
            "The append-only file is written.",
            UP_DOWN,
            alert="RedisPersistenceFailing",
        ),
        number("Clients", "sum(redis_connected_clients)", "number", "Connected now.", above(400, 800)),
    ]


def _time() -> list[Any]:
    return [
        graph(
            "Commands", {"a second": f"rate(redis_commands_processed_total{RATE})"}, "per second", "Commands a second."
        ),
        graph(
            "Commands by kind",
            {"{{cmd}}": f"topk(8, rate(redis_commands_total{RATE}))"},
            "per second",
            "Commands a second, the eight most frequent.",
        ),
        graph(
            "Memory",
            {"in use": "redis_memory_used_bytes", "allowed": "redis_memory_max_bytes"},
            "bytes",
            "Memory in use, and what is allowed.",
        ),
        graph(
            "Keys",
            {"all": "sum(redis_db_keys)", "that expire": "sum(redis_db_keys_expiring)"},
            "number",
            "Keys, and those of them that go by themselves.",
        ),
        graph(
            "Keys that went",
            {
                "expired": f"rate(redis_expired_keys_total{RATE})",
                "evicted early": f"rate(redis_evicted_keys_total{RATE})",
            },
            "per second",
            "Keys a second that expired, or went early because the memory is full.",
        ),
        graph(
            "Found",
            {
                "found": f"rate(redis_keyspace_hits_total{RATE})",
                "not found": f"rate(redis_keyspace_misses_total{RATE})",
            },
            "per second",
            "Keys a second that were asked for, by whether they were there.",
        ),
    ]
