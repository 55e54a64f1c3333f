"""Filter ``redis_problems``: what is wrong with the list of Redis users."""

from __future__ import annotations

import re
from typing import Any

NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*:")
RESERVED = {"default", "admin", "exporter"}


def redis_problems(users: Any) -> list[str]:
    """Return one sentence for each thing wrong with ``redis_users``, a list of {name, password, prefix}."""
    problems = []
    seen: dict[str, int] = {}
    prefixes = [str(entry["prefix"]) for entry in users]
    for number, entry in enumerate(users):
        name, prefix, where = str(entry["name"]), prefixes[number], f"redis_users[{number}]"
        allowed = "a name of at most 64 small letters, digits, dashes and underscores that begins with a letter"
        if not NAME.fullmatch(name):
            problems.append(f'{where}.name is "{name}": allowed is {allowed}.')
        elif name in RESERVED:
            problems.append(f'{where}.name is "{name}", which the role uses itself: allowed is {allowed}.')
        elif (first := seen.setdefault(name, number)) != number:
            problems.append(f'{where}.name is "{name}", as redis_users[{first}].name is: allowed is each name once.')
        if not PREFIX.fullmatch(prefix):
            problems.append(
                f'{where}.prefix is "{prefix}": allowed are letters, digits and _.:- with a colon at the end.'
            )
        for other, longer in enumerate(prefixes):
            if other != number and longer.startswith(prefix) and (longer != prefix or other > number):
                problems.append(
                    f'{where}.prefix is "{prefix}", which takes in redis_users[{other}].prefix "{longer}": '
                    "allowed are prefixes of which none begins another."
                )
        if len(str(entry["password"])) < 12:
            problems.append(f"{where}.password is too short: allowed are 12 characters or more.")
    return problems


class FilterModule:
    """Register the filter with Ansible."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by name."""
        return {"redis_problems": redis_problems}
