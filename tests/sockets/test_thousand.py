"""A thousand browsers follow a job's output while connections break and `realtime` is deployed anew."""

from __future__ import annotations

import asyncio
import secrets
import shlex
import ssl
import subprocess
import time
from typing import Any

import httpx

from tests.local import Vps
from tests.sockets.crowd import Crowd

SOCKETS = 1_000
CUT = 100
LINES = 180
PAUSE = 0.5  # seconds between two lines; with a thousand readers 2,000 messages a second
TROUBLED = 60  # seconds during which connections break
RENEW = 150  # seconds after which a token is renewed; it lives five minutes

# Stores the lines of a job as realtime does for a runner.
PRODUCER = """
import asyncio, os, sys, time
from console.cache import make_redis
from console.settings import api_settings
from console.streams.store import TopicStore
from console.streams.topics import KEEP_OUTPUT
async def main(topic, lines, pause):
    settings = api_settings(os.environ)
    store = TopicStore(make_redis(settings.redis_url), settings.redis_prefix)
    for number in range(1, lines + 1):
        await store.append(topic, [[time.time(), str(number)]], KEEP_OUTPUT, first=number)
        await asyncio.sleep(pause)
asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
"""


class Account:
    """The first admin's access token, renewed before it ends, by sign-ins as those are counted by address."""

    def __init__(self, vps: Vps) -> None:
        self._vps, self._at, self._token = vps, 0.0, ""

    def token(self) -> str:
        if time.monotonic() - self._at > RENEW:
            values, host = self._vps.values, httpx.URL(self._vps.values["SKERRY_URL"]).host
            with httpx.Client(verify=ssl.create_default_context(cafile=values["SKERRY_CA_FILE"]), timeout=60) as client:
                answer = client.post(
                    f"https://127.0.0.1:{self._vps.settings.https_port}/api/auth/sign-in",
                    json={"name": values["SKERRY_ADMIN_USER"], "password": self._vps.admin_password()},
                    headers={"Host": host, "Origin": values["SKERRY_URL"]},
                    extensions={"sni_hostname": host},
                )
            assert answer.status_code == 200, answer.text
            self._token, self._at = answer.json()["access_token"], time.monotonic()
        return self._token


def write_lines(vps: Vps, topic: str) -> subprocess.Popen[str]:
    """Begin to store LINES lines, one each PAUSE seconds, from inside the console."""
    task = (
        "$(docker ps -q --filter label=com.docker.swarm.service.name=console_api --filter health=healthy | head -n 1)"
    )
    command = f"docker exec -i {task} python -c {shlex.quote(PRODUCER)} {topic} {LINES} {PAUSE}"
    argv = [*shlex.split(vps.values["SKERRY_SSH"]), f"sudo sh -c {shlex.quote(command)}"]
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


async def follow(vps: Vps, topic: str) -> tuple[Crowd, subprocess.CompletedProcess[str]]:
    """Let the crowd follow the topic through a minute of trouble; return it, and how the deployment went."""
    account, url = Account(vps), vps.values["SKERRY_URL"]
    deployed: Any = None
    async with Crowd(SOCKETS, url, vps.values["SKERRY_CA_FILE"], topic, account.token) as crowd:
        await crowd.all_connected()
        with write_lines(vps, topic) as writer:
            for second in range(TROUBLED):
                if second % 3 == 0:
                    crowd.cut(CUT)
                if second == TROUBLED // 3:
                    command = "docker service update --force --quiet console_realtime"
                    deployed = asyncio.create_task(asyncio.to_thread(vps.ssh, command, 300))
                await asyncio.sleep(1)
            await asyncio.to_thread(writer.wait, 300)
            assert writer.returncode == 0, writer.stdout.read() if writer.stdout else ""
        await crowd.all_have(LINES)
        return crowd, await deployed


def test_a_thousand_sockets_lose_no_event(vps: Vps) -> None:
    """Somebody would see a job's output with holes, or twice, after a bad connection or an update of the console."""
    started = int(time.time())
    crowd, deployed = asyncio.run(follow(vps, f"job:{secrets.token_hex(16)}"))
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    wanted = [str(number) for number in range(1, LINES + 1)]
    wrong = [browser.got for browser in crowd.browsers if browser.got != wanted]
    assert not wrong, f"{len(wrong)} of {SOCKETS}, the first has {len(wrong[0])} of {LINES}; {dict(crowd.trouble)}"
    # Unavailable is what a browser is told while hundreds come back at once and Redis is late; it asks again.
    faults = ("refused", "gap", "reset", "not subscribed")
    refused = {
        name: count for name, count in crowd.trouble.items() if name.startswith(faults) and "unavailable" not in name
    }
    assert not refused
    killed = vps.out(
        f"journalctl --since @{started} --dmesg --no-pager | grep -c 'Memory cgroup out of memory' || true"
    )
    assert killed == "0", "a container of the console outgrew its memory"
