"""What is saved, that it comes back, and to which moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

Manifest = Callable[[], dict[str, Any]]
TABLES = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'shop' ORDER BY 1"

testinfra_hosts = ["ansible://managers"]


def now(vps: Host) -> str:
    """Return the time in UTC, to the second."""
    return str(vps.check_output("date -u '+%F %T'"))


def test_the_role_starts_the_first_run(good: Callable[[str], str], manifest: Manifest) -> None:
    """A new host would have no backup until the night, and no shipment could follow it."""
    found = manifest()
    assert found["complete"], found
    for target in ("local", "s3", "rest"):
        assert f"{found['run']}" in good(f"list --from {target}")


def test_the_manifest_tells_what_there_is(manifest: Manifest) -> None:
    """A drill would prove nothing."""
    found = manifest()
    tables = found["databases"]["shop"]["tables"]
    assert {name: table["rows"] for name, table in tables.items()} == {"orders": 3, "parts": 2}
    assert found["redis"]["keys"] == 4
    assert found["files"]["files"] > 5
    assert any("shop_data" in path for path in found["files"]["paths"])
    assert found["versions"]["mariadb"].startswith("11.8")


@pytest.mark.parametrize("timer", ["run", "binlog", "drill", "check", "prune"])
def test_timers(vps: Host, timer: str) -> None:
    """Nothing would be saved until somebody thinks of it."""
    unit = vps.service(f"skerry-backup-{timer}.timer")
    assert (unit.is_enabled, unit.is_running) == (True, True)


def test_a_second_run_stores_what_changed(good: Callable[[str], str], manifest: Manifest, vps: Host) -> None:
    """Each night would cost the whole size again."""
    size = "du -s --block-size=1 /var/backups/skerry | cut -f 1"
    before, first = int(vps.check_output(size)), manifest()["run"]
    good("run")
    assert manifest()["run"] > first
    assert int(vps.check_output(size)) - before < before / 2


def test_the_apps_come_first(vps: Host) -> None:
    """Every request would wait while a backup is made, by the timer or by hand."""
    unified = vps.run("test -e /sys/fs/cgroup/cgroup.controllers").rc == 0
    show = "systemctl show --value skerry-backup@run.service --property="
    assert vps.check_output(f"{show}Nice") == "10"
    # With a weight on control groups of the old kind, the engine's own would be emptied afterwards.
    assert vps.check_output(f"{show}CPUWeight") == ("20" if unified else "[not set]")
    by_hand = "skerry-backup run >/dev/null & sleep 1; ps -o ni= $(pgrep -f -x 'python3 -B -m skerry_backup run'); wait"
    assert vps.check_output(by_hand).strip() == "10"


def test_everything_of_an_app_comes_back(
    vps: Host,
    good: Callable[[str], str],
    sql: Callable[..., str],
    redis: Callable[[str], str],
    upload: Callable[[str], str],
) -> None:
    """This is what all of it is for."""
    good("run")
    before = sql("SELECT id, what, HEX(data), made FROM orders ORDER BY id"), sql(TABLES)
    sql("DROP TABLE parts; DELETE FROM orders WHERE id = 2; DROP VIEW big; DROP PROCEDURE add_order")
    redis("del shop:cart shop:user")
    redis("set shop:new-since yes")
    redis("set other:key changed-since")
    upload("rm upload.txt; echo x > new.txt")
    said = good("restore --app shop")
    assert (sql("SELECT id, what, HEX(data), made FROM orders ORDER BY id"), sql(TABLES)) == before
    assert sql("INSERT INTO parts VALUES (1, 'UPPER'); SELECT name FROM parts WHERE name LIKE 'u%'") == "upper"
    assert sql("CALL add_order('by procedure'); SELECT COUNT(*) FROM big") == "3"
    assert (redis("get shop:cart"), redis("hget shop:user name")) == ("full", "Ann")
    assert 0 < int(redis("ttl shop:short-lived")) <= 100000
    assert redis("exists shop:new-since") == "0"
    assert redis("get other:key") == "changed-since", "another app's keys were touched"
    assert upload("cat upload.txt; ls") == "precious\nupload.txt"
    assert "present state is saved first" in said
    assert vps.check_output("docker service ls --filter name=shop_web --format '{{.Replicas}}'") == "1/1"


def test_a_point_in_time(good: Callable[[str], str], sql: Callable[..., str], vps: Host) -> None:
    """DROP TABLE would cost everything since the last run."""
    sql("CREATE TABLE ledger (id INT PRIMARY KEY)")
    good("run")
    sql("INSERT INTO ledger VALUES (1), (2)")
    sql("INSERT INTO ledger VALUES (3)")
    time.sleep(2)
    moment = now(vps)
    time.sleep(2)
    sql("DROP TABLE ledger; INSERT INTO orders (what) VALUES ('after the accident')")
    good("binlog")
    later = sql("SELECT COUNT(*) FROM orders")
    good(f"restore --app shop --to '{moment}' --as look")
    assert sql("SELECT GROUP_CONCAT(id) FROM ledger", "look") == "1,2,3"
    assert sql("SELECT COUNT(*) FROM orders") == later, "restoring beside touched what is in use"
    good(f"restore --app shop --to '{moment}' --from s3")
    assert sql("SELECT GROUP_CONCAT(id) FROM ledger") == "1,2,3"
    assert sql("SELECT COUNT(*) FROM orders WHERE what = 'after the accident'") == "0"
    assert vps.run("skerry-backup restore --app shop --as look").rc == 1, "a database was overwritten"
    sql("DROP DATABASE look")


def test_the_drill_proves_it(good: Callable[[str], str], vps: Host) -> None:
    """Nobody would know whether the backup can be restored until it has to be."""
    said = good("drill")
    assert "proven: run" in said
    evidence = vps.check_output("cat $(ls /var/lib/skerry/backup/evidence/*.json | tail -n 1)")
    assert '"good": true' in evidence
    metrics = vps.check_output("cat /var/lib/skerry/metrics/backup.prom")
    for name in ("last_success_timestamp", "rto", "rpo"):
        assert f'skerry_restore_drill_{name}_seconds{{target="s3"}}' in metrics
    assert vps.check_output("docker ps --all --quiet --filter name=skerry-drill") == "", "the drill left its server"


def test_retention(good: Callable[[str], str], backup: Any, vps: Host) -> None:
    """The disk would fill up; and an append-only place must say that it kept everything."""
    runs = "skerry-backup list | grep -c complete"
    before = int(vps.check_output(runs))
    vps.check_output('sed -i \'s/"last": 3/"last": 2/; s/"daily": 7/"daily": 1/\' /etc/skerry/backup.json')
    good("prune")
    assert int(vps.check_output(runs)) < before
    good("check")
    good("drill --from local")
    refused = backup("prune --from rest")
    assert refused.rc == 1
    assert "only lets things be added" in refused.stderr


def test_no_secret_shows(leaks: Callable[[list[str]], list[str]], good: Callable[[str], str]) -> None:
    """Who may look at the host could read every backup."""
    good("run")
    assert leaks(["canary-backup-0123456789abcdef", "canary-s3-key-7c21f4a9", "canary-redis-admin-0123456789"]) == []
