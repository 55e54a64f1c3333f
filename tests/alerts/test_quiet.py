"""All is well and people use the platform: nobody is told anything.

By the quicker rules, ten minutes (`SKERRY_QUIET_MINUTES=10`) are an hour's worth of waiting times and windows.
"""

from __future__ import annotations

import os
import time

from tests.alerts import rules
from tests.alerts.conftest import Sink
from tests.faults.load import Load
from tests.local import Vps
from tests.prometheus import query

MINUTES = float(os.environ.get("SKERRY_QUIET_MINUTES", "1"))
FIRING = 'ALERTS{alertstate="firing"}'


def test_a_platform_that_is_well_says_nothing(vps: Vps, quiet: Sink) -> None:
    """The owner would learn to ignore messages, and then the one that counts."""
    since = time.time()
    with Load(vps.values["SKERRY_URL"], vps.values["SKERRY_CA_FILE"], address="127.0.0.1") as load:
        time.sleep(MINUTES * 60)
    assert load.failed == {}
    assert load.answers["200"] > MINUTES * 60
    fired = query(vps, f"count by (alertname) (count_over_time({FIRING}[{int(time.time() - since)}s]))")
    names = {one["metric"]["alertname"] for one in fired}
    assert names - set(rules.KEPT) == {"Watchdog"}
    assert quiet.told(since, "firing") == set()
    assert quiet.mails(since, "") == []
