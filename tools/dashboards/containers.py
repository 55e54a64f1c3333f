"""The services: how many run, what they take, how close they are to their limits."""

from __future__ import annotations

from typing import Any

from tools.dashboards.panels import NONE_ALLOWED, above, bars, board, choice, graph, number, rows

OF = '{service=~"$service"}'


def dashboard() -> Any:
    """Return the dashboard."""
    service = choice("service", "Service", "label_values(skerry_service_replicas_desired, service)")
    says = "The services: how many replicas run, what they take, how close they are to their limits."
    return board("containers", "Containers", says, _panels(), [service], deploys=True)


def _panels() -> list[Any]:
    limit = f"(skerry_container_memory_limit_bytes{OF} > 0)"
    return [
        number(
            "Replicas missing",
            f"sum(skerry_service_replicas_desired{OF} - skerry_service_replicas_running{OF})",
            "number",
            "Replicas that should run and do not.",
            NONE_ALLOWED,
            alert="ServiceDegraded",
            span=6,
        ),
        number(
            "Unhealthy",
            f"count(skerry_container_healthy{OF} == 0) or vector(0)",
            "number",
            "Containers whose health check fails.",
            NONE_ALLOWED,
            alert="ServiceDown",
            span=6,
        ),
        number(
            "Crashes",
            f"ceil(sum(increase(skerry_container_restarts_total{OF}[1h])))",
            "number",
            "Containers that ended by themselves in the last hour.",
            above(1, 6),
            alert="ContainerRestartLoop",
            span=6,
        ),
        number(
            "Killed for memory",
            f"ceil(sum(increase(skerry_container_oom_kills_total{OF}[1h])))",
            "number",
            "Processes that the kernel ended at a memory limit in the last hour.",
            NONE_ALLOWED,
            alert="ContainerOomKilled",
            span=6,
        ),
        bars(
            "Memory of the limit",
            f"sort_desc(skerry_container_memory_bytes{OF} / {limit})",
            "ratio",
            "How much of its limit each container uses.",
            above(0.85, 0.95),
            legend="{{task}}",
            alert="ContainerMemoryNearLimit",
        ),
        rows(
            "Replicas",
            f"sort(skerry_service_replicas_running{OF})",
            "number",
            "Running replicas of each service.",
            ["service", "stack"],
            value="running",
        ),
        graph("Memory", {"{{task}}": f"skerry_container_memory_bytes{OF}"}, "bytes", "Memory of each container."),
        graph(
            "Processor",
            {"{{task}}": f"rate(skerry_container_cpu_seconds_total{OF}[$__rate_interval])"},
            "number",
            "Processors in use by each container.",
        ),
    ]
