"""The verbs of the Makefile: what a person types is what is run, and make adds nothing of its own."""

from __future__ import annotations

import re
import subprocess

import pytest

from tools.workshop.settings import ROOT


def make(*words: str) -> str:
    """Return what make says to these words, in an environment without variables of ours."""
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
    done = subprocess.run(["make", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("words", "run"),
    [
        (("restore", "APP=shop"), "skerry-backup restore --app shop"),
        (("restore", "ALL=1", "FROM=offsite", "TO=latest"), "skerry-backup restore --all --to 'latest' --from offsite"),
        (("restore", "APP=shop", "AS=look"), "skerry-backup restore --app shop --as look"),
        (("drill",), "skerry-backup drill"),
        (("backups", "FROM=offsite"), "skerry-backup list --from offsite"),
    ],
)
def test_a_verb_runs_what_was_typed(words: tuple[str, ...], run: str) -> None:
    """A restore would go beside the data that it was to replace, or take another backup."""
    line = make("--dry-run", *words).splitlines()[-1]
    assert " ".join(line[line.index("skerry-backup") :].split()) == run


def test_no_variable_of_ours_has_a_meaning_of_makes_own() -> None:
    """An option that nobody gave would be given by make, as AS was."""
    text = (ROOT / "Makefile").read_text()
    own = set(re.findall(r"^([A-Z_]+)\s*[:?]?=", text, re.M))
    read = set(re.findall(r"\$\(([A-Z_]+)\)", text)) | set(re.findall(r"\$\(or \$\(([A-Z_]+)\)", text))
    database = make("--print-data-base", "--dry-run", "--file=/dev/null", "--eval=nothing: ;", "nothing")
    builtin = set(re.findall(r"^# default\n([A-Z_]+) ?:?=", database, re.M))
    assert "AS" in builtin
    assert (read & builtin) - own - {"MAKEFILE_LIST", "MAKE", "CURDIR"} == set()
