"""The base images debian:13 and debian:12: pulled where a registry answers, else made by mmdebstrap.

Either way they get ca-certificates and this machine's own extra CAs, so that pip and npm work
behind an intercepting proxy. A label records what went in, and makes the second run free.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools.workshop import engine, packages
from tools.workshop.settings import SUITES
from tools.workshop.shell import WorkshopError, run, tail

EXTRA_CAS = Path("/usr/local/share/ca-certificates")
LABEL = "skerry.base"
PULL_SECONDS = 90
# Manual pages and translations are half of a minimal system; dpkg need not fsync into a throw-away tree.
MMDEBSTRAP_OPTIONS = [
    "--variant=minbase",
    "--include=ca-certificates",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=force-unsafe-io",
]
DOCKERFILE = """\
FROM {image}
RUN command -v update-ca-certificates >/dev/null \\
    || {{ apt-get -qq update && apt-get -qq install --yes --no-install-recommends ca-certificates \\
         && apt-get clean && rm -rf /var/lib/apt/lists/*; }}
COPY . /usr/local/share/ca-certificates/
RUN update-ca-certificates
{environment}"""
# Tools that carry their own list of authorities are told of the system's.
CA_ENVIRONMENT = """\
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
"""


def image_name(distro: str) -> str:
    """Return the image's name for a distro: debian13 → debian:13."""
    return f"debian:{distro.removeprefix('debian')}"


def extra_cas(directory: Path = EXTRA_CAS) -> list[Path]:
    """Return the certificates that this machine's administrator added, in a stable order."""
    return sorted(directory.glob("**/*.crt")) if directory.is_dir() else []


def fingerprint(distro: str, certificates: list[Path]) -> str:
    """Return a hash of all that decides the content of the base image."""
    digest = hashlib.sha256("\0".join([distro, DOCKERFILE, CA_ENVIRONMENT, *MMDEBSTRAP_OPTIONS]).encode())
    for path in certificates:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def ensure(distro: str) -> bool:
    """Make sure of the base image for `distro`; tell whether anything was made.

    Raises WorkshopError where neither a registry nor a Debian mirror gives one.
    """
    image, certificates = image_name(distro), extra_cas()
    wanted = fingerprint(distro, certificates)
    template = f'{{{{index .Config.Labels "{LABEL}"}}}}'
    if engine.inspect("image", image, template) == wanted:
        return False
    if not engine.exists("image", image) and not _pull(image):
        _bootstrap(distro, image)
    with tempfile.TemporaryDirectory(prefix="skerry-cas-") as directory:
        for number, path in enumerate(certificates):
            shutil.copy(path, Path(directory, f"host-{number}.crt"))
        environment = CA_ENVIRONMENT if certificates else ""
        text = DOCKERFILE.format(image=image, environment=environment)
        engine.build(Path(directory), [image], labels={LABEL: wanted}, dockerfile=text)
    return True


def _pull(image: str) -> bool:
    """Pull `image`, giving up at once where no registry answers."""
    try:
        return run(["docker", "pull", "--quiet", image], check=False, timeout=PULL_SECONDS).returncode == 0
    except WorkshopError:
        return False


def _bootstrap(distro: str, image: str) -> None:
    packages.ensure(["mmdebstrap"], ["mmdebstrap"])
    # /tmp may be mounted noexec, or be too small for a system; sudo would drop our own environment.
    prefix = ["env", "LC_ALL=C", "TMPDIR=/var/tmp", "mmdebstrap"]
    command = packages.as_root([*prefix, *MMDEBSTRAP_OPTIONS, SUITES[distro], "-"])
    with tempfile.TemporaryFile() as errors:
        making = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        importing = subprocess.run(
            ["docker", "import", "-", f"{image}-import"], stdin=making.stdout, capture_output=True, check=False
        )
        if making.stdout:
            making.stdout.close()
        made = making.wait()
        errors.seek(0)
        said = tail(errors.read().decode(errors="replace") + importing.stderr.decode(errors="replace"), 15)
    if made or importing.returncode:
        # A cut archive imports all the same: never leave half a system under the real name.
        engine.docker("image", "rm", f"{image}-import", check=False)
        raise WorkshopError(
            f"mmdebstrap could not make {image}:\n{said}", "check this machine's apt sources and network"
        )
    engine.docker("tag", f"{image}-import", image)
    engine.docker("image", "rm", f"{image}-import")
