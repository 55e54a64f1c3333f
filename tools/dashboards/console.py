"""The console: its API, its live connections, and the reports that it shows."""

from __future__ import annotations

from typing import Any

from tools.dashboards.panels import above, below, board, graph, number

RATE = "[$__rate_interval]"
API = '{job="console-api"}'


def dashboard() -> Any:
    """Return the dashboard."""
    says = "The console: its API, its live connections, and the reports that it shows."
    return board("console", "Console", says, _panels(), deploys=True)


def _panels() -> list[Any]:
    return [*_state(), *_time()]


def _state() -> list[Any]:
    failed = 'sum(rate(http_request_duration_seconds_count{job="console-api",status=~"5.."}[1h])) or vector(0)'
    return [
        number(
            "Reports",
            "sum(rate(console_platform_reports_total[5m]))",
            "per second",
            "Pictures of the platform that come from the host. It sends at least each 15 s.",
            below(0.06, 0.03),
            alert="ConsoleReportsStopped",
            span=6,
        ),
        number("Connected", "sum(console_sockets)", "number", "Browsers that follow live.", above(200, 1000), span=6),
        number("Failed", failed, "requests/s", "Requests a second that failed, last hour.", above(0.001, 0.1), span=6),
        number(
            "Refused sign-ins",
            'ceil(sum(increase(console_sign_ins_total{result="refused"}[10m]))) or vector(0)',
            "number",
            "In the last ten minutes.",
            above(10, 50),
            alert="ConsoleSignInAttack",
            span=6,
        ),
    ]


def _time() -> list[Any]:
    slow = f'sum by (route, le) (rate(http_request_duration_seconds_bucket{{job="console-api"}}{RATE}))'
    return [
        graph(
            "Requests by route",
            {"{{route}}": f"sum by (route) (rate(http_request_duration_seconds_count{API}{RATE}))"},
            "requests/s",
            "Requests a second to each route of the API.",
        ),
        graph(
            "Waiting time by route",
            {"{{route}}": f"histogram_quantile(0.95, {slow})"},
            "seconds",
            "The time within which 95% of the requests are answered.",
            above(0.5, 1),
            alert="RouteSlow",
        ),
        graph(
            "Answers",
            {"{{status}}": f"sum by (status) (rate(http_request_duration_seconds_count{API}{RATE}))"},
            "requests/s",
            "Requests a second by status.",
        ),
        graph(
            "Being answered",
            {"{{instance}}": 'http_requests_in_flight{job=~"console-.+"}'},
            "number",
            "Requests that each replica works on now; long polling counts here.",
        ),
        graph(
            "Connected browsers", {"{{instance}}": 'console_sockets{job="console-realtime"}'}, "number", "By replica."
        ),
        graph(
            "Without Redis",
            {"{{instance}}": f"rate(console_limiter_fallbacks_total{API}{RATE})"},
            "per second",
            "Requests a second whose rate was limited in the process because Redis did not answer.",
            alert="RedisDown",
        ),
    ]
