"""The parcel that travels from the controller to a host: files with content and metadata, in one compressed text."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

Kind = Literal["file", "link", "directory", "absent"]


@dataclass(frozen=True)
class Entry:
    """One path of a tree. `path` is relative, with `/`; `content` is a file's bytes or a link's target."""

    path: str
    content: bytes = b""
    kind: Kind = "file"
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"
    secret: bool = False
    validate: str = ""
    activate: str = ""
    backup: bool = False


def pack(entries: Iterable[Entry]) -> str:
    """Return the entries as printable text; `unpack` is its inverse."""
    rows = [{**asdict(entry), "content": base64.b64encode(entry.content).decode()} for entry in entries]
    return base64.b64encode(zlib.compress(json.dumps(rows).encode())).decode()


def unpack(parcel: str) -> list[Entry]:
    """Return the entries of a parcel. Raises ValueError when it is damaged."""
    try:
        rows = json.loads(zlib.decompress(base64.b64decode(parcel)))
        return [Entry(**{**row, "content": base64.b64decode(row["content"])}) for row in rows]
    except (zlib.error, TypeError, KeyError) as error:
        raise ValueError(f"the parcel of files is damaged: {error}") from error


def content_hash(content: str | bytes, salt: str = "") -> str:
    """Return the first 12 hex digits of the SHA-256 of a text or bytes.

    48 bits are enough to tell a stack's versions apart and leave room in Swarm's 64 characters for a name. `salt` keeps
    equal secrets of different names from showing the same digits.
    """
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(f"{salt}\0".encode() + data if salt else data).hexdigest()[:12]
