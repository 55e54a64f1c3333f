"""A clock that is wrong."""

from __future__ import annotations

from tests.alerts.conftest import Sink
from tests.alerts.story import Until, story
from tests.local import Vps

# A container has its machine's clock, so only the collector is told another time: what it compares is the same.
UNIT = "/run/systemd/system/skerry-collector.service.d"
RESTART = "systemctl daemon-reload && systemctl restart skerry-collector"
INJECT = f"""
DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends libfaketime >/dev/null
mkdir -p {UNIT}
library=$(dpkg -L libfaketime | grep 'libfaketime.so.1$')
printf '[Service]\\nEnvironment=FAKETIME=+60s LD_PRELOAD=%s\\n' "$library" > {UNIT}/fake.conf
{RESTART}
"""


def test_a_minute_off(vps: Vps, quiet: Sink, until: Until) -> None:
    """Sign-in tokens would be refused, and every certificate and backup would carry the wrong time."""
    words = ("CRITICAL: The clock is wrong", "at most 5 s is allowed")
    story(
        quiet, until, "HostClockOff", words,
        lambda: vps.out(INJECT, timeout=300), lambda: vps.out(f"rm -r {UNIT} && {RESTART}"),
    )  # fmt: skip
