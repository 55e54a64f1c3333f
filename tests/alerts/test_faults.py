"""Each fault is made for real, sends its alert and no other, and is told to be over after the cure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

import pytest

from tests.alerts.conftest import Sink
from tests.alerts.story import Until, story
from tests.local import Vps


def in_redis(script: str) -> str:
    """Return the command that runs a script in Redis's container, signed in as its administrator."""
    signed_in = "export REDISCLI_AUTH=$(cat /run/secrets/admin_password); r='redis-cli --user admin'; "
    return f"docker exec $(docker ps --quiet --filter name=redis_redis) sh -c {shlex.quote(signed_in + script)}"


# Keys that never expire, so that none may go; then an app that goes on writing for a minute.
FILL = (
    "fill=\"for i=1,1000 do redis.call('SET','fill:'..ARGV[1]..':'..i,string.rep('x',1024)) end\";"
    ' for n in $(seq 60); do $r EVAL "$fill" 0 $n; done > /dev/null 2>&1;'
    " for n in $(seq 60); do $r SET fill:more x; sleep 1; done > /dev/null 2>&1 &"
)
EMPTY = "$r --scan --pattern 'fill:*' | xargs -n 1000 $r UNLINK"
METRICS = "/var/lib/skerry/metrics"


@dataclass(frozen=True)
class Fault:
    """How something is broken on the VPS and mended; `words` are in the message."""

    name: str
    inject: str
    cure: str
    alert: str
    words: tuple[str, ...]


FAULTS = [
    Fault(
        "MariaDB stopped",
        "docker service update --detach --quiet --constraint-add node.labels.nowhere==true mariadb_mariadb",
        "docker service update --detach --quiet --constraint-rm node.labels.nowhere==true mariadb_mariadb",
        "MariaDBDown",
        ("CRITICAL: MariaDB does not answer", "up is 0, must be 1"),
    ),
    Fault(
        "Redis out of memory",
        in_redis(FILL),
        in_redis(EMPTY),
        "RedisRefusesWrites",
        ("CRITICAL: Redis is full and refuses writes",),
    ),
    Fault(
        "an exporter gone",
        "docker service scale --detach redis_exporter=0",
        "docker service scale --detach redis_exporter=1",
        "TargetMissing",
        ("WARNING: Nothing of redis is watched any more",),
    ),
    Fault(
        "a container that crash-loops",
        "docker service create --detach --quiet --name crash --restart-delay 1s --entrypoint sh"
        " prom/node-exporter:v1.9.0 -c 'sleep 1; exit 3'",
        "docker service rm crash",
        "ContainerRestartLoop",
        ("CRITICAL: crash crashes again and again",),
    ),
    Fault(
        "the collector dead",
        f"systemctl stop skerry-collector && touch -d '10 minutes ago' {METRICS}/containers.prom",
        "systemctl start skerry-collector",
        "TextfileStale",
        ("WARNING: What is known about containers is too old",),
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_sends_one_alert_and_its_end(vps: Vps, quiet: Sink, until: Until, fault: Fault) -> None:
    """The owner would learn of it from users, get a dozen messages for one cause, or never hear that it is over."""
    story(quiet, until, fault.alert, fault.words, lambda: vps.out(fault.inject), lambda: vps.out(fault.cure))
