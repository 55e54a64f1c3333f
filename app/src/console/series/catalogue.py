"""The series that may be asked for, by name. A client never sends an expression.

Where the rules of role prometheus record something, that is what is asked for. ``SPAN`` in an expression is the time
from one point to the next, but no less than LEAST_SPAN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Name = Literal[
    "host-cpu",
    "host-memory",
    "host-disk",
    "route-requests",
    "route-errors",
    "route-latency",
    "service-cpu",
    "service-memory",
]
Range = Literal["1h", "6h", "24h"]
Unit = Literal["ratio", "requests/s", "seconds", "processors", "bytes"]

POINTS = 120
STEPS: dict[Range, int] = {"1h": 30, "6h": 180, "24h": 720}  # seconds
LEAST_SPAN = 120  # seconds: four scrapes of at most 30 s

_BY_SERVICE = "sum by (stack, service)"
_ITS_SERVICE = 'on (router) group_left (stack, service) router:service:info{service!=""}'


@dataclass(frozen=True, slots=True)
class Series:
    """An expression, and the unit of its values."""

    unit: Unit
    expression: str

    def over(self, step: int) -> str:
        """The expression for points that are ``step`` seconds apart."""
        return self.expression.replace("SPAN", f"{max(step, LEAST_SPAN)}s")


def _of_routes(recorded: str) -> str:
    return f"{_BY_SERVICE} (avg_over_time({recorded}[SPAN]) * {_ITS_SERVICE})"


# Long polling is meant to take its time, as in alert RouteSlow.
_BUCKETS = 'traefik_router_request_duration_seconds_bucket{protocol="http",router!~".*realtime.*"}'

SERIES: dict[Name, Series] = {
    "host-cpu": Series("ratio", '1 - avg(rate(node_cpu_seconds_total{mode="idle"}[SPAN]))'),
    "host-memory": Series("ratio", "max(1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)"),
    # The fullest disk, of those that alert HostDiskAlmostFull looks at.
    "host-disk": Series(
        "ratio",
        'max(1 - node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs|squashfs|fuse.*"} / node_filesystem_size_bytes)',
    ),
    "route-requests": Series("requests/s", _of_routes("router:traefik_requests:rate5m")),
    "route-errors": Series(
        "ratio", f"{_of_routes('router:traefik_errors:rate5m')} / {_of_routes('router:traefik_requests:rate5m')}"
    ),
    "route-latency": Series(
        "seconds",
        f"histogram_quantile(0.99, sum by (stack, service, le) (rate({_BUCKETS}[SPAN]) * {_ITS_SERVICE}))",
    ),
    "service-cpu": Series("processors", f"{_BY_SERVICE} (rate(skerry_container_cpu_seconds_total[SPAN]))"),
    "service-memory": Series("bytes", f"{_BY_SERVICE} (skerry_container_memory_bytes)"),
}

NAMES: tuple[Name, ...] = get_args(Name)
