"""Why a service failed, in the words of the engine and of its container."""

from __future__ import annotations

from .engine import Engine, EngineAbsentError, EngineError, Json
from .verdict import Judgement

LOG_LINES = 20


def explain(engine: Engine, service: str, judgement: Judgement) -> str:
    """Return a few lines: service, reason, its task's error and exit code, the health check's answer, the log's end."""
    lines = [f"Service {service}: {judgement.reason or judgement.word}."]
    task = judgement.task
    if task is None:
        return lines[0]
    status = task["Status"]
    container = status.get("ContainerStatus") or {}
    lines.append(f"Its task {task['ID'][:12]} is {status['State']}: {status.get('Err') or status.get('Message')}.")
    if container.get("ExitCode"):
        lines.append(f"Exit code {container['ExitCode']}{_signal(container['ExitCode'])}.")
    try:
        lines += _health(engine, container.get("ContainerID", ""))
        lines += _log(engine, task["ID"], container.get("ContainerID", ""))
    except (EngineError, EngineAbsentError) as error:
        lines.append(f"Its log could not be read: {error}")
    return "\n".join(lines)


def _signal(code: int) -> str:
    return {137: " (killed, often for want of memory or after an unhealthy verdict)", 139: " (crashed)"}.get(code, "")


def _health(engine: Engine, identifier: str) -> list[str]:
    container = engine.container(identifier) if identifier else None
    health = ((container or {}).get("State") or {}).get("Health") or {}
    checks: list[Json] = [check for check in health.get("Log") or [] if check.get("ExitCode")]
    if not checks:
        return []
    said = checks[-1].get("Output", "").strip() or "no output"
    state = health.get("Status", "unhealthy")
    return [f"Its container was {state}: the health check ended with exit code {checks[-1]['ExitCode']}: {said}"]


def _log(engine: Engine, task: str, identifier: str) -> list[str]:
    if not identifier:
        return []
    if engine.container(identifier):
        text = engine.container_log(identifier, LOG_LINES)
    else:
        text = engine.task_log(task, LOG_LINES)
    shown = [f"  {line}" for line in text.strip().splitlines()[-LOG_LINES:]]
    return ["Its last log lines:", *shown] if shown else ["It logged nothing."]
