"""Render a role's template as Ansible would: its Templar, the role's defaults, the repository's filters. No host."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import filter_loader, init_plugin_loader
from ansible.template import Templar, trust_as_template

ROOT = Path(__file__).resolve().parents[2]

init_plugin_loader([])
filter_loader.add_directory(str(ROOT / "filter_plugins"))


def _trusted(value: Any) -> Any:
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, Mapping):
        return {key: _trusted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_trusted(item) for item in value]
    return value


def _variables(path: Path) -> dict[str, Any]:
    """Return what main.yml, or every file in the directory main/, sets."""
    files = [path.with_suffix(".yml"), *sorted(path.glob("*.yml"))]
    return {key: value for file in files if file.is_file() for key, value in yaml.safe_load(file.read_text()).items()}


def render(role: str, template: str, variables: Mapping[str, Any]) -> str:
    """Return the text of ``roles/<role>/templates/<template>`` with the role's own variables around the given ones."""
    own = [_variables(ROOT / "roles" / role / part / "main") for part in ("defaults", "vars")]
    merged = {"ansible_managed": "Managed by Skerry", **own[0], **variables, **own[1]}
    templar = Templar(DataLoader(), variables=_trusted(merged))
    source = (ROOT / "roles" / role / "templates" / template).read_text()
    return str(templar.template(trust_as_template(source)))
