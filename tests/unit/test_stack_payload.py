"""The parcel between controller and host, content hashes, diffs and the hiding of secrets."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from module_utils.skerry.differences import Difference
from module_utils.skerry.payload import Entry, content_hash, pack, unpack
from module_utils.skerry.redaction import MARK, Redactor

PASSWORD = "Vz8kQ2mX4pL7wN1cR5tY"


def test_parcel_arrives_as_it_was_sent() -> None:
    """A file that arrives otherwise is deployed otherwise."""
    entries = [
        Entry("a", b"\x00\xff binary"),
        Entry("d/b", b"text \xc3\xa4", mode=0o600, owner="x", secret=True, validate="v %s", backup=True),
        Entry("l", b"a", kind="link"),
    ]
    assert unpack(pack(entries)) == entries


def test_damaged_parcel_is_refused() -> None:
    """Half a parcel would be half a stack."""
    with pytest.raises(ValueError, match="damaged"):
        unpack(base64.b64encode(b"nonsense").decode())


def test_content_hash_is_stable_and_salted() -> None:
    """A hash that changes by itself restarts services for nothing."""
    assert content_hash("abc") == content_hash(b"abc") == "ba7816bf8f01"
    assert content_hash("abc", "salt") != content_hash("abc")


def test_changed_text_is_shown() -> None:
    """--diff would not say what is about to change."""
    shown = Difference("a.conf", b"old\n", b"new\n", notes=["mode 0600 → 0644"]).as_diff()
    assert (shown["before"], shown["after"]) == ("old\n", "new\n")
    assert shown["prepared"] == "a.conf: mode 0600 → 0644\n"


@pytest.mark.parametrize(
    ("before", "after", "word"), [(None, b"x", "added"), (b"x", b"y", "changed"), (b"x", None, "removed")]
)
def test_secret_is_only_said_to_differ(before: bytes | None, after: bytes | None, word: str) -> None:
    """--diff would print passwords."""
    shown = Difference("secrets/a", before, after, secret=True).as_diff()
    assert list(shown) == ["prepared"]
    assert shown["prepared"].startswith(f"secrets/a: {word};")


def test_binary_file_is_only_said_to_differ() -> None:
    """A terminal would get the bytes."""
    assert Difference("b", b"\xff", b"\xfe").as_diff() == {"prepared": "b: binary file changed\n"}


@pytest.mark.parametrize(
    "text",
    [
        PASSWORD,
        f"access denied for mariadb://console:{PASSWORD}@mariadb:3306/console",
        base64.b64encode(PASSWORD.encode()).decode(),
        quote("p@ss/word+with signs", safe=""),
    ],
)
def test_secret_is_hidden_in_each_usual_form(text: str) -> None:
    """The last log lines of a failed task would print it."""
    url = f"mariadb://console:{PASSWORD}@mariadb:3306/console\n"
    hidden = Redactor([url.encode(), b"p@ss/word+with signs"])(text)
    assert MARK in hidden
    assert PASSWORD not in hidden
    assert text != hidden


def test_log_stays_readable() -> None:
    """Hiding each short word of a URL would hide the log."""
    line = "mariadb: cannot reach console on port 3306"
    assert Redactor([f"mariadb://console:{PASSWORD}@mariadb:3306/console".encode(), b"", b"abc"])(line) == line
