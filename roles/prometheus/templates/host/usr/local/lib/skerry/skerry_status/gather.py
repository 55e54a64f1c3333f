"""The engine's services, and Prometheus's last samples and alerts."""

from __future__ import annotations

import json
import platform
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from skerry_collector.engine import Engine, EngineAbsentError, EngineError

from .facts import Facts, Sample

PROMETHEUS = "prometheus_prometheus"
# One question for all of it: asking costs a tenth of a second each time.
NAMES = (
    "ALERTS", "node_filesystem_avail_bytes", "node_filesystem_size_bytes", "probe_ssl_earliest_cert_expiry",
    "skerry_backup_last_success_timestamp_seconds", "skerry_restore_drill_last_success_timestamp_seconds",
    "skerry_restore_drill_rto_seconds",
)  # fmt: skip
SECONDS = 10


def gather() -> Facts:
    """Ask the engine and Prometheus. Never raises: what does not answer is a problem of its own."""
    facts = Facts()
    engine = Engine(timeout=SECONDS)
    try:
        facts.services = [_service(one) for one in engine.get("/services", {"status": "true"})]
        facts.versions.append(f"Docker {engine.get('/version')['Version']}")
    except (EngineAbsentError, EngineError) as error:
        facts.problems.append(str(error))
    system = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    facts.versions.append(f"{system.get('PRETTY_NAME', '').strip(chr(34))}, kernel {platform.release()}")
    try:
        facts.samples = _samples(engine)
    except (EngineAbsentError, EngineError, LookupError, OSError, ValueError, subprocess.SubprocessError) as error:
        facts.problems.append(f"Prometheus does not answer, so the rest is not known: {error}")
    return facts


def _service(one: dict[str, Any]) -> tuple[str, str, int, int]:
    status = one.get("ServiceStatus") or {}
    image = one["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"].partition("@")[0]
    return one["Spec"]["Name"], image, status.get("RunningTasks", 0), status.get("DesiredTasks", 0)


def _samples(engine: Engine) -> list[Sample]:
    filters = {"label": [f"com.docker.swarm.service.name={PROMETHEUS}"], "status": ["running"]}
    found = engine.get("/containers/json", {"filters": filters})
    if not found:
        raise LookupError(f"no container of {PROMETHEUS} runs on this host")
    query = f'{{__name__=~"{"|".join(NAMES)}"}}'
    url = f"http://127.0.0.1:9090/api/v1/query?{urlencode({'query': query})}"
    answer = subprocess.run(
        ["docker", "exec", found[0]["Id"], "wget", "-q", "-O", "-", url],
        capture_output=True, check=True, timeout=SECONDS,
    )  # fmt: skip
    result = json.loads(answer.stdout)["data"]["result"]
    return [Sample(one["metric"].pop("__name__"), one["metric"], float(one["value"][1])) for one in result]
