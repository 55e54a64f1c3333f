"""Too little memory, for real: more is read again and again than a container may hold, so that all wait for memory.

The pressure is the kernel's own figure for the whole machine, below the VPS: it needs one that does nothing else.
"""

from __future__ import annotations

import shlex

from tests.alerts import rules
from tests.alerts.conftest import Sink
from tests.alerts.story import Until, story
from tests.local import Vps

# Eight readers, at random, of 40 MiB in 32 MiB; each page twice, for the kernel to miss it when it is gone.
READERS = """
import mmap, os, random
size = 40 * 2**20
with open("/tmp/file", "wb") as file:
    file.write(random.randbytes(size))
for _ in range(7):
    if not os.fork():
        break
with open("/tmp/file", "rb") as file:
    view = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    view.madvise(mmap.MADV_RANDOM)
    while True:
        place = random.randrange(size)
        view[place], view[place]
"""
IMAGE = "$(docker service inspect console_api --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}')"


def set_rules(vps: Vps, text: str) -> None:
    """Let Prometheus take other rules about the host."""
    vps.out(f"printf %s {shlex.quote(text)} > /etc/skerry/prometheus/rules/host.yml")
    vps.out("skerry-reload prometheus 9090 prometheus_config")


def test_too_little_memory(vps: Vps, quiet: Sink, until: Until) -> None:
    """The platform would get slower and slower, and nobody know why."""
    alert = "HostMemoryPressure"
    run = "docker run --detach --name readers --user 0 --memory 32m --memory-swap 32m --entrypoint python"

    def inject() -> None:
        set_rules(vps, rules.files(also=alert)["host.yml"])
        vps.out(f"{run} {IMAGE} -c {shlex.quote(READERS)}")

    def cure() -> None:
        vps.out("docker rm --force readers")

    words = ("CRITICAL: The machine has too little memory", "at most 10% is healthy")
    try:
        story(quiet, until, alert, words, inject, cure)
    finally:
        set_rules(vps, rules.files()["host.yml"])
