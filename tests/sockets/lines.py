"""Lines of a job that nobody runs: 1, 2, 3 and so on, stored in the console as realtime stores those of a runner."""

from __future__ import annotations

import shlex
import subprocess

from tests.local import Vps

# Ends after so many lines, or when its input does; then it says how many there are. A line that Redis is late with is
# sent again, as a runner does; the store takes it once.
PRODUCER = """
import asyncio, os, select, sys, time
from console.cache import make_redis
from console.settings import api_settings
from console.streams.store import TopicStore
from console.streams.topics import KEEP_OUTPUT
from redis.exceptions import ConnectionError, TimeoutError
async def main(topic, lines, pause):
    settings = api_settings(os.environ)
    store = TopicStore(make_redis(settings.redis_url), settings.redis_prefix)
    for number in range(1, lines + 1):
        while True:
            try:
                await store.append(topic, [[time.time(), str(number)]], KEEP_OUTPUT, first=number)
                break
            except (ConnectionError, TimeoutError):
                await asyncio.sleep(pause)
        if select.select([sys.stdin], [], [], pause)[0]:
            break
    print(number)
asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
"""


def write(vps: Vps, topic: str, lines: int, pause: float) -> subprocess.Popen[str]:
    """Begin to store `lines` lines, one each `pause` seconds, from inside the console, until stdin is closed."""
    task = (
        "$(docker ps -q --filter label=com.docker.swarm.service.name=console_api --filter health=healthy | head -n 1)"
    )
    command = f"docker exec -i {task} python -c {shlex.quote(PRODUCER)} {topic} {lines} {pause}"
    argv = [*shlex.split(vps.values["SKERRY_SSH"]), f"sudo sh -c {shlex.quote(command)}"]
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
