"""How each test of a fault goes: broken, told, mended, told to be over."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.alerts.conftest import Sink

Until = Callable[..., Any]


def story(
    sink: Sink, until: Until, alert: str, words: tuple[str, ...], inject: Callable[[], Any], cure: Callable[[], Any]
) -> None:
    """Break something; assert that `alert` alone is told, with `words` (the subject first); mend it; await its end."""
    since = time.time()
    try:
        inject()
        until(lambda: alert in sink.told(since, "firing", alert), alert)
        (mail, *_) = until(lambda: sink.mails(since, words[0]), f"an e-mail «{words[0]}»")
    finally:
        cure()
    missing = [word for word in (*words, f"docs/runbooks/{alert}.md") if word not in mail["subject"] + mail["text"]]
    assert not missing, mail
    until(lambda: alert in sink.told(since, "resolved", alert), f"the end of {alert}")
    until(lambda: sink.mails(since, f"Resolved: {words[0].partition(': ')[2]}"), "the e-mail that it is over")
    assert sink.told(since, "firing", alert) == {alert}
