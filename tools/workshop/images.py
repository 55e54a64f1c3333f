"""The images of images/: built when their content or their base changed, else not at all.

`images/images.json` lists them, each entry with `dir`, `name`, `tag`, `from` (images it is built
on; the first is the build argument BASE), where it is built for several `distros`, and where its
Dockerfile has several a `target`.
"{distro}" and "{debian}" in `tag` and `from` stand for debian13 and debian:13.
"""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Callable, Container, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from tools.workshop import base, engine
from tools.workshop.shell import WorkshopError

LABEL = "skerry.content"
AT_ONCE = 2
STANDIN, CONSOLE = "skerry-standin/", "skerry/console"
IGNORED = {"node_modules", "__pycache__", ".venv", "dist", ".pytest_cache", ".mypy_cache", ".ruff_cache", "tests"}


@dataclass(frozen=True)
class Image:
    """One image to build: from `only` these names in `context` (all, when empty), on what, under which name."""

    context: Path
    reference: str
    parents: tuple[str, ...]
    target: str = ""
    args: tuple[tuple[str, str], ...] = ()
    only: tuple[str, ...] = ()

    @property
    def served_as(self) -> str:
        """The name under which the registry serves it, "" for an image that only this machine needs.

        Stand-ins are served under the official name: library/mariadb:11.8.
        """
        if self.reference.startswith(STANDIN):
            name = self.reference.removeprefix(STANDIN)
            return name if "/" in name.split(":")[0] else f"library/{name}"
        return self.reference if self.reference.startswith(CONSOLE) else ""


def read_table(directory: Path, distros: Iterable[str], *, molecule: bool) -> list[Image]:
    """Return the images of `directory`/images.json for `distros`, with those that only Molecule needs or without.

    Raises WorkshopError for an entry whose Dockerfile is missing.
    """
    found = []
    for entry in json.loads((directory / "images.json").read_text()):
        if entry.get("molecule") and not molecule:
            continue
        context = directory / entry["dir"]
        if not (context / "Dockerfile").is_file():
            raise WorkshopError(f"images/images.json names {entry['dir']}, which has no Dockerfile")
        wanted = [d for d in entry["distros"] if d in set(distros)] if "distros" in entry else ["debian13"]
        for distro in wanted:
            words = {"distro": distro, "debian": base.image_name(distro)}
            parents = tuple(name.format(**words) for name in entry["from"])
            reference = f"{entry['name']}:{entry['tag'].format(**words)}"
            found.append(Image(context, reference, parents, entry.get("target", "")))
    return found


def content_hash(directory: Path, extra: Iterable[str] = (), only: Container[str] = ()) -> str:
    """Return 12 hex digits that change with any file of `directory` or any string of `extra`.

    `only` limits it to these names directly in `directory`. Names, contents and the executable bit
    count; times, owners and generated directories do not.
    """
    digest = hashlib.sha256("\0".join(extra).encode())
    for path in sorted(directory.rglob("*")):
        inner = path.relative_to(directory)
        if only and inner.parts[0] not in only:
            continue
        if IGNORED.intersection(inner.parts) or ".egg-info" in inner.as_posix() or not path.is_file():
            continue
        executable = bool(path.stat().st_mode & stat.S_IXUSR)
        digest.update(f"\0{inner.as_posix()}\0{executable}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def build(image: Image) -> bool:
    """Build `image` unless the one at hand was made from the same content; tell whether it built."""
    identities = []
    for parent in image.parents:
        identity = engine.inspect("image", parent, "{{.Id}}")
        if identity is None:
            raise WorkshopError(f"{image.reference} is built on {parent}, which is not there")
        identities.append(identity)
    wanted = content_hash(image.context, [*identities, image.target], image.only)
    if engine.inspect("image", image.reference, f'{{{{index .Config.Labels "{LABEL}"}}}}') == wanted:
        return False
    args = image.args or (("BASE", image.parents[0]),)
    engine.build(image.context, [image.reference], args=dict(args), labels={LABEL: wanted}, target=image.target)
    return True


def build_all(images: list[Image], report: Callable[[str], None] = lambda _: None) -> list[str]:
    """Build `images`, parents first, AT_ONCE at a time; return the references that were built.

    The first failure ends it, after what is running at that moment.
    """
    references = {image.reference for image in images}
    waiting, done, built = list(images), set[str](), list[str]()
    running: dict[Future[bool], Image] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while waiting or running:
            ready = [i for i in waiting if all(p in done or p not in references for p in i.parents)]
            if not ready and not running:
                raise WorkshopError(f"images/images.json: a circle among {', '.join(i.reference for i in waiting)}")
            for image in ready[: AT_ONCE - len(running)]:
                waiting.remove(image)
                running[pool.submit(build, image)] = image
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                image = running.pop(future)
                if future.result():
                    built.append(image.reference)
                    report(image.reference)
                done.add(image.reference)
    return built
