"""When the workshop builds an image anew, and under which name the registry serves it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.workshop import base, images
from tools.workshop.images import Image, content_hash, read_table
from tools.workshop.shell import WorkshopError


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A small build context."""
    (tmp_path / "Dockerfile").write_text("FROM debian:13\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "run").write_text("#!/bin/sh\n")
    return tmp_path


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda d: (d / "src/run").write_text("#!/bin/bash\n"),
    "name": lambda d: (d / "src/run").rename(d / "src/start"),
    "executable bit": lambda d: (d / "src/run").chmod(0o755),
    "another file": lambda d: (d / "src/more").write_text(""),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_changes_the_hash(context: Path, change: Callable[[Path], object]) -> None:
    """The changed image would not be built, and the site would go on with the old one."""
    before = content_hash(context)
    change(context)
    assert content_hash(context) != before


def test_generated_files_and_times_do_not_change_the_hash(context: Path) -> None:
    """Every `make up` would roll the console although nothing changed."""
    before = content_hash(context)
    (context / "src" / "__pycache__").mkdir()
    (context / "src" / "__pycache__" / "run.pyc").write_text("x")
    (context / "node_modules").mkdir()
    (context / "node_modules" / "left-pad.js").write_text("x")
    (context / "src" / "run").touch()
    assert content_hash(context) == before


def test_a_base_changes_the_hash(context: Path) -> None:
    """A security fix in the base image would never reach what is built on it."""
    assert len({content_hash(context), content_hash(context, ["a"]), content_hash(context, ["b"])}) == 3


def test_only_the_named_paths_count(context: Path) -> None:
    """A change of the frontend would restart the api."""
    before = content_hash(context, only=("Dockerfile",))
    (context / "src" / "run").write_text("changed")
    assert content_hash(context, only=("Dockerfile",)) == before
    (context / "Dockerfile").write_text("FROM debian:12\n")
    assert content_hash(context, only=("Dockerfile",)) != before


@pytest.mark.parametrize(
    ("reference", "served"),
    [
        ("skerry-standin/mariadb:11.8", "library/mariadb:11.8"),
        ("skerry-standin/prom/mysqld-exporter:v0.17.2", "prom/mysqld-exporter:v0.17.2"),
        ("skerry/console:0a1b2c", "skerry/console:0a1b2c"),
        ("skerry/console-frontend:0a1b2c", "skerry/console-frontend:0a1b2c"),
        ("skerry/vps:debian13", ""),
    ],
)
def test_the_registry_serves_official_names(reference: str, served: str) -> None:
    """The VPS would not find the image under the name that the roles use."""
    assert Image(Path(), reference, ()).served_as == served


def table(directory: Path, *entries: dict[str, object]) -> Path:
    """Write an images.json and a Dockerfile for each entry; return the directory."""
    (directory / "images.json").write_text(json.dumps(entries))
    for entry in entries:
        (directory / str(entry["dir"])).mkdir()
        (directory / str(entry["dir"]) / "Dockerfile").write_text("")
    return directory


def test_placeholders_and_distributions(tmp_path: Path) -> None:
    """Molecule's Debian 12 scenarios would run on Debian 13."""
    directory = table(
        tmp_path,
        {
            "dir": "vps",
            "name": "skerry/vps",
            "tag": "{distro}",
            "from": ["{debian}"],
            "distros": ["debian13", "debian12"],
        },
        {"dir": "redis", "name": "skerry-standin/redis", "tag": "8.0", "from": ["debian:13"]},
    )
    found = [(i.reference, i.parents) for i in read_table(directory, ["debian12"], molecule=False)]
    assert found == [("skerry/vps:debian12", ("debian:12",)), ("skerry-standin/redis:8.0", ("debian:13",))]


def test_images_of_tests_are_left_out_of_make_up(tmp_path: Path) -> None:
    """`make up` would take longer for images that it never starts."""
    directory = table(tmp_path, {"dir": "x", "name": "skerry/x", "tag": "1", "from": ["debian:13"], "molecule": True})
    assert read_table(directory, ["debian13"], molecule=False) == []
    assert len(read_table(directory, ["debian13"], molecule=True)) == 1


def test_a_missing_dockerfile_is_named(tmp_path: Path) -> None:
    """A typing error in images.json would drop an image silently, and a role would not find it."""
    directory = table(tmp_path, {"dir": "x", "name": "skerry/x", "tag": "1", "from": ["debian:13"]})
    (directory / "x" / "Dockerfile").unlink()
    with pytest.raises(WorkshopError, match="names x, which has no Dockerfile"):
        read_table(directory, [], molecule=False)


def test_parents_are_built_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child would be built on the old parent, and differ on the next run."""
    order: list[str] = []

    def build(image: Image) -> bool:
        order.append(image.reference)
        return True

    monkeypatch.setattr(images, "build", build)
    wanted = [Image(Path(), "c:1", ("b:1",)), Image(Path(), "b:1", ("a:1",)), Image(Path(), "a:1", ("debian:13",))]
    assert images.build_all(wanted) == order == ["a:1", "b:1", "c:1"]


def test_a_circle_ends_with_an_error() -> None:
    """`make up` would hang for ever."""
    with pytest.raises(WorkshopError, match="a circle among"):
        images.build_all([Image(Path(), "a:1", ("b:1",)), Image(Path(), "b:1", ("a:1",))])


def test_the_base_follows_the_machines_own_authorities(tmp_path: Path) -> None:
    """Behind a proxy that got a new certificate, every pip in a build would fail."""
    certificate = tmp_path / "proxy.crt"
    certificate.write_text("one")
    first = base.fingerprint("debian13", base.extra_cas(tmp_path))
    certificate.write_text("two")
    assert first != base.fingerprint("debian13", base.extra_cas(tmp_path))
    assert first != base.fingerprint("debian12", [certificate])
