"""The host's end of a call: one JSON document on stdin, one on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

# By name: what an action plugin asks for, and the module that has its `run`.
PROGRAMS = {
    "stack": "apply_stack",
    "tree": "apply_tree",
    "look": "looking",
    "release": "apply_release",
    "revision": "revision",
    "settled": "settled",
}
Program = Callable[["Call"], dict[str, Any]]


@dataclass(frozen=True)
class Call:
    """What a task asks of a program: its options, and whether it runs with --check and --diff."""

    options: dict[str, Any]
    check: bool = False
    diff: bool = False


def program(name: str) -> Program:
    """Return the program that an action plugin knows by this name."""
    run: Program = import_module(f".{PROGRAMS[name]}", __package__).run
    return run


def serve() -> None:
    """Run the program that stdin names and print its result, in the form of a task's result.

    A program's own errors are results with `failed`; any other exception ends the process with its traceback.
    `record` names the run that is to be able to ask the same again (`settled`), and the task.
    """
    asked = json.load(sys.stdin)
    name, record = asked.pop("program"), asked.pop("record", None)
    result = program(name)(Call(**asked))
    if record and not result.get("failed"):
        import_module(".settled", __package__).remember(record["run"], record["task"], name, asked["options"])
    print(json.dumps(result))
