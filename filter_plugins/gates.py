"""Filters for sites that are entered by the console's sign-in (docs/apps.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ansible.module_utils

ansible.module_utils.__path__.append(str(Path(__file__).parents[1] / "module_utils"))

from ansible.module_utils.skerry_gates import Instance, access, keeper, key_set, middleware, public_url  # noqa: E402


def app_sign_in(
    instances: Sequence[Instance], secrets: Mapping[str, Mapping[str, str]], port: int = 443
) -> dict[str, Any]:
    """Return ``{url, middleware, keys}`` of the instance by which other sites are entered; nothing where there is none.

    keys: the set by which a site verifies what it is told of its visitors.
    """
    found = keeper(instances)
    if found is None:
        return {}
    return {
        "url": public_url(found["domain"], port),
        "middleware": f"{middleware(found)}@swarm",
        "keys": key_set(secrets[found["name"]]["secret_key"]),
    }


class FilterModule:
    """Register the filters with Ansible."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"app_access": access, "app_sign_in": app_sign_in}
