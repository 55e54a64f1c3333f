"""`skerry-backup VERB`: what the timers, the playbooks and people call. Ends with 0 only when all of it went well."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import NoReturn

from . import binlog, drill, keeping, mariadb, records, redis, restore, run, settings
from .restic import Repository
from .settings import STATE, BackupError, Settings


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    top = argparse.ArgumentParser(prog="skerry-backup", description="Backups of this Skerry host.")
    verbs = top.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("run", help="back up everything, now")
    one.add_argument("--accept-shrunken", action="store_true", help="a database that lost most of its rows is right")
    verbs.add_parser("binlog", help="ship what was committed since the last time")
    for verb, text in (
        ("list", "the runs there are"),
        ("drill", "restore the newest run into a throwaway server and hold it against its manifest"),
        ("check", "read a seventh of a repository, another each day"),
        ("prune", "remove what the retention policy does not keep"),
    ):
        verbs.add_parser(verb, help=text).add_argument(
            "--from", dest="source", default="", help="target (see the role)"
        )
    one = verbs.add_parser("restore", help="bring data back")
    what = one.add_mutually_exclusive_group(required=True)
    what.add_argument("--app", default="", help="one app: its database, Redis keys and volumes")
    what.add_argument("--all", action="store_true", help="every app, and the certificates")
    one.add_argument("--run", default="latest", help="a run of `skerry-backup list`")
    one.add_argument("--to", default="", help="a point in time: '2026-11-24 12:34:56' (UTC) or latest")
    one.add_argument("--as", dest="beside", default="", help="only the database, beside the present one, by this name")
    one.add_argument("--from", dest="source", default="", help="target; the local one where nothing is said")
    verbs.add_parser("failed").add_argument("job")  # what systemd calls when a job ended badly
    one = verbs.add_parser("stream")  # what restic reads from: not for people
    one.add_argument("--facts", required=True)
    one.add_argument("part", choices=["database", "redis"])
    one.add_argument("name", nargs="?", default="")
    return top


def do(options: argparse.Namespace, config: Settings) -> bool:
    """Do what the command line asks for and return whether all of it went well."""
    if options.verb in ("run", "binlog"):
        with records.only_one("restore", wait=60, shared=True):
            if options.verb == "run":
                return run.everything(config, accept_shrunken=options.accept_shrunken)
            return all(one.good for one in binlog.ship(config))
    if options.verb == "failed":
        records.tell(config, "job", False, {"job": options.job, "reason": "see `journalctl -u skerry-backup@…`"})
        return True
    fallback = config.off_site() if options.verb == "drill" else config.local
    target = Repository(config, config.target(options.source) if options.source else fallback)
    if options.verb == "drill":
        return drill.Drill(config, target).go()
    if options.verb == "list":
        print(keeping.table(target))
    elif options.verb == "restore":
        until = restore.moment(options.to) if options.to else None
        restoring = restore.Restore(config, target, run=options.run, until=until)
        restore.restore(config, restoring, app=options.app, beside=options.beside)
    else:
        {"check": keeping.check, "prune": keeping.prune}[options.verb](config, target)
    return True


def _end(_number: int, _frame: object) -> NoReturn:
    sys.exit(143)


def main(arguments: list[str]) -> int:
    """Run one verb."""
    options = parser().parse_args(arguments)
    if options.verb == "stream":
        return (
            mariadb.stream(options.name, options.facts) if options.part == "database" else redis.stream(options.facts)
        )
    if os.geteuid() != 0:
        print("skerry-backup needs root", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _end)  # so that what has to be put back is
    os.umask(0o077)
    STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return 0 if do(options, settings.load()) else 1
    except BackupError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
