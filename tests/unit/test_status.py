"""What `make status` says of given facts."""

from __future__ import annotations

import sys

import pytest

from tools.workshop.settings import ROOT

sys.path.insert(0, str(ROOT / "roles/prometheus/templates/host/usr/local/lib/skerry"))

from skerry_status import screen
from skerry_status.facts import Facts, Sample
from skerry_status.screen import Line, age, lines

NOW = 1_800_000_000.0
DAY = 86400


def well() -> Facts:
    """Facts of a host where all is well."""
    return Facts(
        services=[("shop_web", "shop:1", 2, 2), ("mariadb_mariadb", "mariadb:11.8", 1, 1)],
        samples=[
            Sample("ALERTS", {"alertname": "Watchdog", "alertstate": "firing", "severity": "none"}, 1),
            Sample("ALERTS", {"alertname": "SiteDown", "alertstate": "pending", "severity": "critical"}, 1),
            Sample("node_filesystem_size_bytes", {"mountpoint": "/", "fstype": "ext4"}, 100e9),
            Sample("node_filesystem_avail_bytes", {"mountpoint": "/", "fstype": "ext4"}, 68e9),
            Sample("probe_ssl_earliest_cert_expiry", {"instance": "https://shop.test/ready"}, NOW + 60 * DAY),
            Sample("skerry_backup_last_success_timestamp_seconds", {"scope": "files", "target": "s3"}, NOW - 7200),
            Sample("skerry_backup_last_success_timestamp_seconds", {"scope": "binlog", "target": "s3"}, NOW - 60),
            # A check is of what was saved before.
            Sample("skerry_backup_last_success_timestamp_seconds", {"scope": "check", "target": "s3"}, NOW - 3 * DAY),
            Sample("skerry_restore_drill_last_success_timestamp_seconds", {"target": "s3"}, NOW - 2 * DAY),
            Sample("skerry_restore_drill_rto_seconds", {"target": "s3"}, 6.2),
        ],
        versions=["Docker 26.1.5"],
    )


@pytest.mark.parametrize(
    ("file", "bound"),
    [
        ("backup", f"> {screen.BACKUP_HOURS} * 3600"),
        ("backup", f"> {screen.DRILL_DAYS} * 86400"),
        ("edge", f"< {screen.CERTIFICATE_DAYS} * 86400"),
        ("host", f"< {1 - screen.DISK_PERCENT / 100:.2f}"),
    ],
)
def test_the_bounds_are_the_alerts_own(file: str, bound: str) -> None:
    """The screen would call well what an alert calls wrong."""
    assert bound in (ROOT / f"roles/prometheus/templates/host/etc/skerry/prometheus/rules/{file}.yml").read_text()


def test_all_is_well() -> None:
    """Every run would end with exit code 1, and nobody would look any more."""
    assert lines(well(), NOW) == [
        Line("services", "all 2 run"),
        Line("certificate", "shop.test: 60 days left"),
        Line("disk", "/: 32 % of 100 GB used"),
        Line("backup", "s3: 2 h ago"),
        Line("drill", "s3: proven 2 days ago, back in 6 s"),
        Line("alerts", "none fires"),
        Line("versions", "Docker 26.1.5", None),
    ]


@pytest.mark.parametrize(
    ("name", "labels", "value", "text"),
    [
        ("ALERTS", {"alertname": "MariaDBDown", "alertstate": "firing", "severity": "critical"}, 1, "MariaDBDown"),
        ("node_filesystem_avail_bytes", {"mountpoint": "/", "fstype": "ext4"}, 9e9, "/: 91 % of 100 GB used"),
        ("probe_ssl_earliest_cert_expiry", {"instance": "https://a.test/"}, NOW + 6 * DAY, "a.test: 6 days left"),
        ("skerry_backup_last_success_timestamp_seconds", {"scope": "redis", "target": "s3"}, NOW - 97200,
         "s3: 27 h ago"),
        ("skerry_restore_drill_last_success_timestamp_seconds", {"target": "s3"}, NOW - 9 * DAY,
         "s3: proven 9 days ago, back in 6 s"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(name: str, labels: dict[str, str], value: float, text: str) -> None:
    """The screen would say that all is well."""
    facts = well()
    same = [one for one in facts.samples if one.name == name and one.labels == labels]
    facts.samples = [one for one in facts.samples if one not in same] + [Sample(name, labels, value)]
    assert text in [line.text for line in lines(facts, NOW) if line.good is False]


def test_a_service_that_does_not_run_is_named_with_what_to_do() -> None:
    """One would have to know where to look."""
    facts = well()
    facts.services[0] = ("shop_web", "shop:1", 1, 2)
    wrong = [line.text for line in lines(facts, NOW) if line.good is False]
    assert wrong == ["shop_web: 1 of 2 run (shop:1); docker service ps --no-trunc shop_web"]


def test_silence_without_the_watchdog_is_no_good_sign() -> None:
    """Prometheus without rules would look like a host without problems."""
    facts = well()
    facts.samples = [one for one in facts.samples if one.labels.get("alertname") != "Watchdog"]
    assert [line.topic for line in lines(facts, NOW) if line.good is False] == ["alerts"]


def test_no_backup_is_wrong_and_no_drill_is_not_yet() -> None:
    """A new host has neither; the first must not wait."""
    facts = well()
    facts.samples = [one for one in facts.samples if not one.name.startswith("skerry_")]
    assert [(line.topic, line.good) for line in lines(facts, NOW)][3:5] == [("backup", False), ("drill", None)]


@pytest.mark.parametrize(("seconds", "text"), [(5, "5 s"), (300, "5 min"), (7200, "2 h"), (180000, "2 days")])
def test_ages_are_for_people(seconds: float, text: str) -> None:
    """93784 s says nothing to anybody."""
    assert age(seconds) == text
