"""What the scenario's tests share beside molecule/conftest.py: requests, the load, and a run of the role alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from tests.faults.load import Load  # noqa: E402


@pytest.fixture(scope="module")
def get(address: str) -> Callable[[str, str], httpx.Response]:
    """Ask a domain for a path over https, through Traefik."""

    def ask(domain: str, path: str) -> httpx.Response:
        with httpx.Client(verify=False, timeout=20) as client:  # noqa: S501 - Traefik's default certificate
            url = f"https://{address}{path}"
            return client.get(url, headers={"Host": domain}, extensions={"sni_hostname": domain})

    return ask


@pytest.fixture
def load(address: str) -> Callable[[str, str], Load]:
    """Make the load of 20 requests a second on a domain's path."""
    return lambda domain, path: Load(f"https://{domain}", "", (path,), address)


@pytest.fixture(scope="session")
def deploy() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the role as an operator would, with extra variables."""

    def run(*argv: str, **extra: Any) -> subprocess.CompletedProcess[str]:
        command = ["ansible-playbook", "--inventory", os.environ["MOLECULE_INVENTORY_FILE"], *argv]
        playbook = str(ROOT / "molecule/app/deploy.yml")
        return subprocess.run(
            [*command, "-e", json.dumps(extra), playbook],
            cwd=ROOT,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0", "COLUMNS": "300"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )

    return run
