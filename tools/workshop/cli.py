"""The verbs of the workshop, as the Makefile calls them."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import sys
from pathlib import Path

from tools.workshop import base, console, containers, engine, images, inventory, services, site, status, venv, vps
from tools.workshop.settings import SUITES, Settings, load
from tools.workshop.shell import WorkshopError, live, run, tail, write_if_changed
from tools.workshop.stages import Stages


class Workshop:
    """The steps of one run, in the order in which they depend on each other."""

    def __init__(self, settings: Settings, stages: Stages) -> None:
        self.settings, self.stages = settings, stages
        self.images: list[images.Image] = []

    def lock(self) -> None:
        """Wait until no other run works on this checkout's workshop; held until this process ends."""
        self.settings.local.mkdir(exist_ok=True)
        self._held = (self.settings.local / "lock").open("w")
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.stages.report("another run is at work on this workshop: waiting for it to end")
            fcntl.flock(self._held, fcntl.LOCK_EX)

    def prepare(self, distros: list[str], *, molecule: bool) -> None:
        """Do everything that the VPS needs from this machine."""
        venv.check_python()
        self.lock()
        step = self.stages.run
        # Half download, half one core: as long as the engine and the images together on a fresh machine.
        python = self.stages.beside("python", lambda: venv.ensure(self.settings) and "filled from requirements/dev.txt")
        step("engine", lambda: f"Docker {engine.ensure()}")
        step("base images", lambda: ", ".join(d for d in dict.fromkeys(["debian13", *distros]) if base.ensure(d)))
        step("images", lambda: self._build(distros, molecule))
        step("network", lambda: containers.ensure_network(self.settings))
        step("registry", self._registry)
        step("acme server", lambda: services.ensure_acme(self.settings))
        step("off-site", lambda: services.ensure_offsite(self.settings))
        python()

    def _build(self, distros: list[str], molecule: bool) -> str:
        self.images = images.read_table(self.settings.root / "images", distros, molecule=molecule)
        self.images += console.images(self.settings)
        built = images.build_all(self.images, self.stages.report)
        # For Molecule's scenarios, which know no other way to learn the tags.
        variables = json.dumps(console.variables(self.images), indent=1)
        write_if_changed(self.settings.local / "images.json", variables, 0o644)
        return f"{len(built)} of {len(self.images)} built" if built else ""

    def _registry(self) -> str:
        services.ensure_registry(self.settings)
        pushed = services.push(self.settings, self.images, self.stages.report)
        return f"{pushed} pushed" if pushed else ""

    def secrets(self, target: Path) -> str:
        """Complete the vault of the inventory `target`; the local one only when a file of it changed."""
        local = inventory.directory(self.settings)
        stamp = self.settings.local / "secrets.stamp"
        if target == local and stamp.is_file() and stamp.read_text() == images.content_hash(local):
            return ""
        python = self.settings.root / ".venv" / "bin" / "python"
        command: list[str | Path] = [python, "-m", "tools.workshop.vault", target]
        if target == local:
            command += ["--admin-password", self.settings.local / "admin-password"]
        done = run(command, cwd=self.settings.root, check=False)
        if done.returncode:
            raise WorkshopError(tail(done.stderr))
        if target == local:
            write_if_changed(stamp, images.content_hash(local))
        return done.stdout.strip()

    def up(self) -> None:
        """Everything from nothing to the console answering over verified HTTPS."""
        settings, step = self.settings, self.stages.run
        self.prepare([settings.distro], molecule=False)
        step("vps", self._vps)
        step("inventory", self._inventory)
        step("secrets", lambda: self.secrets(inventory.directory(settings)))
        step("certificates", self._authorities)
        self.stages.announce("site.yml")
        step("site.yml", lambda: site.apply(settings))
        step("console", lambda: f"answers; certificate by {site.wait_until_it_answers(settings)}")
        self.stages.save(settings.local / "stages.json")
        status.farewell(settings, self.stages)

    def _vps(self) -> str:
        started = vps.ensure(self.settings)
        if started:
            # Facts of an earlier VPS of the same name would be believed for a day.
            shutil.rmtree(self.settings.local / "facts", ignore_errors=True)
            return f"started, {self.settings.distro}"
        return (
            "kept, though its image is another by now: `make down up` renews it" if vps.outdated(self.settings) else ""
        )

    def _inventory(self) -> bool:
        changed = inventory.write_variables(self.settings, console.variables(self.images))
        return inventory.write_environment(self.settings) or changed

    def _authorities(self) -> str:
        renewed = services.fetch_authorities(self.settings, lambda: site.forget_certificates(self.settings))
        return "the ACME server has a new root: Traefik asks for its certificates anew" if renewed else ""


