"""Whatever breaks a backup is reported as a failure within the run, alerts, and does not hinder the next one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import testinfra
from testinfra.host import Host

Alerts = Callable[[], list[dict[str, Any]]]
RESTIC = "RESTIC_PASSWORD_FILE=/etc/skerry/credentials/backup-password restic --repo /var/backups/skerry"

testinfra_hosts = ["ansible://managers"]


@pytest.fixture(scope="module")
def s3(vps: Host) -> Host:
    """The machine with the S3 endpoint."""
    return testinfra.get_host(f"docker://{vps.backend.name}-s3")


@pytest.fixture
def _clean_afterwards(good: Callable[[str], str]) -> Iterator[None]:
    """Whatever a test broke, the next run must be good without anybody's help; for those that make none themselves."""
    yield
    good("run")


def test_off_site_is_cut_off(
    vps: Host, s3: Host, backup: Any, alerts: Alerts, good: Callable[[str], str], manifest: Any
) -> None:
    """Success would be told though the only copy is on the machine; or the other target would miss it too."""
    s3.check_output("systemctl stop s3")
    done = backup("run")
    s3.check_output("systemctl start s3")
    assert done.rc == 1
    assert "✗ s3" in done.stdout
    assert "✓ rest" in done.stdout
    assert {failure["target"] for alert in alerts() for failure in alert["failures"]} == {"s3"}
    metrics = vps.check_output("cat /var/lib/skerry/metrics/backup.prom")
    assert 'skerry_backup_last_run_success{scope="run",target="s3"} 0' in metrics
    assert 'skerry_backup_last_run_success{scope="run",target="rest"} 1' in metrics
    missed = manifest()["run"]
    good("run")
    assert missed in good("list --from s3"), "what the target missed was not made up for"


@pytest.mark.usefixtures("_clean_afterwards")
def test_the_password_is_another_one(vps: Host, backup: Any, alerts: Alerts) -> None:
    """A run would make a second repository, or call itself a success."""
    file = "/etc/skerry/credentials/backup-password"
    vps.check_output(f"cp -p {file} /root/kept && echo wrong-password-000 > {file}")
    done = backup("run")
    vps.check_output(f"mv /root/kept {file}")
    assert done.rc == 1
    assert "the password is wrong" in done.stdout
    assert alerts()


@pytest.mark.usefixtures("_clean_afterwards")
@pytest.mark.parametrize("victim", ["restic", "mariadb-dump"])
def test_a_part_is_killed(
    vps: Host, sql: Callable[..., str], alerts: Alerts, victim: str, wait: Callable[[str], None]
) -> None:
    """Half a dump would be saved as a whole one."""
    sql("CREATE OR REPLACE TABLE bulk AS SELECT seq, REPEAT(MD5(RAND()), 30) AS t FROM seq_1_to_200000")
    snapshots = f"{RESTIC} snapshots --json --tag database=shop"
    before = len(json.loads(vps.check_output(snapshots)))
    vps.check_output("systemctl start --no-block skerry-backup@run.service")
    wait("pgrep -x mariadb-dump")
    vps.check_output(f"pkill -KILL -x {victim}")
    wait("systemctl is-failed --quiet skerry-backup@run.service")
    sql("DROP TABLE bulk")
    wait("test -s /var/log/alerts")
    assert any("database:shop" in json.dumps(alert) for alert in alerts())
    assert len(json.loads(vps.check_output(snapshots))) == before, "a snapshot of half a dump was kept"
    assert vps.check_output(f"{RESTIC} list locks --no-lock") == ""


@pytest.mark.usefixtures("_clean_afterwards")
def test_the_whole_job_is_killed(
    vps: Host, sql: Callable[..., str], alerts: Alerts, wait: Callable[[str], None]
) -> None:
    """Nobody would be told, and the lock would stop every later run."""
    sql("CREATE OR REPLACE TABLE bulk AS SELECT seq, REPEAT(MD5(RAND()), 30) AS t FROM seq_1_to_200000")
    vps.check_output("systemctl start --no-block skerry-backup@run.service")
    wait("pgrep -x mariadb-dump")
    vps.check_output("systemctl kill --signal=KILL skerry-backup@run.service")
    sql("DROP TABLE bulk")
    wait("grep -q skerry-backup@ /var/log/alerts")
    assert [alert for alert in alerts() if alert["kind"] == "job"]


