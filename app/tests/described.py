"""The API's description, for the tests: its operations by endpoint, and whether an answer looks like its example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from console.auth.guards import GuardedRoute
from console.openapi.document import document
from test_guards import walk

JSON = "application/json"


def operations(app: FastAPI) -> dict[str, dict[str, Any]]:
    """Each operation, as ``GET /api/users``."""
    paths = document(app)["paths"].items()
    return {f"{method.upper()} {path}": said for path, methods in paths for method, said in methods.items()}


def routes(app: FastAPI) -> dict[str, GuardedRoute]:
    """Each route below ``/api/``, as ``GET /api/users``."""
    found = [route for route in walk(app.routes) if isinstance(route, GuardedRoute)]
    return {
        f"{method} {route.path}": route
        for route in found
        if route.path.startswith("/api/")
        for method in route.methods or ()
    }


def examples(operation: Mapping[str, Any]) -> dict[int, Any]:
    """What is answered where all goes well, by status; None for no body."""
    answers = {int(status): answer for status, answer in operation["responses"].items() if "$ref" not in answer}
    return {status: answer.get("content", {}).get(JSON, {}).get("example") for status, answer in answers.items()}


def differences(example: Any, real: Any, where: str = "answer") -> list[str]:
    """How another kind of thing was answered than the example shows. Null goes for any text, number or truth.

    ``{}`` in an example stands for an object whose keys are data. A list is as its first entry.
    """
    if isinstance(example, dict) and isinstance(real, dict):
        return _apart(example, real, where) if example else []
    if isinstance(example, list) and isinstance(real, list):
        if bool(example) != bool(real):
            return [f"{where} is empty on one side, so nothing was compared"]
        return [found for entry in real for found in differences(example[0], entry, f"{where}[]")]
    plain = not isinstance(example, dict | list) and not isinstance(real, dict | list)
    if plain and (None in (example, real) or _kind(example) is _kind(real)):
        return []
    return [f"{where} is {example!r} in the example, and {real!r}"]


def _apart(example: Mapping[str, Any], real: Mapping[str, Any], where: str) -> list[str]:
    found = [f"{where}.{key} is in the example only" for key in sorted(example.keys() - real.keys())]
    found += [f"{where}.{key} is not in the example" for key in sorted(real.keys() - example.keys())]
    for key in sorted(example.keys() & real.keys()):
        found += differences(example[key], real[key], f"{where}.{key}")
    return found


def _kind(value: object) -> type:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


class Guide:
    """Asks for each operation with the example of its body, and holds the answer against that of its answer."""

    def __init__(self, app: FastAPI) -> None:
        self.operations = operations(app)
        self.left = {(endpoint, status) for endpoint, said in self.operations.items() for status in examples(said)}

    async def ask(self, client: AsyncClient, endpoint: str, status: int, **sent: Any) -> Any:
        """The document that was answered. ``sent``: values for the path by name, ``json`` and others of httpx."""
        said = self.operations[endpoint]
        method, path = endpoint.split(" ")
        for parameter in said.get("parameters", []):
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", str(sent.pop(parameter["name"])))
        if "requestBody" in said:
            sent.setdefault("json", said["requestBody"]["content"][JSON]["example"])
        answer: Response = await client.request(method, path, **sent)
        assert answer.status_code == status, f"{endpoint}: {answer.status_code} {answer.text}"
        example = examples(said)[status]
        document = answer.json() if answer.content else None
        if apart := differences(example, document):
            pytest.fail(f"{endpoint}: its example is not what it answers: {'; '.join(apart)}.")
        self.left.discard((endpoint, status))
        return document
