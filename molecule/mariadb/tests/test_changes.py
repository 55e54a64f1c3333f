"""What happens when variables change, when somebody works by hand, and when the server dies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from testinfra.backend.base import CommandResult
from testinfra.host import Host

SERVICE = "mariadb_mariadb"
ROLE_DIRECTORY = "/opt/skerry/stacks/mariadb"
Query = Callable[..., CommandResult]
NEW_PASSWORD = "canary-Renewed-7q5w3e21"

# Each number is printed once the server has acknowledged the row.
WRITER = """
docker exec --detach --env MYSQL_PWD={password} client sh -c '
  for i in $(seq 100000); do echo "INSERT INTO console.acknowledged VALUES ($i); SELECT $i;"; done |
  mariadb --host=mariadb --user=console --unbuffered --skip-column-names > /tmp/acknowledged'
"""


def databases(password: str) -> dict[str, Any]:
    """Return the scenario's databases, with another password of console."""
    return {
        "mariadb_databases": [
            {"name": "console", "user": "console", "password": password},
            {"name": "my_shop", "user": "my-shop", "password": "canary-Shop-4x9y2z63"},
        ]
    }


def started(vps: Host, container: str) -> str:
    """Return what changes whenever the container is started."""
    return vps.check_output("docker inspect --format {{.State.StartedAt}} %s", container)


@pytest.mark.parametrize(
    "stop", ["docker kill --signal=KILL {}", "docker service update --force --detach mariadb_mariadb"]
)
def test_no_acknowledged_row_is_lost(
    client: Host,
    query: Query,
    task: Callable[..., str],
    wait: Callable[[str], None],
    passwords: dict[str, str],
    stop: str,
) -> None:
    """A crash or restart would lose what an app was told is safe."""
    server = task(SERVICE)
    made = query("console", "CREATE OR REPLACE TABLE console.acknowledged (id INT PRIMARY KEY)")
    assert made.succeeded, made.stderr
    client.check_output(WRITER.format(password=passwords["console"]))
    wait("docker exec client sh -c '[ $(wc -l < /tmp/acknowledged) -gt 100 ]'")
    client.check_output(stop.format(server))
    task(SERVICE, other_than=server)
    last = int(client.check_output("docker exec client tail -n 1 /tmp/acknowledged"))
    count = int(query("console", "SELECT COUNT(*) FROM console.acknowledged").stdout)
    assert 100 < last < 100000, "the server was not stopped in the middle of the work"
    # The row that was under way may have been written without the client being told.
    assert count in (last, last + 1)


def test_a_new_password_counts_at_once(
    vps: Host, query: Query, task: Callable[..., str], converge: Callable[..., Any], passwords: dict[str, str]
) -> None:
    """Rotating a password would restart the server, let the old one in, or never end to change."""
    before = started(vps, task(SERVICE))
    promised = converge(databases(NEW_PASSWORD), "--check")
    assert promised.changed == 1
    assert query("console", "SELECT 1").succeeded, "the check changed the password"
    run = converge(databases(NEW_PASSWORD), "--diff", "-vvv")
    assert run.changed == 1
    assert "change the sign-in of console@%" in run.output
    assert query("console", "SELECT 1", NEW_PASSWORD).succeeded
    assert query("console", "SELECT 1").failed
    assert started(vps, task(SERVICE)) == before
    assert [secret for secret in (NEW_PASSWORD, *passwords.values()) if secret in run.output] == []
    assert converge(databases(NEW_PASSWORD)).changed == 0
    assert converge().changed == 1


def test_rights_given_by_hand_are_taken_back(as_root: Callable[[str], str], converge: Callable[..., Any]) -> None:
    """An app would keep what somebody gave it by hand, and nobody would know."""
    asked = as_root("SHOW GRANTS FOR console")
    as_root("GRANT SELECT ON my_shop.* TO console")
    assert "mend the rights of console@%" in converge().output
    assert as_root("SHOW GRANTS FOR console") == asked


def test_what_left_the_list_is_kept(query: Query, converge: Callable[..., Any]) -> None:
    """Data would go with a line of the inventory."""
    run = converge({"mariadb_databases": databases("canary-Console-1b6c0e77")["mariadb_databases"][:1]})
    assert run.changed == 0
    assert "database my_shop is not asked for any more and was kept" in run.output
    assert query("my-shop", "SELECT 1").succeeded


def test_bad_variables_are_refused_before_the_first_change(vps: Host, converge: Callable[..., Any]) -> None:
    """A slip in the inventory would take the database down."""
    state = "docker service inspect --format {{.Version.Index}} mariadb_mariadb"
    before = vps.check_output(state)
    database = {"name": "mysql", "user": "x", "password": "canary-Console-1b6c0e77"}
    run = converge({"mariadb_memory": "64M", "mariadb_databases": [database], "mariadb_config": {"sync-binlog": 0}})
    assert run.code != 0
    said = " ".join(run.output.split())
    assert 'mariadb_memory is "64M": allowed is at least 160M and at most 614M of this host\'s 1024M.' in said
    assert 'mariadb_databases[0].name is "mysql", which is the server\'s own' in said
    assert 'mariadb_config has "sync-binlog"' in said
    assert vps.check_output(state) == before


def test_settings_that_do_not_start_leave_the_old_server_running(query: Query, converge: Callable[..., Any]) -> None:
    """A misspelt setting would leave the platform without a database."""
    run = converge({"mariadb_config": {"no_such_setting": 1}, "mariadb_timeout": 60})
    assert run.code != 0
    assert "no_such_setting" in run.output, "the server's own words are missing"
    assert query("console", "SELECT 1").succeeded


def test_changed_settings_are_in_force_and_the_data_stays(
    query: Query, as_root: Callable[[str], str], converge: Callable[..., Any]
) -> None:
    """New settings would wait for a restart by hand, or cost the data."""
    count = query("console", "SELECT COUNT(*) FROM console.acknowledged").stdout
    assert converge({"mariadb_memory": "256M", "mariadb_config": {}}).changed == 1
    assert as_root("SELECT @@max_connections, @@innodb_buffer_pool_size") == f"40\t{104 * 1024**2}"
    assert query("console", "SELECT COUNT(*) FROM console.acknowledged").stdout == count
    assert converge().changed == 1
