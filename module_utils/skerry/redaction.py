"""Keep secret values out of what a run says."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote

MARK = "********"
SHORTEST_VALUE = 4
SHORTEST_PART = 12  # of a value such as a URL only long parts can be secret: hiding `mariadb` would blind the log
SEPARATORS = re.compile(r"[\s:/@=?&;,\"'<>()\[\]{}|]+")


class Redactor:
    """Replaces each known secret, in the forms that it is usually quoted in, by eight stars."""

    def __init__(self, values: Iterable[bytes]) -> None:
        forms: set[str] = set()
        for value in values:
            forms |= _forms(value.decode(errors="ignore").strip())
        self._pattern = re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))
        self._empty = not forms

    def __call__(self, text: str) -> str:
        """Return the text without any of the secrets."""
        return text if self._empty else self._pattern.sub(MARK, text)


def _forms(value: str) -> set[str]:
    parts = {value} if len(value) >= SHORTEST_VALUE else set()
    parts |= {line.strip() for line in value.splitlines() if len(line.strip()) >= SHORTEST_PART}
    parts |= {part for part in SEPARATORS.split(value) if len(part) >= SHORTEST_PART}
    encoded = {base64.b64encode(part.encode()).decode().rstrip("=") for part in parts}
    return parts | encoded | {quote(part, safe="") for part in parts}
