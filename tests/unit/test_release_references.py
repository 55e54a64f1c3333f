"""Which images follow a release, and what they are called in one."""

from __future__ import annotations

import pytest

from module_utils.skerry.references import called, digest, follows, has_digest, is_release, of_release, repository

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("image", "name", "following"),
    [
        ("shop", "shop", True),
        ("ghcr.io/me/shop", "ghcr.io/me/shop", True),
        ("localhost:5000/me/shop", "localhost:5000/me/shop", True),
        ("localhost:5000/me/shop:1.4", "localhost:5000/me/shop", False),
        ("redis:7", "redis", False),
        (f"shop@{DIGEST}", "shop", False),
        (f"ghcr.io/me/shop:1.4@{DIGEST}", "ghcr.io/me/shop", False),
    ],
)
def test_an_image_without_tag_and_digest_follows(image: str, name: str, following: bool) -> None:
    """A deploy would replace the version of a pinned image, or take a registry's port for a tag."""
    assert (repository(image), follows(image)) == (name, following)


def test_a_release_is_a_tag_or_a_digest() -> None:
    """The engine would be asked for an image that cannot be."""
    assert of_release("me/shop", "1.5") == "me/shop:1.5"
    assert of_release("me/shop", DIGEST) == f"me/shop@{DIGEST}"
    assert of_release("me/shop", f"1.5@{DIGEST}") == f"me/shop:1.5@{DIGEST}"
    assert (called(f"1.5@{DIGEST}"), called("1.5"), called(DIGEST)) == ("1.5", "1.5", DIGEST)
    assert [has_digest(one) for one in (f"1.5@{DIGEST}", DIGEST, "1.5")] == [True, True, False]
    assert (digest(f"me/shop:1.5@{DIGEST}"), digest("me/shop:1.5")) == (DIGEST, "")


@pytest.mark.parametrize("text", ["1.5", "v2", "main", "9f8e7d6", "1.0_rc.1", DIGEST, f"1.5@{DIGEST}"])
def test_what_names_a_release(text: str) -> None:
    """A usual tag would be refused."""
    assert is_release(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b",
        "$(id)",
        "../x",
        "1;2",
        "-1",
        "a/b",
        "sha256:12",
        "x" * 129,
        "1.5\n",
        f"{DIGEST}0",
        "1@2",
        f"@{DIGEST}",
        f"{DIGEST}@1.5",
    ],
)
def test_what_names_none(text: str) -> None:
    """Something else than a tag would reach the stack file."""
    assert not is_release(text)
