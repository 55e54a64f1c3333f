"""What there is to know at the moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sample:
    """One series' last value."""

    name: str
    labels: dict[str, str]
    value: float


@dataclass
class Facts:
    """`services`: (name, image, running, wanted); `problems`: what could not be learned, in words."""

    services: list[tuple[str, str, int, int]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def of(self, name: str) -> list[Sample]:
        """Return the samples of one metric."""
        return [sample for sample in self.samples if sample.name == name]
