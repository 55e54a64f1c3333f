"""The console's own images, built from app/ and tagged with their content: a change is a new release."""

from __future__ import annotations

from collections.abc import Iterable

from tools.workshop import base
from tools.workshop.images import STANDIN, Image, content_hash
from tools.workshop.settings import Settings

PYTHON, NGINX = "debian:13", f"{STANDIN}nginxinc/nginx-unprivileged:1.26"
# Target in app/Dockerfile: image, what it is built on, what of app/ goes in. Each has its own tag, so
# that a change of the frontend restarts no api.
TARGETS = {
    "console": (
        "skerry/console",
        {"PYTHON_BASE": PYTHON},
        ("Dockerfile", "pyproject.toml", "requirements.txt", "requirements-build.txt", "src"),
    ),
    "frontend": (
        "skerry/console-frontend",
        {"PYTHON_BASE": PYTHON, "FRONTEND_BASE": NGINX},
        ("Dockerfile", "frontend"),
    ),
}


def images(settings: Settings) -> list[Image]:
    """Return the console's images; a tag follows from content and from the base image's fingerprint."""
    found = []
    for target, (name, parents, only) in TARGETS.items():
        draft = Image(settings.root / "app", name, tuple(parents.values()), target, tuple(parents.items()), only)
        tag = content_hash(draft.context, [base.fingerprint("debian13", base.extra_cas())], only)
        found.append(Image(draft.context, f"{name}:{tag}", draft.parents, target, draft.args, only))
    return found


def variables(built: Iterable[Image]) -> dict[str, str]:
    """Return the inventory variables that name the console's images among `built`."""
    names = {image.target: image.reference for image in built if image.target in TARGETS}
    return {f"workshop_{target}_image": reference for target, reference in names.items()}
