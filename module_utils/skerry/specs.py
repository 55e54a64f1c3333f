"""Put back exactly what ran: the service specs that were recorded after the last good deployment.

`docker stack deploy` from the old files would ask the registry again and may find another image under the same tag; the
recorded specs name digests, networks, configs and secrets by their identity. What runs as recorded is not touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .drift import comparable
from .engine import Engine, EngineError, Json

ATTEMPTS = 5


def put_back(engine: Engine, stack: str, recorded: Mapping[str, Any]) -> list[str]:
    """Make the engine's services equal to the recorded ones; return the names of those that it had to touch.

    Raises EngineError where the engine refuses, such as for a network or config that is gone.
    """
    touched = []
    running = {service["Spec"]["Name"]: service for service in engine.services(stack)}
    for name, spec in recorded.items():
        service = running.get(name)
        if service is None:
            engine.request("POST", "/services/create", body=spec)
        elif comparable(service["Spec"]) != comparable(spec):
            update(engine, service, spec)
        else:
            continue
        touched.append(name)
    for name in running.keys() - recorded.keys():
        engine.request("DELETE", f"/services/{running[name]['ID']}")
        touched.append(name)
    return touched


def update(engine: Engine, service: Json, spec: Json) -> None:
    """Write a spec; again where the orchestrator has written to the service since it was read."""
    for attempt in range(ATTEMPTS):
        restarts = service["Spec"]["TaskTemplate"].get("ForceUpdate", 0)
        wanted = {**spec, "TaskTemplate": {**spec["TaskTemplate"], "ForceUpdate": restarts}}
        version = str(service["Version"]["Index"])
        try:
            engine.request("POST", f"/services/{service['ID']}/update", {"version": version}, wanted)
        except EngineError as error:
            if "out of sequence" not in str(error) or attempt == ATTEMPTS - 1:
                raise
            service = engine.get(f"/services/{service['ID']}")
        else:
            return
