"""What Prometheus's prober has seen of certificates, by domain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from console.prometheus import Line, Prometheus

DAY = 86_400
# The alerts' own bounds, CertExpiresSoon and CertExpiresVerySoon; tests/unit/test_console_series.py compares.
SOON, VERY_SOON = 21 * DAY, 7 * DAY

# 0 for a route that showed no valid certificate, as one that does not answer.
EXPRESSION = 'probe_ssl_earliest_cert_expiry{job="blackbox-https"} or 0 * probe_success{job="blackbox-https"}'


class CertificateService:
    """The certificates that visitors are shown."""

    def __init__(self, prometheus: Prometheus) -> None:
        self._prometheus = prometheus

    async def show(self, now: float) -> list[dict[str, Any]]:
        """A certificate of each domain, the one that ends first at the top. Raises UnavailableError."""
        domains: dict[str, list[Line]] = {}
        for line in await self._prometheus.now(EXPRESSION):
            domains.setdefault(urlsplit(line.labels.get("instance", "")).netloc, []).append(line)
        found = {domain: (_end(lines), lines) for domain, lines in domains.items()}
        order = sorted(found, key=lambda domain: (found[domain][0] or 0, domain))
        return [_shown(domain, *found[domain], now) for domain in order]


def state_of(end: float | None, now: float) -> str:
    """``unknown`` (none was seen), ``very-soon``, ``soon`` to end, or ``good``."""
    if end is None:
        return "unknown"
    left = end - now
    return "very-soon" if left < VERY_SOON else "soon" if left < SOON else "good"


def _end(lines: Iterable[Line]) -> float | None:
    ends = [value for line in lines for _, value in line.values]
    return min((end for end in ends if end > 0), default=None)


def _shown(domain: str, end: float | None, lines: Iterable[Line], now: float) -> dict[str, Any]:
    routes = sorted((line.labels.get("instance", ""), line.labels.get("service")) for line in lines)
    return {
        "domain": domain,
        "state": state_of(end, now),
        "expires_at": None if end is None else datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "routes": [{"url": url, "service": service} for url, service in routes],
    }
