"""Prometheus metrics of one process."""

from __future__ import annotations

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from starlette.responses import Response

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The process's registry and what it counts. Labels hold route templates, never paths."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Histogram(
            "http_request_duration_seconds",
            "Time from the first byte of a request to the last of its answer.",
            ("method", "route", "status"),
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.in_flight = Gauge("http_requests_in_flight", "Requests being answered now.", registry=self.registry)
        self.sign_ins = Counter("console_sign_ins", "Attempts to sign in.", ("result",), registry=self.registry)
        self.reports = Counter("console_platform_reports", "Snapshots taken from the reporter.", registry=self.registry)
        self.last_report = Gauge(
            "console_platform_last_report_timestamp_seconds",
            "When the last snapshot came, as Unix time; 0 when none came to this process.",
            registry=self.registry,
        )
        self.alerts = Counter("console_alerts_taken", "Notifications taken from Alertmanager.", registry=self.registry)
        self.sockets = Gauge("console_sockets", "Socket.IO clients connected now.", registry=self.registry)
        self.subscriptions = Gauge("console_subscriptions", "Topics that sockets read now.", registry=self.registry)
        self.topic_events = Counter("console_topic_events_sent", "Events sent to sockets.", registry=self.registry)
        self.lagging = Counter(
            "console_subscriptions_lagging",
            "Subscriptions that ended because their client confirmed nothing for too long.",
            registry=self.registry,
        )
        self.runner_connected = Gauge(
            "console_runner_connected", "Whether the runner is connected to this process.", registry=self.registry
        )
        self.job_events = Counter("console_job_events_taken", "Events taken from the runner.", registry=self.registry)
        self.audit_unwritten = Counter(
            "console_audit_unwritten",
            "Refused attempts that got no row of their own in the audit log: bounded, or the database failed.",
            ("reason",),
            registry=self.registry,
        )
        self.limiter_closed = Counter(
            "console_limiter_closed",
            "Requests refused because they may not go without a limit and Redis did not answer.",
            registry=self.registry,
        )
        self.limiter_fallbacks = Counter(
            "console_limiter_fallbacks",
            "Requests limited in the process because Redis did not answer.",
            registry=self.registry,
        )

    def response(self) -> Response:
        """What a scrape gets."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)
