"""Notifications in any order, repeated, late or missing: what is known of alerts stays true to itself."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from console.alerts.history import apply
from console.alerts.models import FIRING, RESOLVED, Alert
from console.alerts.schemas import ToldAlert

START = datetime(2026, 1, 1, tzinfo=UTC)
SEEN = ("status", "ends_at", "name", "severity", "labels", "annotations")


def minute(number: int) -> datetime:
    return START + timedelta(minutes=number)


def news(began: int, ended: int | None = None, fingerprint: str = "0" * 16, summary: str = "") -> ToldAlert:
    return ToldAlert.model_validate(
        {
            "status": "firing" if ended is None else "resolved",
            "fingerprint": fingerprint,
            "labels": {},
            "annotations": {"summary": summary},
            "startsAt": minute(began),
            "endsAt": None if ended is None else minute(ended),
        }
    )


NEWS = st.builds(
    news,
    began=st.integers(0, 4),
    ended=st.none() | st.integers(0, 6),
    fingerprint=st.sampled_from(["0" * 16, "1" * 16]),
    summary=st.sampled_from(["a", "b"]),
)
NOTIFICATIONS = st.lists(st.lists(NEWS, max_size=4), max_size=8)


class History:
    """What a database would keep."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    def take(self, told: list[ToldAlert], now: int = 99) -> list[Alert]:
        changed = apply(self.alerts, told, minute(now))
        self.alerts += [alert for alert in changed if alert not in self.alerts]
        return changed

    def seen(self) -> list[tuple[object, ...]]:
        return [tuple(getattr(alert, name) for name in SEEN) for alert in self.alerts]


@settings(max_examples=300, deadline=None, database=None)
@given(NOTIFICATIONS)
def test_whatever_is_told(notifications: list[list[ToldAlert]]) -> None:
    """If this failed, one thing could fire twice at once, a repeat could count as news, or news could get lost."""
    history = History()
    for told in notifications:
        before = {id(alert): (alert.revision, seen) for alert, seen in zip(history.alerts, history.seen(), strict=True)}
        changed = history.take(told)
        for alert, seen in zip(history.alerts, history.seen(), strict=True):
            revision, unchanged = before.get(id(alert), (0, None))
            assert (alert in changed) == (seen != unchanged) == (alert.revision == revision + 1)
        assert max(Counter((alert.fingerprint, alert.starts_at) for alert in history.alerts).values(), default=1) == 1
        firing = [alert for alert in history.alerts if alert.status == FIRING]
        assert max(Counter(alert.fingerprint for alert in firing).values(), default=1) == 1
        assert all((alert.status == FIRING) == (alert.ends_at is None) for alert in history.alerts)
        assert all(alert.ends_at is None or alert.ends_at >= alert.starts_at for alert in history.alerts)
        state = history.seen()
        assert history.take(told) == []
        assert history.seen() == state


def test_an_end_that_was_missed() -> None:
    """If this failed, an alert whose end got lost would be shown as firing for ever."""
    history = History()
    history.take([news(1)])
    history.take([news(3)])
    assert [(alert.status, alert.ends_at) for alert in history.alerts] == [(RESOLVED, minute(3)), (FIRING, None)]


def test_news_that_come_late() -> None:
    """If this failed, an alert that was over would fire again because a request took long."""
    history = History()
    history.take([news(1)])
    history.take([news(3, ended=4)])
    assert history.take([news(1)]) == []
    assert [alert.status for alert in history.alerts] == [RESOLVED, RESOLVED]


def test_firing_again_without_a_new_beginning() -> None:
    """If this failed, what Alertmanager only took for over, because Prometheus was away, would be shown as over."""
    history = History()
    for told in (news(1), news(1, ended=2), news(1)):
        history.take([told])
    assert [(alert.status, alert.ends_at, alert.revision) for alert in history.alerts] == [(FIRING, None, 3)]


def test_an_end_that_makes_no_sense() -> None:
    """If this failed, an alert could be over before it began, or never be removed."""
    history, nowhere = History(), datetime(9999, 12, 31, tzinfo=UTC)
    told = news(5, ended=3)
    history.take([told])
    history.take([told.model_copy(update={"fingerprint": "1" * 16, "ends_at": nowhere})], now=7)
    assert [alert.ends_at for alert in history.alerts] == [minute(5), minute(7)]


def test_what_is_not_told_any_more() -> None:
    """If this failed, an alert that Alertmanager has lost would be shown as firing for ever."""
    history, day = History(), 24 * 60
    history.take([news(0), news(0, fingerprint="1" * 16)], now=0)
    history.take([news(0)], now=2 * day)
    assert history.take([news(0)], now=3 * day) == []
    history.take([], now=3 * day + 1)
    assert [(alert.status, alert.ends_at) for alert in history.alerts] == [
        (FIRING, None),
        (RESOLVED, minute(3 * day + 1)),
    ]
    assert [alert.status for alert in history.take([news(0, fingerprint="1" * 16)], now=4 * day)] == [FIRING]
