"""One screen: is all well? Green is well, and each panel's alert says what to do where it is not."""

from __future__ import annotations

from typing import Any

from tools.dashboards.panels import NONE_ALLOWED, UP_DOWN, above, below, board, graph, number, rows

DAY = 86400


def dashboard() -> Any:
    """Return the dashboard."""
    return board(
        "overview", "Overview", "Is all well? Green is; red has an alert and a runbook.", _panels(), deploys=True
    )


def _panels() -> list[Any]:
    firing = 'ALERTS{alertstate="firing",alertname!="Watchdog"}'
    disk = 'node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs|squashfs|fuse.*"} / node_filesystem_size_bytes'
    backup = 'max(time() - skerry_backup_last_success_timestamp_seconds{scope!="binlog"})'
    drill = "max(time() - skerry_restore_drill_last_success_timestamp_seconds) or vector(-1)"
    return [
        number("Alerts", f"count({firing}) or vector(0)", "number", "Alerts that fire now.", NONE_ALLOWED),
        number(
            "Services down",
            'count(skerry_container_running{expected="true"} == 0) or vector(0)',
            "number",
            "Services of which not all replicas run.",
            NONE_ALLOWED,
            alert="ServiceDown",
        ),
        number("Routes", "min(probe_success)", "up", "Every public route answers.", UP_DOWN, alert="SiteDown"),
        number("MariaDB", "min(mysql_up)", "up", "MariaDB answers its exporter.", UP_DOWN, alert="MariaDBDown"),
        number("Redis", "min(redis_up)", "up", "Redis answers its exporter.", UP_DOWN, alert="RedisDown"),
        number("Targets", "min(up)", "up", "All that is watched answers Prometheus.", UP_DOWN, alert="TargetDown"),
        number(
            "Errors",
            "max(router:traefik_errors:ratio_rate1h)",
            "ratio",
            "Requests of the last hour that failed, at the worst route. The budget is 0.1%.",
            above(0.001, 0.0144),
            alert="ErrorBudgetBurn",
        ),
        number("Disk free", f"min({disk})", "ratio", "The fullest disk.", below(0.2, 0.1), alert="HostDiskAlmostFull"),
        number(
            "Memory available",
            "min(node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)",
            "ratio",
            "What programs could still get without swapping.",
            below(0.15, 0.05),
            alert="HostMemoryPressure",
        ),
        number(
            "Certificate",
            "min(probe_ssl_earliest_cert_expiry) - time()",
            "age",
            "Until the first certificate ends. It is renewed with 30 days left.",
            below(21 * DAY, 7 * DAY),
            alert="CertExpiresSoon",
        ),
        number(
            "Last backup",
            backup,
            "age",
            "Age of the oldest newest backup.",
            above(25 * 3600, 26 * 3600),
            alert="BackupTooOld",
        ),
        number(
            "Last drill",
            drill,
            "age",
            "Since a backup was last restored for a try; below zero: never.",
            [(None, "yellow"), (0, "green"), (8 * DAY, "red")],
            alert="RestoreDrillTooOld",
        ),
        rows(
            "What fires",
            f"sort_desc({firing})",
            "number",
            "Alerts that fire now; each has a page in docs/runbooks/.",
            ["alertname", "severity", "service", "instance"],
            value="",
        ),
        graph(
            "Requests",
            {"{{router}}": "sum by (router) (rate(traefik_router_requests_total[$__rate_interval]))"},
            "requests/s",
            "Requests a second to each public route.",
        ),
    ]
