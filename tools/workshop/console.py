"""The console's own images, built from app/ and tagged with its content: a change is a new release."""

from __future__ import annotations

from collections.abc import Iterable

from tools.workshop import base
from tools.workshop.images import Image, content_hash
from tools.workshop.settings import Settings

TARGETS = {"console": "skerry/console", "frontend": "skerry/console-frontend"}
PARENTS = ("debian:13",)


def images(settings: Settings) -> list[Image]:
    """Return the console's images; the tag follows from app/ and from what they are built on."""
    context = settings.root / "app"
    if not (context / "Dockerfile").is_file():  # TODO: drop when app/Dockerfile has landed
        return []
    tag = content_hash(context, [base.fingerprint("debian13", base.extra_cas())])
    return [Image(context, f"{name}:{tag}", PARENTS, target) for target, name in TARGETS.items()]


def variables(built: Iterable[Image]) -> dict[str, str]:
    """Return the inventory variables that name the console's images among `built`."""
    names = {image.target: image.reference for image in built if image.target in TARGETS}
    return {f"workshop_{target}_image": reference for target, reference in names.items()}