def down(settings: Settings) -> None:
    """Remove the VPS with all it holds."""
    name = settings.container("vps")
    if owner := containers.foreign_checkout(settings, name):
        raise WorkshopError(f"the VPS {name} belongs to another checkout: {owner}", "run `make down` there")
    gone = containers.remove(name)
    print(f"{name} removed" if gone else f"there is no {name}", "(images, registry and secrets are kept)")


def clean(settings: Settings, *, with_images: bool, force: bool) -> None:
    """Remove all that this workshop made on the engine, and .local; another checkout's only with `force`."""
    if engine.answers():
        if not force and (owner := containers.foreign_checkout(settings, settings.container("vps"))):
            raise WorkshopError(f"the workshop {settings.name} belongs to another checkout: {owner}")
        names = containers.of_workshop(settings)
        for name in names:
            containers.remove(name)
        for volume in (settings.container("acme"), settings.container("offsite"), services.REGISTRY_VOLUME):
            # The registry's volume serves every workshop of this machine: one in use stays.
            engine.docker("volume", "rm", volume, check=False)
        engine.docker("network", "rm", settings.name, check=False)
        if with_images:
            references = engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
            ours = [r for r in references if r.startswith(("skerry/", images.STANDIN))]
            if ours:
                engine.docker("rmi", "--force", *ours, check=False)
        print(f"removed {', '.join(names) or 'no container'}, network {settings.name}")
    else:
        print(
            "The Docker engine does not answer, so its containers and volumes stay: `make workshop clean` removes them."
        )
    shutil.rmtree(settings.local, ignore_errors=True)
    inventory.variables_file(settings).unlink(missing_ok=True)
    print(f"removed {settings.local}; secrets are kept in {inventory.directory(settings)}/group_vars/all/vault.yml")


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="tools.workshop", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("up", help="make the VPS, run site.yml, wait for the console")
    verbs.add_parser("workshop", help="what Molecule needs: engine, images, registry, ACME server; no VPS")
    verbs.add_parser("venv", help="make or update the virtual environment")
    secrets = verbs.add_parser("secrets", help="add missing secrets to an inventory")
    secrets.add_argument("inventory", nargs="?", type=Path)
    verbs.add_parser("down", help="remove the VPS")
    cleaning = verbs.add_parser("clean", help="remove the workshop and .local")
    cleaning.add_argument("--images", action="store_true", help="also remove the images")
    cleaning.add_argument("--force", action="store_true", help="also where another checkout made it")
    shell = verbs.add_parser("ssh", help="a shell on the VPS, or one command")
    shell.add_argument("command", nargs="*")
    verbs.add_parser("status", help="containers, services, certificate")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Run one verb; return the exit code (1 after a failed stage, 130 after Ctrl-C)."""
    options = parse(argv)
    stages = Stages()
    stages.current = options.verb
    try:
        return run_verb(options, Workshop(load(), stages))
    except WorkshopError as error:
        stages.failed(error)
        return 1
    except KeyboardInterrupt:
        stages.interrupted()
        return 130
    except BrokenPipeError:  # the reader, as in `make status | head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def run_verb(options: argparse.Namespace, workshop: Workshop) -> int:
    """Run the chosen verb; return its exit code."""
    settings = workshop.settings
    match options.verb:
        case "up":
            workshop.up()
        case "workshop":
            workshop.prepare(list(SUITES), molecule=True)
        case "venv":
            workshop.stages.run("python", lambda: venv.ensure(settings))
        case "secrets":
            workshop.stages.run("python", lambda: venv.ensure(settings))
            chosen = options.inventory.resolve() if options.inventory else inventory.directory(settings)
            workshop.stages.run("secrets", lambda: workshop.secrets(chosen))
        case "down":
            down(settings)
        case "clean":
            clean(settings, with_images=options.images, force=options.force)
        case "ssh":
            vps.require(settings)
            return live([*vps.ssh_command(settings), *options.command])
        case "status":
            return status.show(settings)
    return 0
