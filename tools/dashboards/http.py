"""The public routes: how many requests, how many fail, how long they take, and what is left of the error budget."""

from __future__ import annotations

from typing import Any

from tools.dashboards.panels import UP_DOWN, above, below, board, choice, graph, number, rows

# 999 of 1000 requests are answered without an error of ours: the same objective as in rules/slo.yml.
BUDGET = 0.001
OF = '{router=~"$router"}'
RATE = "[$__rate_interval]"


def dashboard() -> Any:
    """Return the dashboard."""
    router = choice("router", "Route", "label_values(router:service:info, router)")
    says = "The public routes: requests, errors, waiting times, certificates, and the month's error budget."
    return board("http", "HTTP", says, _panels(), [router], deploys=True)


def _panels() -> list[Any]:
    return [*_state(), *_time()]


def _state() -> list[Any]:
    failed = f"sum(avg_over_time(router:traefik_errors:rate5m{OF}[7d]))"
    asked = f"sum(avg_over_time(router:traefik_requests:rate5m{OF}[7d]))"
    return [
        number(
            "Budget left",
            f"1 - {failed} / {asked} / {BUDGET}",
            "ratio",
            "Of the errors that the last 7 days may hold (0.1%), how many are left. Below zero: none.",
            below(0.25, 0),
            alert="ErrorBudgetBurnSlow",
            span=6,
        ),
        number(
            "Errors, last hour",
            f"max(router:traefik_errors:ratio_rate1h{OF})",
            "ratio",
            "Requests of the last hour that failed, at the worst route.",
            above(BUDGET, 14.4 * BUDGET),
            alert="ErrorBudgetBurn",
            span=6,
        ),
        number(
            "Routes", "min(probe_success)", "up", "Every route answers a visitor.", UP_DOWN, alert="SiteDown", span=6
        ),
        number(
            "Certificate",
            "min(probe_ssl_earliest_cert_expiry) - time()",
            "age",
            "Until the first certificate ends.",
            below(21 * 86400, 7 * 86400),
            alert="CertExpiresSoon",
            span=6,
        ),
    ]


def _time() -> list[Any]:
    buckets = 'traefik_router_request_duration_seconds_bucket{router=~"$router",protocol="http"}'
    slow = f"sum by (router, le) (rate({buckets}{RATE}))"
    return [
        graph(
            "Requests",
            {"{{router}}": f"sum by (router) (rate(traefik_router_requests_total{OF}{RATE}))"},
            "requests/s",
            "Requests a second to each route.",
        ),
        graph(
            "Answers",
            {"{{code}}": f"sum by (code) (rate(traefik_router_requests_total{OF}{RATE}))"},
            "requests/s",
            "Requests a second by the status of the answer. 5xx are errors of ours.",
        ),
        graph(
            "Errors",
            {"{{router}}": f"router:traefik_errors:ratio_rate5m{OF}"},
            "ratio",
            "Part of the requests that failed, over five minutes.",
            above(BUDGET, 14.4 * BUDGET),
            alert="ErrorBudgetBurn",
        ),
        graph(
            "Waiting time",
            {"{{router}}": f"histogram_quantile(0.95, {slow})"},
            "seconds",
            "The time within which 95% of the requests are answered. Long polling is meant to take longer.",
            above(0.5, 1),
            alert="RouteSlow",
        ),
        rows(
            "As a visitor",
            "sort_desc(probe_duration_seconds)",
            "seconds",
            "How long each route takes from outside, with TLS.",
            ["instance", "service"],
            value="takes",
        ),
        graph(
            "Connections",
            {"{{entrypoint}}": "sum by (entrypoint) (traefik_open_connections)"},
            "number",
            "Open connections by entry point.",
        ),
    ]
