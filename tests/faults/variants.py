"""Variants of the console's image, good and broken, as releases in the workshop's registry."""

from __future__ import annotations

import json
import subprocess

from tests.local import Vps
from tools.workshop import services
from tools.workshop.settings import ROOT

# A migration after the newest one, which finds that it cannot be done.
MIGRATION = """
import importlib.util, pathlib
from alembic.script import ScriptDirectory
folder = pathlib.Path(importlib.util.find_spec("console").origin).parent / "migrations"
head = ScriptDirectory(folder).get_current_head()
lines = ["revision = '9999'", f"down_revision = {head!r}", "def upgrade():"]
lines.append("    raise RuntimeError('boom: the schema is not as expected')")
(folder / "versions/r9999_boom.py").write_text(chr(10).join(lines))
"""
DOCKERFILES = {
    "good": "ENV SKERRY_TEST_RELEASE=good\n",
    "crashes": 'ENTRYPOINT ["sh", "-c", "echo boom: the release is broken >&2; sleep 1; exit 3"]\n',
    "never-healthy": "HEALTHCHECK --interval=1s --timeout=1s --retries=3 --start-period=2s CMD false\n",
    "migration-fails": f"USER 0\nRUN {json.dumps(['python3', '-c', MIGRATION])}\nUSER 10001:10001\n",
}


def console_image() -> str:
    """Return the name of the console's image in the workshop's registry."""
    name: str = json.loads((ROOT / ".local/images.json").read_text())["workshop_console_image"]
    return name


def dockerfile(vps: Vps, kind: str) -> str:
    """Return the Dockerfile of a kind of DOCKERFILES, on the console's image, which the engine has then."""
    base = f"{services.registry_address(vps.settings)}/{console_image()}"
    subprocess.run(["docker", "pull", "-q", base], check=True, capture_output=True)
    return f"FROM {base}\n{DOCKERFILES[kind]}"


def build(vps: Vps, kind: str) -> str:
    """Build a kind of DOCKERFILES, push it, and return its name."""
    image, registry = f"{console_image()}-{kind}", services.registry_address(vps.settings)
    command = ["docker", "build", "-q", "-t", f"{registry}/{image}", "-"]
    subprocess.run(command, input=dockerfile(vps, kind), text=True, check=True, capture_output=True)
    subprocess.run(["docker", "push", "-q", f"{registry}/{image}"], check=True, capture_output=True)
    return image
