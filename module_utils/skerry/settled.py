"""Whether a host is still as the last whole run left it: all that the run asked is asked anew, in one process.

Every look, tree and stack of a run is kept with its arguments. Asked again with `check`, a tree and a stack tell
whether they would change something, and a look whether it still finds what it found. Where none differs, and what the
run was given is the same, its tasks one by one could not come to anything else (docs/decisions/rerun.md).
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .host import Call
from .host import program as program_of
from .releases import write_file

STATE = Path("/var/lib/skerry")
FIRST_TIME = "no whole run of site.yml is on record"
LOST = (FileNotFoundError, ValueError, KeyError, TypeError)
OTHER_INPUTS = "variables, files of the inventory, or Skerry itself are others"


@dataclass(frozen=True)
class Question:
    """What a task asked of a program. `answer` is the digest of what a look found, else empty.

    `lasting` is that of the answer without its member `of_this_run`: what depends on who asks, such as by which port.
    """

    task: str
    program: str
    options: dict[str, Any]
    answer: str = ""
    lasting: str = ""

    def _result(self, diff: bool = False) -> dict[str, Any]:
        try:
            return program_of(self.program)(Call(self.options, check=True, diff=diff))
        except Exception as error:  # whatever it is, the task itself is going to tell it better
            return {"failed": True, "msg": f"{type(error).__name__}: {error}"}

    def ask(self) -> tuple[str, str, str]:
        """Return `answer` and `lasting` of now, and what would be changed, or is wrong; "" for nothing."""
        result = self._result()
        if result.get("failed"):
            return "", "", f"{self.task}: {result.get('msg', 'failed')}"
        if self.program != "look":
            return "", "", f"{self.task}: would change something" if result["changed"] else ""
        found = str(result["stdout"])
        return _digest(found), _digest(_lasting(found)), ""

    def differs(self, whoever_asks: bool = False) -> str:
        """Return what is not as it was, empty where nothing is; or what is not `whoever_asks`."""
        answer, lasting, problem = self.ask()
        same = lasting == self.lasting if whoever_asks else answer == self.answer
        return problem or ("" if same else f"{self.task}: finds something else")

    def difference(self) -> dict[str, Any] | None:
        """Return what is not as it was: `why` in a sentence, and `diff` as a task's with --diff. None: nothing."""
        why = self.differs(whoever_asks=True)
        return {"why": why, "diff": self._result(diff=True).get("diff", [])} if why else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _lasting(found: str) -> str:
    try:
        content = json.loads(found)
    except ValueError:
        return found
    if isinstance(content, dict):
        content.pop("of_this_run", None)
    return json.dumps(content)


class Record:
    """What is known of the last whole run of one host. Only root can read it: trees and stacks hold secrets."""

    def __init__(self, state: Path = STATE) -> None:
        self.kept, self.asked = state / "settled.json", state / "settled.part"

    def remember(self, run: str, question: Question) -> None:
        """Note that `run` asks this."""
        self.asked.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.asked, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "a") as file:
            file.write(json.dumps([run, asdict(question)]) + "\n")

    def compare(self) -> tuple[bool, str, list[dict[str, Any]]]:
        """Return whether the host is as the last whole run left it, that in a sentence, and every difference."""
        try:
            questions = self._known()["questions"]
        except LOST:
            return False, FIRST_TIME, []
        found = [difference for one in questions if (difference := Question(**one).difference())]
        return not found, f"{len(found)} of {len(questions)} questions have other answers", found

    def _known(self) -> dict[str, Any]:
        known: dict[str, Any] = json.loads(self.kept.read_text())
        return known

    def ask(self, inputs: str) -> tuple[bool, str]:
        """Return whether nothing differs, and in a sentence what does."""
        try:
            known = self._known()
            questions = [Question(**one) for one in known["questions"]]
        except LOST:
            return False, FIRST_TIME
        if known["inputs"] != inputs:
            return False, OTHER_INPUTS
        for question in questions:
            if different := question.differs():
                return False, different
        return True, f"{len(questions)} questions have the same answers"

    def keep(self, run: str, inputs: str) -> tuple[bool, str]:
        """Keep what `run` asked, with the answers of this moment; nothing where something would change again."""
        asked = [json.loads(line) for line in dict.fromkeys(self.asked.read_text().splitlines())]
        questions = []
        for question in (Question(**one) for whose, one in asked if whose == run):
            answer, lasting, problem = question.ask()
            if problem:
                self.forget()
                return False, problem
            questions.append({**asdict(question), "answer": answer, "lasting": lasting})
        write_file(self.kept, json.dumps({"inputs": inputs, "questions": questions}).encode(), 0o600)
        self.asked.unlink()
        return True, f"{len(questions)} questions are kept"

    def forget(self) -> None:
        """Have the next run ask task by task."""
        for file in (self.kept, self.asked):
            file.unlink(missing_ok=True)


def remember(run: str, task: str, program: str, options: dict[str, Any]) -> None:
    """Note for the whole run `run` what one of its tasks asks."""
    Record().remember(run, Question(task, program, options))


def run(call: Call) -> dict[str, Any]:
    """Ask before a run, where `run` is empty, or keep after it; return `settled`, and a `msg` that says why.

    With `compare`, ask whatever the run is given, and return `differences`, too; nothing is kept or forgotten.

    What is not settled is forgotten, except with `check`: the run that follows may be interrupted anywhere.
    """
    record, options = Record(), call.options
    if options.get("compare"):
        settled, message, differences = record.compare()
        return {"changed": False, "settled": settled, "msg": message, "differences": differences}
    if options["run"]:
        settled, message = record.keep(options["run"], options["inputs"])
    else:
        settled, message = record.ask(options["inputs"]) if options["inputs"] else (False, "it was not asked for")
        if not settled and not call.check:
            record.forget()
    return {"changed": False, "settled": settled, "msg": message}
