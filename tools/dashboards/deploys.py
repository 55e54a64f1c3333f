"""Deploys: what became of each, when services started anew, and whether anybody noticed."""

from __future__ import annotations

from typing import Any

from tools.dashboards.panels import NONE_ALLOWED, above, board, graph, number, rows

RATE = "[$__rate_interval]"


def dashboard() -> Any:
    """Return the dashboard."""
    says = (
        "What became of each deploy (green and red lines), what started anew (blue ones), and whether anybody noticed."
    )
    return board("deploys", "Deploys", says, _panels(), deploys=True)


def _panels() -> list[Any]:
    # The exporters' own process is not their service's.
    started = 'process_start_time_seconds{stack!="",service!~".+_exporter"}'
    return [
        number(
            "Last deploy",
            "min(time() - skerry_deploy_last_timestamp_seconds)",
            "age",
            "Since a stack was last deployed, with whatever verdict.",
            [(None, "yellow"), (300, "green")],
            span=6,
        ),
        number(
            "Last verdicts not good",
            'sum(skerry_deploy_last_verdict{verdict!="deployed"})',
            "number",
            "Stacks whose last deploy was rolled back or failed: what they run is older than what was asked for.",
            NONE_ALLOWED,
            span=6,
        ),
        number(
            "Last start",
            f"min(time() - {started})",
            "age",
            "Since a service last started anew, as by a deploy.",
            [(None, "yellow"), (300, "green")],
            span=6,
        ),
        number(
            "Starts today",
            f"sum(changes({started}[1d])) or vector(0)",
            "number",
            "How often services started anew in the last day.",
            above(50, 200),
            span=6,
        ),
        number(
            "Replicas missing",
            "sum(skerry_service_replicas_desired - skerry_service_replicas_running)",
            "number",
            "Not there yet, or not any more.",
            NONE_ALLOWED,
            alert="ServiceDegraded",
            span=6,
        ),
        number(
            "Crashes",
            "ceil(sum(increase(skerry_container_restarts_total[1h])))",
            "number",
            "Containers that ended by themselves in the last hour: a release that does not hold.",
            above(1, 6),
            alert="ContainerRestartLoop",
            span=6,
        ),
        rows(
            "Last verdict",
            "sort((time() - skerry_deploy_last_timestamp_seconds)"
            " * on (stack) group_right () (skerry_deploy_last_verdict == 1))",
            "age",
            "What became of the last deploy of each stack, and how long ago.",
            ["stack", "verdict"],
            value="ago",
        ),
        rows(
            "How long the last took",
            "sort_desc(skerry_deploy_last_duration_seconds)",
            "seconds",
            "From the first look to the verdict, also where it was rolled back.",
            ["stack"],
            value="for",
        ),
        rows(
            "Running since",
            f"sort(time() - {started})",
            "age",
            "How long each replica has been running.",
            ["service", "instance"],
            value="for",
        ),
        graph(
            "Replicas",
            {"{{service}}": "skerry_service_replicas_running"},
            "number",
            "Running replicas. An update starts a new one before it ends the old one.",
        ),
        graph(
            "Errors",
            {"{{router}}": "router:traefik_errors:ratio_rate5m"},
            "ratio",
            "Part of the requests that failed, over five minutes: what visitors noticed of a deploy.",
            above(0.001, 0.0144),
            alert="ErrorBudgetBurn",
        ),
        graph(
            "Crashes by service",
            {"{{service}}": f"rate(skerry_container_restarts_total{RATE})"},
            "per second",
            "Containers a second that ended by themselves.",
        ),
    ]
