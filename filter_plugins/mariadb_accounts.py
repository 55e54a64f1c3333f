"""Accounts of MariaDB: what is wrong with the list of databases, and what to change on the server to match it.

Passwords go to the server as the hash that it stores (``mysql_native_password``: SHA-1 twice), so no plain password
ever is in a statement, in the server's logs, or on the way there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

SETTING = re.compile(r"[a-z][a-z0-9_.]*")
NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
RESERVED_USERS = {"root", "mysql", "mariadb", "exporter", "healthcheck", "public"}
RESERVED_DATABASES = {"mysql", "sys", "information_schema", "performance_schema"}
ROOT = "`root`@`localhost`"
SERVER_ACCOUNTS = {"mariadb.sys", "healthcheck"}
"""Users that the image makes for itself."""

GRANT = re.compile(r"(GRANT .+ TO (`[^`]*`@`[^`]*`))(.*)")
"""A line of SHOW GRANTS: the right, the account in it; the rest holds how it signs in and what goes with the right."""

DATABASE = "DATABASE "
"""What the lines that name a database begin with in the answer to the role's question (`__mariadb_question`)."""


class Account(NamedTuple):
    """An account as it has to be."""

    name: str  # `user`@`host`
    sign_in: str  # what follows CREATE USER and ALTER USER, in the words of SHOW GRANTS
    rights: frozenset[str]  # statements, in the words of SHOW GRANTS


class Shown(NamedTuple):
    """An account as the server has it."""

    sign_in: set[str]
    rights: set[str]


def mariadb_problems(databases: Any, config: Mapping[str, Any] | None = None) -> list[str]:
    """Return one sentence for each thing wrong with ``mariadb_databases`` and ``mariadb_config``.

    databases: a list of {name, user, password}. config: settings by name; one written with dashes would stand in the
    file beside the role's own, and which of the two counts would be a matter of the alphabet.
    """
    problems = [
        f'mariadb_config has "{name}": allowed are names of settings in small letters with underscores.'
        for name in config or {}
        if not SETTING.fullmatch(str(name))
    ]
    seen: dict[tuple[str, str], int] = {}
    for number, entry in enumerate(databases):
        for key, reserved in (("name", RESERVED_DATABASES), ("user", RESERVED_USERS)):
            where, value = f"mariadb_databases[{number}].{key}", str(entry[key])
            allowed = "a name of at most 64 small letters, digits, dashes and underscores that begins with a letter"
            if not NAME.fullmatch(value):
                problems.append(f'{where} is "{value}": allowed is {allowed}.')
            elif value in reserved:
                problems.append(f'{where} is "{value}", which is the server\'s own: allowed is {allowed}.')
            elif (first := seen.setdefault((key, value), number)) != number:
                problems.append(f'{where} is "{value}", as mariadb_databases[{first}].{key} is: allowed is each once.')
        if len(str(entry["password"])) < 12:
            problems.append(f"mariadb_databases[{number}].password is too short: allowed are 12 characters or more.")
    return problems


def mariadb_accounts(databases: Sequence[Mapping[str, str]], exporter_password: str) -> list[Account]:
    """Return every account as it has to be: root, the exporter, and one for each database.

    root signs in by the socket alone and as the container's root alone, so its password is of no use after the first
    start. The exporter sees the state of the server, but no table of an app.
    """
    exporter = _account(
        "exporter",
        exporter_password,
        "PROCESS, BINLOG MONITOR, SLAVE MONITOR ON *.*",
        "SELECT ON `performance_schema`.*",
        limit=" WITH MAX_USER_CONNECTIONS 4",
    )
    # In GRANT an underscore of a database's name stands for any character, unless it is escaped.
    escaped = {entry["name"]: entry["name"].replace("_", r"\_") for entry in databases}
    apps = [
        _account(
            entry["user"],
            entry["password"],
            "USAGE ON *.*",
            f"ALL PRIVILEGES ON `{escaped[entry['name']]}`.*",
        )
        for entry in databases
    ]
    return [Account(ROOT, "IDENTIFIED VIA unix_socket", frozenset()), exporter, *apps]


