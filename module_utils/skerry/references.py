"""References to images: repository, tag and digest, and which images follow the release of their app.

Both halves need this: the controller to write the stack file, the host to put another release into it.
"""

from __future__ import annotations

import re

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")  # https://docs.docker.com/reference/cli/docker/image/tag/
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
NEWEST = "latest"


def repository(image: str) -> str:
    """Return an image without its tag and digest; the port of a registry is neither."""
    name = image.partition("@")[0]
    path, slash, last = name.rpartition("/")
    return f"{path}{slash}{last.partition(':')[0]}"


def follows(image: str) -> bool:
    """Whether an image follows the release of its app: one that names neither tag nor digest does."""
    return repository(image) == image


def digest(image: str) -> str:
    """Return the digest that an image names, empty where it names none."""
    return image.partition("@")[2]


def is_release(text: str) -> bool:
    """Whether a text can name a release: it is a tag, a digest, or both with @ between them."""
    tag, at, pinned = text.rpartition("@")
    return bool(
        DIGEST.fullmatch(pinned) and TAG.fullmatch(tag) if at else TAG.fullmatch(text) or DIGEST.fullmatch(text)
    )


def called(release: str) -> str:
    """Return what a release is called: its tag, or the digest where it has none."""
    return release.partition("@")[0]


def has_digest(release: str) -> bool:
    """Whether a release names a digest, which is one image's."""
    return bool(DIGEST.fullmatch(release.rpartition("@")[2]))


def of_release(name: str, release: str) -> str:
    """Return the image of a release of the repository `name`."""
    return f"{name}@{release}" if DIGEST.fullmatch(release) else f"{name}:{release}"
