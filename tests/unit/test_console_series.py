"""What the console asks Prometheus, held against what the exporters and rules of role prometheus give."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest
import yaml

from tests.dashboards.queries import KNOWN, metrics
from tools.workshop.settings import ROOT

sys.path.insert(0, str(ROOT / "app/src"))

from console.certificates.service import DAY, EXPRESSION, SOON, VERY_SOON
from console.series.catalogue import SERIES

RULES = ROOT / "roles/prometheus/templates/host/etc/skerry/prometheus/rules"
ASKED: dict[str, str] = {**{name: series.over(30) for name, series in SERIES.items()}, "certificates": EXPRESSION}


def alert(file: str, name: str) -> str:
    """Return the expression of an alert."""
    rules: list[dict[str, Any]] = yaml.safe_load((RULES / f"{file}.yml").read_text())["groups"][0]["rules"]
    return next(rule["expr"] for rule in rules if rule.get("alert") == name)


@pytest.mark.parametrize("name", ASKED)
def test_each_goes_by_metrics_that_are_there(name: str) -> None:
    """The graph would be empty for ever: a name is misspelt, or a rule was renamed."""
    asked = metrics(ASKED[name])
    assert asked
    assert asked - KNOWN == set()


@pytest.mark.parametrize(("name", "bound"), [("CertExpiresSoon", SOON), ("CertExpiresVerySoon", VERY_SOON)])
def test_a_certificate_is_judged_as_its_alert_does(name: str, bound: int) -> None:
    """The page would be calm while the alert cries, or the other way round."""
    (days,) = re.findall(r"< (\d+) \* 86400", alert("edge", name))
    assert int(days) * DAY == bound


def test_the_disks_are_those_that_the_alert_looks_at() -> None:
    """The fullest disk of the page would be one that nobody watches, or lack one that somebody does."""
    (kinds,) = re.findall(r'fstype!~"[^"]+"', alert("host", "HostDiskAlmostFull"))
    assert kinds in SERIES["host-disk"].expression
