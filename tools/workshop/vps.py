"""The VPS: a container that is a Debian machine, reached by SSH like any other."""

from __future__ import annotations

import shlex
import time
from pathlib import Path

from tools.workshop import containers, engine, packages
from tools.workshop.settings import VPS_HOST, Settings
from tools.workshop.shell import WorkshopError, run, tail, write_if_changed

BOOT_SECONDS = 60
# No seccomp and AppArmor profiles, and a cgroup namespace of its own: systemd and a nested engine
# need them, also where the machine itself cannot grant --privileged.
MACHINE = [
    "--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--cap-add", "SYS_PTRACE",
    "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined",
    "--cgroupns", "private", "--tmpfs", "/run", "--tmpfs", "/tmp", "--volume", "/var/lib/docker",  # noqa: S108
]  # fmt: skip


def key(settings: Settings) -> Path:
    """Make the SSH key of this checkout once; return the private half's path."""
    private = settings.local / "ssh" / "id_ed25519"
    if not private.is_file():
        packages.ensure(["ssh", "ssh-keygen"], ["openssh-client"])
        private.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "skerry-workshop", "-f", private])
    return private


def ssh_options(settings: Settings) -> list[str]:
    """Return the ssh options that reach the VPS whatever the operator's own ssh configuration says."""
    return [
        "-F", "none", "-i", str(settings.local / "ssh" / "id_ed25519"),
        "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
        "-o", f"UserKnownHostsFile={settings.local / 'ssh' / 'known_hosts'}",
        "-o", "GlobalKnownHostsFile=none", "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=5",
    ]  # fmt: skip


def ssh_command(settings: Settings) -> list[str]:
    """Return the whole command that runs its further words on the VPS."""
    return ["ssh", *ssh_options(settings), f"root@{settings.address(VPS_HOST)}"]


def ensure(settings: Settings) -> bool:
    """Run the VPS and wait until SSH answers; tell whether it was started.

    An existing VPS is kept even where its image has changed since: it is a machine with state.
    Raises WorkshopError where another checkout owns it, a port is taken, or it does not boot.
    """
    name = settings.container("vps")
    if owner := containers.foreign_checkout(settings, name):
        raise WorkshopError(
            f"the VPS {name} belongs to another checkout: {owner}",
            f"run `make down` there, or give this one a name of its own: {other_workshop(settings)} make up",
        )
    private = key(settings)
    options = [*MACHINE, "--ip", str(settings.address(VPS_HOST))]
    for published in (
        f"{settings.https_port}:443/tcp",
        f"{settings.https_port}:443/udp",
        f"{settings.http_port}:80/tcp",
    ):
        options += ["--publish", f"127.0.0.1:{published}"]
    if settings.vps_memory:
        options += ["--memory", settings.vps_memory]
    options += ["--label", f"skerry.distro={settings.distro}"]
    made = containers.label("container", name, "skerry.distro")
    if made and made != settings.distro:
        raise WorkshopError(
            f"the VPS {name} is a {made}, and {settings.distro} is asked for",
            f"`make down` removes it; or have both: DISTRO={settings.distro} {other_workshop(settings)} make up",
        )
    try:
        started = containers.ensure(settings, "vps", f"skerry/vps:{settings.distro}", options, replace=False)
    except WorkshopError as error:
        if "port is already allocated" not in str(error) and "address already in use" not in str(error):
            raise
        containers.remove(name)
        raise WorkshopError(
            f"a port of the VPS is taken: {tail(str(error), 1)}",
            "free it, or choose others: SKERRY_HTTPS_PORT=9443 SKERRY_HTTP_PORT=9080 make up",
        ) from error
    _authorize(settings, name, private)
    return started


def require(settings: Settings) -> None:
    """Raise WorkshopError unless this checkout's VPS runs where we would look for it.

    Asked before anything is sent: a private address without its bridge would be looked for outside.
    """
    name, wanted = settings.container("vps"), str(settings.address(VPS_HOST))
    if owner := containers.foreign_checkout(settings, name):
        raise WorkshopError(f"the VPS {name} belongs to another checkout: {owner}", "go there, or `make up` your own")
    template = "{{.State.Status}}{{range .NetworkSettings.Networks}} {{.IPAddress}}{{end}}"
    found = (engine.inspect("container", name, template) or "absent").split()
    if found != ["running", wanted]:
        raise WorkshopError(f"there is no VPS {name} running at {wanted} ({' '.join(found)})", "`make up` starts it")


def outdated(settings: Settings) -> bool:
    """Tell whether the VPS was made from another image than the one at hand."""
    made_of = engine.inspect("container", settings.container("vps"), "{{.Image}}")
    return made_of != engine.inspect("image", f"skerry/vps:{settings.distro}", "{{.Id}}")


def other_workshop(settings: Settings) -> str:
    """Return environment settings that do not collide with `settings`, to show in a hint."""
    return (
        f"SKERRY_WORKSHOP={settings.name}-2 SKERRY_SUBNET=172.29.0 "
        f"SKERRY_HTTPS_PORT={settings.https_port + 1000} SKERRY_HTTP_PORT={settings.http_port + 1000}"
    )


def _authorize(settings: Settings, name: str, private: Path) -> None:
    """Let our key in, learn the VPS's host key over the engine, and wait until SSH answers."""
    public = private.with_suffix(".pub").read_bytes()
    put = "umask 077; mkdir -p /root/.ssh; cat > /root/.ssh/authorized_keys"
    end = time.monotonic() + BOOT_SECONDS
    while True:
        host_key = engine.docker("exec", name, "cat", "/etc/ssh/ssh_host_ed25519_key.pub", check=False)
        if host_key:
            known = f"{settings.address(VPS_HOST)} {' '.join(host_key.split()[:2])}\n"
            write_if_changed(settings.local / "ssh" / "known_hosts", known)
            answer = run([*ssh_command(settings), "true"], check=False, timeout=15)
            if answer.returncode == 0:
                return
            run(["docker", "exec", "--interactive", name, "sh", "-c", put], stdin=public, check=False)
        if time.monotonic() > end:
            said = tail(engine.docker("logs", "--tail", "10", name, check=False), 10)
            raise WorkshopError(
                f"SSH on the VPS did not answer within {BOOT_SECONDS} s\n{said}",
                f"look inside with `docker exec -it {name} journalctl -b`, or start anew with `make down up`",
            )
        time.sleep(0.3)


def remote(settings: Settings, command: str, *, check: bool = True, timeout: float = 60) -> str:
    """Run a shell command on the VPS over SSH and return what it printed."""
    return run([*ssh_command(settings), command], check=check, timeout=timeout).stdout.strip()


def ssh_prefix(settings: Settings) -> str:
    """Return ssh_command as one line for the shell."""
    return shlex.join(ssh_command(settings))
