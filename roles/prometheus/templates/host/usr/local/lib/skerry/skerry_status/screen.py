"""Facts as lines, each with a verdict. Pure: the time comes from the caller."""

from __future__ import annotations

from dataclasses import dataclass

from .facts import Facts, Sample

DAY = 86400
# The alerts' own bounds: roles/prometheus/templates/host/etc/skerry/prometheus/rules/.
CERTIFICATE_DAYS, DISK_PERCENT, BACKUP_HOURS, DRILL_DAYS = 7, 90, 26, 8


@dataclass(frozen=True)
class Line:
    """One line: `good` is None where there is nothing to judge."""

    topic: str
    text: str
    good: bool | None = True


def lines(facts: Facts, now: float) -> list[Line]:
    """Return the screen's lines, in the order in which they are shown."""
    found = _services(facts)
    if facts.samples:
        found += [*_certificates(facts, now), *_disks(facts), *_backups(facts, now), *_drills(facts, now)]
        found += _alerts(facts)
    found += [Line("problem", text, False) for text in facts.problems]
    return [*found, Line("versions", "; ".join(facts.versions), None)]


def _services(facts: Facts) -> list[Line]:
    if not facts.services:
        return []
    bad = [one for one in facts.services if one[2] < one[3]]
    count = len(facts.services)
    if not bad:
        return [Line("services", f"all {count} run")]
    return [
        Line("services", f"{name}: {running} of {wanted} run ({image}); docker service ps --no-trunc {name}", False)
        for name, image, running, wanted in bad
    ]


def _certificates(facts: Facts, now: float) -> list[Line]:
    found: dict[str, float] = {}
    for one in facts.of("probe_ssl_earliest_cert_expiry"):
        host = one.labels["instance"].removeprefix("https://").partition("/")[0]
        found[host] = min(found.get(host, one.value), one.value)
    return [
        Line("certificate", f"{host}: {(end - now) / DAY:.0f} days left", end - now > CERTIFICATE_DAYS * DAY)
        for host, end in sorted(found.items())
    ]


def _disks(facts: Facts) -> list[Line]:
    sizes = {one.labels["mountpoint"]: one for one in facts.of("node_filesystem_size_bytes") if _disk(one)}
    found = []
    for one in sorted(facts.of("node_filesystem_avail_bytes"), key=lambda one: one.labels["mountpoint"]):
        whole = sizes.get(one.labels["mountpoint"])
        if _disk(one) and whole and whole.value:
            used = 100 * (1 - one.value / whole.value)
            text = f"{one.labels['mountpoint']}: {used:.0f} % of {whole.value / 1e9:.0f} GB used"
            found.append(Line("disk", text, used < DISK_PERCENT))
    return found


def _disk(one: Sample) -> bool:
    return not one.labels.get("fstype", "").startswith(("tmpfs", "ramfs", "squashfs", "fuse"))


def _backups(facts: Facts, now: float) -> list[Line]:
    found: dict[str, float] = {}
    for one in facts.of("skerry_backup_last_success_timestamp_seconds"):
        target = one.labels["target"]
        # What was saved longest ago is what a return would lack.
        if one.labels["scope"] not in ("check", "binlog"):
            found[target] = min(found.get(target, one.value), one.value)
    if not found:
        return [Line("backup", "none yet: make backup", False)]
    return [
        Line("backup", f"{target}: {age(now - at)} ago", now - at < BACKUP_HOURS * 3600)
        for target, at in sorted(found.items())
    ]


def _drills(facts: Facts, now: float) -> list[Line]:
    took = {one.labels["target"]: one.value for one in facts.of("skerry_restore_drill_rto_seconds")}
    found = [
        Line(
            "drill", f"{target}: proven {age(now - one.value)} ago, back in {took.get(target, 0):.0f} s",
            now - one.value < DRILL_DAYS * DAY,
        )
        for one in facts.of("skerry_restore_drill_last_success_timestamp_seconds")
        if (target := one.labels["target"])
    ]  # fmt: skip
    # A new host's first drill may be a week away; its alert waits for that too.
    return found or [Line("drill", "none yet: make drill", None)]


def _alerts(facts: Facts) -> list[Line]:
    firing = [one for one in facts.of("ALERTS") if one.labels.get("alertstate") == "firing"]
    heard = [one for one in firing if one.labels.get("severity") in ("critical", "warning")]
    if not heard:
        # Without the Watchdog, silence would say nothing.
        watched = any(one.labels["alertname"] == "Watchdog" for one in firing)
        text = "none fires" if watched else "the Watchdog does not fire: no rule is evaluated"
        return [Line("alerts", text, watched)]
    return [Line("alert", _name(one.labels), False) for one in heard]


def _name(labels: dict[str, str]) -> str:
    """Return an alert's name, and what it is about."""
    hidden = {"alertname", "alertstate", "severity"}
    return " ".join([labels["alertname"], *(f"{key}={value}" for key, value in labels.items() if key not in hidden)])


def age(seconds: float) -> str:
    """Return a duration for people, in its largest whole unit."""
    for unit, length in (("days", DAY), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"