def mariadb_plan(
    answer: Iterable[str], databases: Sequence[Mapping[str, str]], exporter_password: str
) -> dict[str, list[str]]:
    """Compare the server's answer with what is asked for and return what to do.

    ``answer``: lines of SHOW GRANTS of every account, and of ``DATABASE <name>`` for every database.
    Returns ``statements`` (SQL, secret: it holds password hashes) and ``report``: the same in words, and what is on the
    server though nobody asks for it, which is kept.
    """
    present, shown = _read(answer)
    wanted = [entry["name"] for entry in databases]
    accounts = mariadb_accounts(databases, exporter_password)
    missing = [name for name in wanted if name not in present]
    statements = [f"CREATE DATABASE `{name}`" for name in missing]
    report = [f"make database {name}" for name in missing]
    for account in accounts:
        todo, words = _mend(account, shown.get(account.name))
        statements += todo
        report += [f"{words} {_words(account.name)}"] if todo else []
    surplus = [f"database {name}" for name in sorted(present - set(wanted) - RESERVED_DATABASES)]
    known = {account.name for account in accounts}
    surplus += [f"account {_words(name)}" for name in sorted(set(shown) - known) if not _of_the_server(name)]
    report += [f"{what} is not asked for any more and was kept" for what in surplus]
    return {"statements": statements, "report": report}


def _account(user: str, password: str, *rights: str, limit: str = "") -> Account:
    name = f"`{user}`@`%`"
    return Account(
        name,
        f"IDENTIFIED BY PASSWORD '{_hash(password)}'{limit}",
        frozenset(f"GRANT {right} TO {name}" for right in rights),
    )


def _read(answer: Iterable[str]) -> tuple[set[str], dict[str, Shown]]:
    """Return the databases, and the accounts by name."""
    databases: set[str] = set()
    accounts: dict[str, Shown] = {}
    for line in answer:
        if line.startswith(DATABASE):
            databases.add(line.removeprefix(DATABASE))
        elif match := GRANT.fullmatch(line):
            right, name, rest = match.groups()
            account = accounts.setdefault(name, Shown(set(), set()))
            account.rights.add(f"{right} WITH GRANT OPTION" if "GRANT OPTION" in rest else right)
            if " ON *.* TO " in right:
                account.sign_in.add(rest.removesuffix(" WITH GRANT OPTION").replace("GRANT OPTION ", "").strip())
    return databases, accounts


def _mend(account: Account, shown: Shown | None) -> tuple[list[str], str]:
    """Return the statements that turn the account as the server has it into what it has to be, and words for them."""
    name = account.name
    give = [right for right in sorted(account.rights) if " USAGE ON " not in right]
    if shown is None:
        return [f"CREATE USER {name} {account.sign_in}", *give], "make account"
    sign_in = [] if shown.sign_in == {account.sign_in} else [f"ALTER USER {name} {account.sign_in}"]
    # root's rights are left alone: a run that is interrupted right after REVOKE would lock everybody out.
    if shown.rights != account.rights and name != ROOT:
        return [*sign_in, f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {name}", *give], "mend the rights of"
    return sign_in, "change the sign-in of"


def _words(name: str) -> str:
    return name.replace("`", "")


def _of_the_server(name: str) -> bool:
    return name.split("`")[1] in SERVER_ACCOUNTS


def _hash(password: str) -> str:
    """Return the hash that mysql_native_password stores: SHA-1 of SHA-1, in capitals after a star."""
    inner = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return f"*{hashlib.sha1(inner, usedforsecurity=False).hexdigest().upper()}"


class FilterModule:
    """Register the filters with Ansible."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"mariadb_problems": mariadb_problems, "mariadb_plan": mariadb_plan}
