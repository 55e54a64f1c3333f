"""A thousand browsers follow a job's output while connections break and `realtime` is deployed anew."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import time
from typing import Any

from tests.account import Account
from tests.local import Vps
from tests.sockets import lines
from tests.sockets.crowd import Crowd

SOCKETS = 1_000
CUT = 100
LINES = 180
PAUSE = 0.5  # seconds between two lines; with a thousand readers 2,000 messages a second
TROUBLED = 60  # seconds during which connections break


async def follow(vps: Vps, topic: str) -> tuple[Crowd, subprocess.CompletedProcess[str]]:
    """Let the crowd follow the topic through a minute of trouble; return it, and how the deployment went."""
    account, url = Account(vps), vps.values["SKERRY_URL"]
    deployed: Any = None
    async with Crowd(SOCKETS, url, vps.values["SKERRY_CA_FILE"], topic, account.token) as crowd:
        await crowd.all_connected()
        with lines.write(vps, topic, LINES, PAUSE) as writer:
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
    assert crowd.wrong(LINES) == ""
    assert crowd.refused == {}
    killed = vps.out(
        f"journalctl --since @{started} --dmesg --no-pager | grep -c 'Memory cgroup out of memory' || true"
    )
    assert killed == "0", "a container of the console outgrew its memory"
