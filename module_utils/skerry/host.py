"""The host's end of a call: one JSON document on stdin, one on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

# By name: what an action plugin asks for, and the module that has its `run`.
PROGRAMS = {"stack": "apply_stack", "tree": "apply_tree", "look": "looking", "revision": "revision"}


@dataclass(frozen=True)
class Call:
    """What a task asks of a program: its options, and whether it runs with --check and --diff."""

    options: dict[str, Any]
    check: bool = False
    diff: bool = False


def serve() -> None:
    """Run the program that stdin names and print its result, in the form of a task's result.

    A program's own errors are results with `failed`; any other exception ends the process with its traceback.
    """
    asked = json.load(sys.stdin)
    run: Callable[[Call], dict[str, Any]] = import_module(f".{PROGRAMS[asked.pop('program')]}", __package__).run
    print(json.dumps(run(Call(**asked))))
