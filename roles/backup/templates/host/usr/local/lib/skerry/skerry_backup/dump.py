"""One database as a stream of SQL, counted on its way, so that a restored copy can be held against it.

mariadb-dump escapes line breaks within values and writes one row a line, which begins with `(`; rows stand between
`-- Dumping data for table` and `UNLOCK TABLES`. In the order of the primary key the same content gives the same bytes.
"""

from __future__ import annotations

import hashlib
import math
import re
import time
from typing import Any

BEGIN, END = b"\n-- Dumping data for table `", b"\nUNLOCK TABLES;\n"
POSITION = re.compile(rb"^-- CHANGE MASTER TO MASTER_LOG_FILE='([^']+)', MASTER_LOG_POS=(\d+);", re.MULTILINE)
COMPLETE = b"\n-- Dump completed\n"
HEAD_BYTES = 1 << 16

OPTIONS = (
    "--single-transaction", "--quick", "--routines", "--events", "--triggers", "--hex-blob",
    "--order-by-primary", "--skip-dump-date",
)  # fmt: skip


class DumpReader:
    """Takes a dump in pieces and tells of each table how many rows it has, and the SHA-256 of their text."""

    def __init__(self) -> None:
        self.size = 0
        self.taken = 0
        self.tables: dict[str, dict[str, Any]] = {}
        self._head = b""
        self._rest = b"\n"
        self._table = ""
        self._rows = 0
        self._hash = hashlib.sha256()

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        if not self.size:
            # mariadb-dump's first words come after it has fixed what it will read; a second later it certainly has.
            self.taken = math.ceil(time.time())
        self.size += len(piece)
        if len(self._head) < HEAD_BYTES:
            self._head += piece[:HEAD_BYTES]
        text = self._rest + piece
        while text:
            text, more = (self._in_table if self._table else self._between)(text)
            if not more:
                break
        self._rest = text

    def _between(self, text: bytes) -> tuple[bytes, bool]:
        at = text.find(BEGIN)
        if at < 0:
            return text[-max(len(BEGIN), len(COMPLETE)) :], False
        end = text.find(b"`\n", at + len(BEGIN))
        if end < 0:
            return text[at:], False
        self._table = text[at + len(BEGIN) : end].decode(errors="replace")
        self._rows, self._hash = 0, hashlib.sha256()
        return text[end + 1 :], True

    def _in_table(self, text: bytes) -> tuple[bytes, bool]:
        at = text.find(END)
        # What may be the beginning of the end waits for the next piece, and so does a line break before a row.
        upto = at if at >= 0 else max(0, len(text) - len(END))
        self._rows += text.count(b"\n(", 0, upto + 1)
        self._hash.update(text[:upto])
        if at < 0:
            return text[upto:], False
        self.tables[self._table] = {"rows": self._rows, "sha256": self._hash.hexdigest()}
        self._table = ""
        return text[at + len(END) - 1 :], True

    def result(self) -> dict[str, Any]:
        """Return size in bytes, rows, tables, when (seconds since the epoch) and where in the binary log it is from.

        Raises ValueError for a dump that does not end as a whole one does.
        """
        if self._table or not self._rest.endswith(COMPLETE):
            raise ValueError("the dump ends early: its last line is not there")
        found = POSITION.search(self._head)
        file, position = (found[1].decode(), int(found[2])) if found else ("", 0)
        rows = sum(table["rows"] for table in self.tables.values())
        return {
            "bytes": self.size, "rows": rows, "tables": self.tables, "taken": self.taken,
            "binlog_file": file, "binlog_position": position,
        }  # fmt: skip


def differences(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Say table by table what differs between two results' tables; empty where they hold the same."""
    lines = []
    for name in sorted({*expected, *found}):
        if name not in found:
            lines.append(f"table {name} is missing")
        elif name not in expected:
            lines.append(f"table {name} is not in the manifest")
        elif expected[name]["rows"] != found[name]["rows"]:
            lines.append(f"table {name} has {found[name]['rows']} rows, the manifest says {expected[name]['rows']}")
        elif expected[name]["sha256"] != found[name]["sha256"]:
            lines.append(f"table {name} has the right number of rows, but other content than the manifest says")
    return lines
