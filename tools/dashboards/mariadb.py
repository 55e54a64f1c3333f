"""MariaDB: does it answer, has it room, what is it asked."""

from __future__ import annotations

from typing import Any

from tools.dashboards.panels import UP_DOWN, above, below, board, graph, number

RATE = "[$__rate_interval]"


def dashboard() -> Any:
    """Return the dashboard."""
    return board(
        "mariadb", "MariaDB", "MariaDB: does it answer, has it room, what is it asked.", _panels(), deploys=True
    )


def _panels() -> list[Any]:
    return [*_state(), *_time()]


def _state() -> list[Any]:
    read, asked = "innodb_buffer_pool_reads", "innodb_buffer_pool_read_requests"
    hits = f"1 - sum(rate(mysql_global_status_{read}[1h])) / (sum(rate(mysql_global_status_{asked}[1h])) > 0)"
    return [
        number("MariaDB", "min(mysql_up)", "up", "It answers its exporter.", UP_DOWN, alert="MariaDBDown"),
        number(
            "Up since", "min(mysql_global_status_uptime)", "age", "Since its start.", [(None, "yellow"), (300, "green")]
        ),
        number(
            "Connections used",
            "max(mysql_global_status_threads_connected / mysql_global_variables_max_connections)",
            "ratio",
            "Of those that it allows.",
            above(0.6, 0.8),
            alert="MariaDBConnectionsNearLimit",
        ),
        number(
            "Durable",
            "min(mysql_global_variables_innodb_flush_log_at_trx_commit == bool 1)"
            " * min(mysql_global_variables_sync_binlog == bool 1) * min(mysql_global_variables_log_bin)",
            "up",
            "What is confirmed survives a crash, and can be restored to a second.",
            UP_DOWN,
            alert="MariaDBNotDurable",
        ),
        number(
            "From memory", f"({hits}) or vector(1)", "ratio", "Pages found in memory, last hour.", below(0.99, 0.95)
        ),
        number(
            "Slow queries",
            "ceil(sum(increase(mysql_global_status_slow_queries[1h])))",
            "number",
            "Queries of the last hour that took longer than long_query_time (10 s).",
            above(1, 20),
        ),
    ]


def _time() -> list[Any]:
    commands = 'mysql_global_status_commands_total{command=~"select|insert|update|delete|commit|rollback"}'
    handlers = 'mysql_global_status_handlers_total{handler=~"read_key|read_next|read_rnd_next|write|update|delete"}'
    return [
        graph(
            "Queries",
            {"a second": f"rate(mysql_global_status_queries{RATE})"},
            "per second",
            "Statements a second.",
        ),
        graph(
            "Commands",
            {"{{command}}": f"rate({commands}{RATE})"},
            "per second",
            "Statements a second by kind.",
        ),
        graph(
            "Connections",
            {
                "open": "mysql_global_status_threads_connected",
                "at work": "mysql_global_status_threads_running",
                "allowed": "mysql_global_variables_max_connections",
            },
            "number",
            "Open connections, those at work, and how many are allowed.",
        ),
        graph(
            "Rows",
            {"{{handler}}": f"rate({handlers}{RATE})"},
            "per second",
            "Rows a second, by how they are reached. Many `read_rnd_next` for few queries: an index is missing.",
        ),
        graph(
            "Waiting for locks",
            {"waits": f"rate(mysql_global_status_innodb_row_lock_waits{RATE})"},
            "per second",
            "Statements a second that waited for a row that another transaction holds.",
        ),
        graph(
            "Traffic",
            {
                "in": f"rate(mysql_global_status_bytes_received{RATE})",
                "out": f"rate(mysql_global_status_bytes_sent{RATE})",
            },
            "bytes/s",
            "Bytes a second from and to clients.",
        ),
    ]
