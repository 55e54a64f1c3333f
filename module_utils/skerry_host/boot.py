"""Start the package `skerry` on a host: sent as the text of `python3 -c`, so it imports little, and nothing of ours.

Arguments: the package's digest, and `keep` or `discard` (a check run leaves nothing behind). Reads one line from stdin,
the package as a zip in base64 or nothing, and leaves the rest to skerry.host. Where the package is not there yet and
did not come along it says so, and the caller sends it.
"""

import binascii
import os
import sys

OLD_SECONDS = 86400  # until then another version may still be at work


def root() -> str:
    """Return the directory of the package's versions, which only this user can write."""
    if os.geteuid() == 0:
        return "/var/lib/skerry/agent"
    return os.path.expanduser("~/.cache/skerry/agent")


def trusted(place: str) -> bool:
    """Return whether `place` is a directory that nobody else can have written."""
    try:
        about = os.lstat(place)
    except OSError:
        return False
    return about.st_uid == os.geteuid() and about.st_mode & 0o40022 == 0o40000


def unpack(bundle: bytes, place: str) -> None:
    """Write the files of the package below `place`."""
    import io
    import zipfile

    zipfile.ZipFile(io.BytesIO(bundle)).extractall(place)


def install(bundle: bytes, place: str) -> None:
    """Unpack the package so that `place` is either whole or not there; remove versions long out of use."""
    import shutil
    import tempfile
    import time

    above = os.path.dirname(place)
    os.makedirs(above, mode=0o700, exist_ok=True)
    for entry in os.scandir(above):
        if time.time() - entry.stat(follow_symlinks=False).st_mtime > OLD_SECONDS:
            shutil.rmtree(entry.path, ignore_errors=True)
    new = tempfile.mkdtemp(prefix=".new-", dir=above)
    unpack(bundle, new)
    shutil.rmtree(place, ignore_errors=True)
    try:
        os.rename(new, place)
    except OSError:  # another run was quicker
        shutil.rmtree(new, ignore_errors=True)


def serve(place: str) -> None:
    """Answer what the rest of stdin asks, with the package in `place`."""
    sys.path.insert(0, place)
    from skerry import host

    host.serve()


def usable(place: str) -> bool:
    """Return whether `place` holds the package, undamaged as far as an import tells: a power cut leaves empty files."""
    if not trusted(place):
        return False
    sys.path.insert(0, place)
    try:
        from skerry import host
    except Exception:
        return False
    return hasattr(host, "serve")


def main(digest: str, keep: str) -> None:
    """Do what stdin asks for."""
    bundle = binascii.a2b_base64(sys.stdin.buffer.readline())
    place = os.path.join(root(), digest)
    if not bundle:
        if not usable(place):
            print('{"absent": true}')
            return
        os.utime(place)
        serve(place)
    elif keep == "keep":
        install(bundle, place)
        serve(place)
    else:
        import tempfile

        sys.dont_write_bytecode = True
        with tempfile.TemporaryDirectory() as aside:
            unpack(bundle, aside)
            serve(aside)


main(*sys.argv[1:])
