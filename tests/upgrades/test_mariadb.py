"""The database is upgraded while somebody writes numbered rows: to a version that works, and to one that does not."""

from __future__ import annotations

import time

from tests.database import sql
from tests.upgrades.conftest import MARIADB, TRAEFIK, Platform, said
from tests.writer import RATE, Writer

SERVICE = "mariadb_mariadb"
SETTLE = 10  # seconds of writing before and after


def lost(platform: Platform, writer: Writer) -> set[int]:
    """Return the rows that were acknowledged and are not there."""
    there = {int(line) for line in platform.vps.out(sql("SELECT id FROM acked")).split()}
    return {number for number, _ in writer.seen} - there


def test_an_upgrade_loses_no_acknowledged_row(platform: Platform) -> None:
    """What an app was told is safe would be gone after an upgrade, or the upgrade would not come with a backup."""
    image = platform.push(MARIADB, "next")
    before = platform.vps.out("skerry-backup list | wc -l")
    writer = Writer(platform.vps)
    time.sleep(SETTLE)
    run = platform.upgrade(mariadb_image=image, upgrade_backup=True)
    ended = time.time()
    time.sleep(SETTLE)
    writer.stop()
    assert run.code == 0, run.output[-3000:]
    assert "Upgraded: mariadb." in said(run)
    assert platform.running(SERVICE) == image
    after = [number for number, at in writer.seen if at > ended]
    print(f"{len(writer.seen)} rows were acknowledged, {len(after)} of them after the upgrade")
    assert len(after) > RATE / 4 * SETTLE, "the writer hardly wrote"
    assert lost(platform, writer) == set()
    assert platform.vps.out("skerry-backup list | wc -l") > before


def test_a_version_that_does_not_come_up_is_reverted(platform: Platform) -> None:
    """A broken version would leave the platform without its database, or take rows with it."""
    was = platform.running(SERVICE)
    image = platform.push(MARIADB, "crashes")
    writer = Writer(platform.vps)
    time.sleep(SETTLE)
    run = platform.upgrade(mariadb_image=image, traefik_image=platform.push(TRAEFIK, "next"))
    ended = time.time()
    time.sleep(SETTLE)
    writer.stop()
    assert run.code != 0
    for words in (
        "Stack mariadb: rolled back.",
        "boom: the version is broken",
        "The upgrade ended at mariadb. Upgraded before: nothing.",
        "Not begun: traefik.",
    ):
        assert words in said(run), run.output[-4000:]
    assert platform.running(SERVICE) == was
    assert [number for number, at in writer.seen if at > ended]
    assert lost(platform, writer) == set()
