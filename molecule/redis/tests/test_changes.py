"""What happens when variables change, and when the server dies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

SERVICE = "redis_redis"
Ask = Callable[..., str]

# Counts until the server does not answer; each number is written down once the server has acknowledged it.
WRITER = """
docker exec --detach --env REDISCLI_AUTH={password} client sh -c '
  : > /tmp/acknowledged
  while redis-cli -e -h redis --user console INCR console:counter >> /tmp/acknowledged; do :; done; touch /tmp/ended'
"""


def users(*further: dict[str, str], console: str = "canary-Console-1b6c0e77") -> dict[str, Any]:
    """Return the scenario's first user, with another password if given, and further users."""
    return {"redis_users": [{"name": "console", "password": console, "prefix": "console:"}, *further]}


@pytest.mark.parametrize("stop", ["docker kill --signal=KILL {}", "docker service update --force --detach redis_redis"])
def test_no_acknowledged_key_is_lost(
    client: Host,
    ask: Ask,
    task: Callable[..., str],
    wait: Callable[[str], None],
    passwords: dict[str, str],
    stop: str,
) -> None:
    """A crash of the process or a restart would lose what an app was told is kept."""
    server = task(SERVICE)
    ask("console", "DEL console:counter")
    client.check_output("docker exec client rm -f /tmp/ended")
    client.check_output(WRITER.format(password=passwords["console"]))
    wait("docker exec client sh -c '[ $(wc -l < /tmp/acknowledged) -gt 20 ]'")
    client.check_output(stop.format(server))
    wait("docker exec client test -e /tmp/ended")
    task(SERVICE, other_than=server)
    last = int(client.check_output("docker exec client sh -c 'grep -x \"[0-9]*\" /tmp/acknowledged | tail -n 1'"))
    # The number that was under way may have been counted without the client being told.
    assert int(ask("console", "GET console:counter")) in (last, last + 1)


def test_users_come_and_go_and_the_data_stays(ask: Ask, task: Callable[..., str], converge: Callable[..., Any]) -> None:
    """Adding an app would cost the others' data, or a removed one could still get in."""
    assert ask("console", "SET console:kept 1") == "OK"
    blog = {"name": "blog", "password": "canary-Blog-2m4n6b81", "prefix": "blog:"}
    promised = converge(users(blog), "--check", "--diff", "-vvv")
    assert promised.changed == 1
    assert ask("my-shop", "PING") == "PONG", "the check changed the users"
    run = converge(users(blog), "--diff", "-vvv")
    assert run.changed == 1
    assert blog["password"] not in run.output + promised.output
    task(SERVICE)
    assert ask("blog", "SET blog:a 1", blog["password"]) == "OK"
    assert "NOAUTH" in ask("my-shop", "PING")
    assert ask("console", "GET console:kept") == "1"
    assert converge(users(blog)).changed == 0


def test_a_new_password_lets_the_old_one_out(ask: Ask, task: Callable[..., str], converge: Callable[..., Any]) -> None:
    """Rotating a password would leave the old one valid."""
    assert converge(users(console="canary-Renewed-7q5w3e21")).changed == 1
    task(SERVICE)
    assert ask("console", "PING", "canary-Renewed-7q5w3e21") == "PONG"
    assert "NOAUTH" in ask("console", "PING")
    assert converge().changed == 1
    task(SERVICE)


@pytest.mark.parametrize(
    ("variables", "sentences"),
    [
        ({"redis_memory_policy": "forget"}, ["redis_memory_policy must be one of: noeviction, volatile-lru"]),
        (
            {
                "redis_memory": "16M",
                **users(
                    {"name": "default", "password": "canary-Blog-2m4n6b81", "prefix": "x:"},
                    {"name": "blog", "password": "canary-Blog-2m4n6b81", "prefix": "*"},
                ),
            },
            [
                'redis_memory is "16M": allowed is at least 32M and at most 307M',
                'redis_users[1].name is "default"',
                'redis_users[2].prefix is "*"',
            ],
        ),
    ],
)
def test_bad_variables_are_refused_before_the_first_change(
    vps: Host, converge: Callable[..., Any], variables: dict[str, Any], sentences: list[str]
) -> None:
    """A slip in the inventory would take Redis down, or open it."""
    state = "docker service inspect --format {{.Version.Index}} redis_redis"
    before = vps.check_output(state)
    run = converge(variables)
    assert run.code != 0
    said = " ".join(run.output.split())
    assert [sentence for sentence in sentences if sentence not in said] == []
    assert vps.check_output(state) == before


def test_settings_that_do_not_start_leave_the_old_server_running(
    ask: Ask, task: Callable[..., str], converge: Callable[..., Any]
) -> None:
    """A misspelt setting would leave the platform without Redis."""
    run = converge({"redis_config": {"no-such-setting": 1}, "redis_timeout": 60})
    assert run.code != 0
    assert "no-such-setting" in run.output, "the server's own words are missing"
    task(SERVICE)
    assert ask("console", "PING") == "PONG"
