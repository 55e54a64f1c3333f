"""What an endpoint answers, for the API's description: its status, an example, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Refusals = Mapping[int, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """``examples`` by status, the usual one first; None for an answer without a body. ``headers``: what they say.

    ``body`` is an example of what is sent.
    """

    examples: Mapping[int, Any]
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    refuses: Refusals = field(default_factory=dict)


def answers(
    status: int,
    example: Any = None,
    *,
    body: Any = None,
    also: Mapping[int, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    refuses: Refusals | None = None,
) -> Callable[[Endpoint], Endpoint]:
    """Say what an endpoint answers; goes below ``@guarded``.

    ``body``: an example of what is sent. ``also``: examples of other answers, by status. ``headers``: those that every
    answer named here has, and what they say. ``refuses``: the codes of its problems, by status, besides those that its
    guard, its path and its body bring along.
    """
    said = Answers(
        examples={status: example} | dict(also or {}), body=body, headers=headers or {}, refuses=refuses or {}
    )

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.__answers__ = said  # type: ignore[attr-defined]
        return endpoint

    return mark


def answers_of(endpoint: Callable[..., Any]) -> Answers | None:
    """What ``@answers`` says; None without it."""
    said: Answers | None = getattr(endpoint, "__answers__", None)
    return said
