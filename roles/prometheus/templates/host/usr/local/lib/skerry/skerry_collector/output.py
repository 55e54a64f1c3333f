"""Files that others read at any moment: written beside their place and renamed over it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Sample = tuple[str, Mapping[str, str], float]
"""A metric's name, labels and value."""


def write_metrics(path: Path, samples: Iterable[Sample]) -> None:
    """Write node_exporter's text format."""
    replace(
        path, "".join(line(*sample) for sample in sorted(samples, key=lambda one: (one[0], sorted(one[1].items()))))
    )


def line(name: str, labels: Mapping[str, str], value: float) -> str:
    """Return a sample as one line."""
    text = ",".join(f'{key}="{escape(labels[key])}"' for key in sorted(labels))
    return f"{name}{{{text}}} {value:.17g}\n" if text else f"{name} {value:.17g}\n"


def escape(text: str) -> str:
    """Escape a label's value."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def write_json(path: Path, content: Any) -> None:
    """Write JSON, unless the file says so already: Prometheus reads the list anew whenever it changes."""
    text = json.dumps(content, indent=1, sort_keys=True) + "\n"
    try:
        if path.read_text() == text:
            return
    except FileNotFoundError:
        pass
    replace(path, text)


def replace(path: Path, text: str) -> None:
    """Put a file in place in one step."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text)
    new.chmod(0o644)
    new.replace(path)
