"""What differs between a host and what is wanted, in the form that Ansible prints under --diff."""

from __future__ import annotations

from dataclasses import dataclass, field

HIDDEN = "the content is secret and not shown"


@dataclass(frozen=True)
class Difference:
    """One path or service that differs. `before` or `after` is None where it does not exist."""

    name: str
    before: bytes | None = None
    after: bytes | None = None
    secret: bool = False
    notes: list[str] = field(default_factory=list)

    def as_diff(self) -> dict[str, str]:
        """Return one element of a result's `diff` list.

        A text becomes before/after, which callbacks turn into a unified diff; secrets, binary files and all that is no
        text become `prepared` lines. https://docs.ansible.com/ansible/latest/dev_guide/developing_modules_general.html
        """
        lines = list(self.notes)
        if self.secret and self.before != self.after:
            lines.insert(0, f"{_verb(self.before, self.after)}; {HIDDEN}")
        elif self.before != self.after:
            try:
                texts = [(content or b"").decode() for content in (self.before, self.after)]
            except UnicodeDecodeError:
                lines.insert(0, f"binary file {_verb(self.before, self.after)}")
            else:
                shown = {"before_header": self.name, "after_header": self.name, "before": texts[0], "after": texts[1]}
                return {**shown, "prepared": self._prepared(lines)} if lines else shown
        return {"prepared": self._prepared(lines)}

    def _prepared(self, lines: list[str]) -> str:
        return "".join(f"{self.name}: {line}\n" for line in lines)


def _verb(before: bytes | None, after: bytes | None) -> str:
    if before is None:
        return "added"
    return "removed" if after is None else "changed"
