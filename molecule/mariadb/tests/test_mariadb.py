"""What apps, strangers and the exporter get from the server, and what it is set to."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

import pytest
from testinfra.backend.base import CommandResult
from testinfra.host import Host

SERVICE = "mariadb_mariadb"
Query = Callable[..., CommandResult]


@pytest.fixture(scope="module", autouse=True)
def tables(query: Query) -> None:
    """Make a table for each app, as the app itself."""
    for user, table in (("console", "console.notes"), ("my-shop", "my_shop.notes")):
        made = query(user, f"CREATE OR REPLACE TABLE {table} (id INT PRIMARY KEY)")
        assert made.succeeded, made.stderr


def test_an_app_can_work(query: Query) -> None:
    """The app's account could not keep data, or change its schema in a migration."""
    sql = (
        "USE console; CREATE TABLE t (a INT) ENGINE=InnoDB; ALTER TABLE t ADD b TEXT; CREATE INDEX i ON t (a);"
        "INSERT INTO t VALUES (1, 'å'); UPDATE t SET a = 2; SELECT a, b FROM t; DELETE FROM t; DROP TABLE t"
    )
    assert query("console", sql).stdout == "2\tå\n"


@pytest.mark.parametrize(("user", "own"), [("console", "console"), ("my-shop", "my_shop")])
def test_an_app_sees_its_own_database_only(query: Query, user: str, own: str) -> None:
    """An app would learn of, or read, the data of another."""
    assert query(user, "SHOW DATABASES").stdout.split() == sorted([own, "information_schema"])


@pytest.mark.parametrize(
    ("user", "sql"),
    [
        ("console", "SELECT * FROM my_shop.notes"),
        ("console", "DROP DATABASE my_shop"),
        ("console", "SELECT * FROM mysql.global_priv"),
        ("console", "CREATE DATABASE more"),
        ("console", "CREATE USER more"),
        ("console", "GRANT SELECT ON console.* TO `my-shop`"),
        ("console", "SET GLOBAL max_connections = 1"),
        ("console", "SELECT 1 INTO OUTFILE '/tmp/x'"),
        ("console", "SHUTDOWN"),
        ("my-shop", "CREATE DATABASE myXshop"),
        ("exporter", "SELECT * FROM console.notes"),
        ("exporter", "SELECT * FROM mysql.global_priv"),
        ("exporter", "SHUTDOWN"),
    ],
)
def test_what_is_not_ones_own_is_refused(query: Query, user: str, sql: str) -> None:
    """An app, or whoever took it over, could harm the others or the server."""
    answer = query(user, sql)
    assert answer.failed
    assert "denied" in answer.stderr


def test_an_app_cannot_read_the_servers_files(query: Query) -> None:
    """An injected statement could fetch root's password."""
    assert query("console", "SELECT LOAD_FILE('/run/secrets/root_password')").stdout == "NULL\n"


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("", ""),
        ("console", ""),
        ("console", "canary-Shop-4x9y2z63"),
        ("root", ""),
        ("root", "canary-Root-8f2d6a13"),
        ("healthcheck", ""),
    ],
)
def test_a_stranger_is_refused(query: Query, user: str, password: str) -> None:
    """Whoever reaches the network could sign in without an account of his own, or as root."""
    answer = query(user, "SELECT 1", password)
    assert "Access denied" in answer.stderr


def test_root_needs_no_password_and_no_other_user_is_root(vps: Host, task: Callable[..., str]) -> None:
    """The operator could not get in, or a process of the server's own user could."""
    server = task(SERVICE)
    client = "mariadb --user=root --batch --skip-column-names --execute='SELECT CURRENT_USER()'"
    assert vps.check_output(f"docker exec --user 0 {server} {client}") == "root@localhost"
    with_password = f"MYSQL_PWD=$(cat /run/secrets/root_password) exec {client}"
    assert "Access denied" in vps.run(f"docker exec {server} sh -c %s", with_password).stderr


def test_the_exporter_reports_a_server_that_is_up(vps: Host) -> None:
    """Monitoring would be blind."""
    fetch = "docker run --rm --network monitoring --entrypoint wget prom/mysqld-exporter:v0.17.2 -qO-"
    metrics = vps.check_output(f"{fetch} http://mariadb-exporter:9104/metrics").splitlines()
    assert "mysql_up 1" in metrics
    collectors = [line for line in metrics if line.startswith("mysql_exporter_collector_success{")]
    assert collectors
    assert not [line for line in collectors if not line.endswith(" 1")]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("innodb_buffer_pool_size", 56 * 1024**2),
        ("max_connections", 40),
        ("performance_schema", 0),
        ("innodb_flush_log_at_trx_commit", 1),
        ("sync_binlog", 1),
        ("log_bin", 1),
        ("binlog_format", "ROW"),
        ("binlog_expire_logs_seconds", 259200),
        ("max_binlog_total_size", 4 * 1024**3),
        ("character_set_server", "utf8mb4"),
        ("local_infile", 0),
        ("tmpdir", "/tmp"),
        ("wait_timeout", 1200),
    ],
)
def test_a_setting_is_in_force(as_root: Callable[[str], str], setting: str, value: object) -> None:
    """The server would run with defaults: slow, too large for the host, or losing commits."""
    assert as_root(f"SELECT @@{setting}") == str(value)


def test_the_container_is_confined(vps: Host, task: Callable[..., str]) -> None:
    """A server that was taken over could fill the memory, or write where it should not."""
    (state,) = json.loads(vps.check_output(f"docker inspect {task(SERVICE)}"))
    confined = state["HostConfig"]
    assert (confined["Memory"], confined["ReadonlyRootfs"], confined["CapDrop"]) == (192 * 1024**2, True, ["ALL"])
    assert (state["Config"]["User"], confined["PidsLimit"]) == ("999:999", 1024)


@pytest.mark.parametrize("port", [3306, 9104])
def test_nothing_is_reachable_from_outside(address: str, port: int) -> None:
    """The whole internet could try passwords."""
    with socket.socket() as caller:
        caller.settimeout(3)
        assert caller.connect_ex((address, port)) != 0


def test_no_secret_shows(leaks: Callable[..., list[str]], passwords: dict[str, str]) -> None:
    """Anyone who may look at the host would learn a password."""
    assert leaks(["innodb_buffer_pool_size"]), "the search finds nothing at all"
    assert leaks(passwords.values()) == []
