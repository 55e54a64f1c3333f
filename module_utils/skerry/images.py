"""Make sure, before anything is touched, that every image of a stack can be had."""

from __future__ import annotations

from collections.abc import Mapping

from .client import ClientError, docker
from .engine import Engine
from .references import digest, repository


class ImageMissingError(Exception):
    """An image is neither in a registry that the engine reaches nor on this host; the text names it and its service."""


def prepare(engine: Engine, images: Mapping[str, str]) -> str:
    """Fetch what this host lacks and return the `--resolve-image` that suits; raise ImageMissingError otherwise.

    `changed` pins each new image to its digest. `never` is for images that only this host has: asking a registry for
    their digests would only warn. On a Swarm of one node the images are pulled here, ahead of the deployment, so that a
    service which stops before it starts (a database) is not down for the length of a pull.
    """
    policy = "changed"
    alone = engine.get("/info").get("Swarm", {}).get("Nodes", 1) == 1
    for service, image in images.items():
        here = engine.image(image) is not None
        if engine.registry_has_image(image):
            if alone and not here:
                _pull(service, image)
        elif here:
            policy = "never"
        else:
            _pull(service, image)  # with the credentials of `docker login`, which only the client knows
    return policy


def pinned(engine: Engine, service: str, image: str) -> str:
    """Return the image with its digest, which is what a tag means now; as it is where only this host has it.

    Raises ImageMissingError where it is nowhere to be had.
    """
    if digest(image):
        return image
    found = engine.registry_digest(image)
    if not found and engine.image(image) is None:
        _pull(service, image)  # with the credentials of `docker login`, which only the client knows
    if not found:
        known = (engine.image(image) or {}).get("RepoDigests") or []
        found = next((digest(one) for one in known if repository(one) == repository(image)), "")
    return f"{image}@{found}" if found else image


def missing(engine: Engine, images: Mapping[str, str]) -> list[str]:
    """Return a sentence for each image that is nowhere to be had, as far as can be told without pulling."""
    return [
        _sentence(service, image)
        for service, image in images.items()
        if engine.image(image) is None and not engine.registry_has_image(image)
    ]


def _pull(service: str, image: str) -> None:
    try:
        docker("pull", "--quiet", image)
    except ClientError as error:
        raise ImageMissingError(f"{_sentence(service, image)} The engine says: {error}") from error


def _sentence(service: str, image: str) -> str:
    return f"Service {service}: no registry that this engine uses has the image {image}, nor has this host."
