"""What a notification changes. Alertmanager repeats itself, and what it once told may be missing or come late.

Of one fingerprint at most one alert fires, the one that began last: an older one that still seems to fire has ended,
and news that it fires are late. One that was not told again for FORGOTTEN, while others were, has ended, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import itemgetter

from console.alerts.models import FIRING, RESOLVED, Alert
from console.alerts.schemas import ToldAlert, packed

FORGOTTEN = timedelta(days=3)  # three times the longest repeat_interval that role prometheus sets by default

_UNTOUCHED = {"acknowledged_at": None, "acknowledged_by": "", "note": "", "revision": 0}


def apply(known: Iterable[Alert], told: Iterable[ToldAlert], now: datetime) -> list[Alert]:
    """Change the known alerts as told; returns those that people see differently now, with new ones among them."""
    entries = {(alert.fingerprint, alert.starts_at): alert for alert in known}
    changed: dict[int, Alert] = {}
    last_words = {(news.fingerprint, news.began()): news for news in told}
    for key in sorted(last_words, key=itemgetter(1), reverse=True):
        news = last_words[key]
        of_these = [alert for alert in entries.values() if alert.fingerprint == news.fingerprint]
        if news.status == FIRING and any(alert.starts_at > key[1] for alert in of_these):
            continue
        for older in of_these:
            if older.status == FIRING and older.starts_at < key[1]:
                _see(older, {"status": RESOLVED, "ends_at": key[1]}, changed)
        entry = entries.setdefault(key, Alert(fingerprint=key[0], starts_at=key[1], **_UNTOUCHED))
        entry.told_at = now
        _see(
            entry,
            {
                "status": news.status,
                "ends_at": news.ended(now),
                "name": news.name,
                "severity": news.severity,
                "labels": packed(news.labels),
                "annotations": packed(news.annotations),
            },
            changed,
        )
    for alert in entries.values():
        if alert.status == FIRING and alert.told_at < now - FORGOTTEN:
            _see(alert, {"status": RESOLVED, "ends_at": now}, changed)
    return list(changed.values())


def _see(alert: Alert, values: dict[str, object], changed: dict[int, Alert]) -> None:
    if all(getattr(alert, name) == value for name, value in values.items()):
        return
    for name, value in values.items():
        setattr(alert, name, value)
    if id(alert) not in changed:
        alert.revision += 1
        changed[id(alert)] = alert