@pytest.mark.usefixtures("_clean_afterwards")
def test_the_disk_is_full(vps: Host, backup: Any, alerts: Alerts, sql: Callable[..., str]) -> None:
    """The run would end as if it were well, or leave a repository that nothing can be added to."""
    vps.check_output("mv /var/backups/skerry /var/backups/kept && mkdir /var/backups/skerry")
    vps.check_output("mount -t tmpfs -o size=8m tmpfs /var/backups/skerry")
    try:
        # Random all through, for restic compresses.
        sql("CREATE OR REPLACE TABLE bulk AS SELECT seq, HEX(RANDOM_BYTES(500)) AS t FROM seq_1_to_30000")
        done = backup("run")
        sql("DROP TABLE bulk")
    finally:
        vps.check_output("umount /var/backups/skerry && rmdir /var/backups/skerry")
        vps.check_output("mv /var/backups/kept /var/backups/skerry")
    assert done.rc == 1
    assert "no space left" in done.stdout
    assert alerts()


def test_most_of_the_rows_are_gone(vps: Host, backup: Any, good: Callable[[str], str], sql: Callable[..., str]) -> None:
    """An empty database would push the good backups out, night by night."""
    sql("CREATE OR REPLACE TABLE bulk AS SELECT seq FROM seq_1_to_1000")
    good("run")
    sql("DROP TABLE bulk")
    done = backup("run")
    assert done.rc == 1
    assert "run `skerry-backup run --accept-shrunken`" in done.stdout
    metric = "grep -c shrunken:shop /var/lib/skerry/metrics/backup.prom || true"
    assert vps.check_output(metric) == "1"
    good("run --accept-shrunken")
    assert vps.check_output(metric) == "0", "the alert would never end"


@contextmanager
def rotten(host: Host, repository: str) -> Iterator[None]:
    """Damage each pack of a repository meanwhile."""
    packs = f"find {repository}/data -type f ! -name '*.kept'"
    host.check_output(
        f"for p in $({packs}); do cp $p $p.kept; printf XXXX | dd of=$p bs=1 seek=20 conv=notrunc status=none; done"
    )
    try:
        yield
    finally:
        host.check_output(f"for p in $({packs}); do if [ -e $p.kept ]; then mv $p.kept $p; fi; done")


@pytest.mark.usefixtures("_clean_afterwards")
def test_a_block_rots(s3: Host, backup: Any, alerts: Alerts) -> None:
    """The drill would prove a backup that cannot be read."""
    with rotten(s3, "/srv/s3/skerry-backups/vps"):
        done = backup("drill")
    assert done.rc == 1
    assert "ciphertext verification failed" in done.stdout
    assert any(alert["kind"] == "drill" for alert in alerts())


def test_the_manifest_disagrees(vps: Host, backup: Any, manifest: Any, good: Callable[[str], str]) -> None:
    """A dump that lost a row on its way would pass for the whole."""
    forged = manifest()
    forged["databases"]["shop"]["tables"]["orders"]["rows"] += 1
    tags = f"--tag run={forged['run']} --tag manifest"
    made = vps.run(
        f"echo %s | {RESTIC} backup --quiet --host vps --stdin --stdin-filename manifest.json {tags}",
        json.dumps(forged),
    )
    assert made.rc == 0, made.stderr
    done = backup("drill --from local")
    good("run")
    assert done.rc == 1
    assert "table orders has" in done.stdout
    assert f"the manifest says {forged['databases']['shop']['tables']['orders']['rows']}" in done.stdout


@pytest.mark.usefixtures("_clean_afterwards")
def test_a_restore_that_fails_leaves_what_there_was(
    vps: Host, backup: Any, good: Callable[[str], str], sql: Callable[..., str]
) -> None:
    """The cure would be worse than the illness."""
    good("run")
    sql("INSERT INTO orders (what) VALUES ('only here')")
    with rotten(vps, "/var/backups/skerry"):
        done = backup("restore --app shop")
    assert done.rc == 1
    assert sql("SELECT COUNT(*) FROM orders WHERE what = 'only here'") == "1"
