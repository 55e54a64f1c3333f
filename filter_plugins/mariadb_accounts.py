"""Accounts of MariaDB: what is wrong with the list of databases, and what to change on the server to match it.

Passwords go to the server as the hash that it stores (``mysql_native_password``: SHA-1 twice), so no plain password
ever is in a statement, in the server's logs, or on the way there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
RESERVED_USERS = {"root", "mysql", "mariadb", "exporter", "healthcheck", "public"}
RESERVED_DATABASES = {"mysql", "sys", "information_schema", "performance_schema"}
SERVER_ACCOUNTS = {"mariadb.sys", "healthcheck"}
"""Users that the image makes for itself."""

GRANT = re.compile(r"GRANT .+ TO (`[^`]*`@`[^`]*`).*")
DATABASE = "DATABASE "
"""What the lines that name a database begin with in the answer to the role's question (`__mariadb_question`)."""


class Account(NamedTuple):
    """An account as it has to be: the very lines of SHOW GRANTS, the first of which tells how the account signs in."""

    name: str  # `user`@`host`
    sign_in: str  # what follows CREATE USER or ALTER USER
    shown: str  # the first line of SHOW GRANTS
    grants: tuple[str, ...] | None  # the lines after it, each a statement as well; None: its rights are left alone


def mariadb_problems(databases: Any) -> list[str]:
    """Return one sentence for each thing wrong with ``mariadb_databases``, a list of {name, user, password}."""
    problems = []
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
    root, exporter = "`root`@`localhost`", "`exporter`@`%`"
    state = "PROCESS, BINLOG MONITOR, SLAVE MONITOR"
    limit = "MAX_USER_CONNECTIONS 4"
    stored = _hash(exporter_password)
    accounts = [
        Account(
            root,
            "IDENTIFIED VIA unix_socket",
            f"GRANT ALL PRIVILEGES ON *.* TO {root} IDENTIFIED VIA unix_socket WITH GRANT OPTION",
            None,
        ),
        Account(
            exporter,
            f"IDENTIFIED BY PASSWORD '{stored}' WITH {limit}",
            f"GRANT {state} ON *.* TO {exporter} IDENTIFIED BY PASSWORD '{stored}' WITH {limit}",
            (f"GRANT SELECT ON `performance_schema`.* TO {exporter}",),
        ),
    ]
    for entry in databases:
        name, stored = f"`{entry['user']}`@`%`", _hash(entry["password"])
        # In GRANT an underscore of a database's name stands for any character, unless it is escaped.
        database = entry["name"].replace("_", r"\_")
        accounts.append(
            Account(
                name,
                f"IDENTIFIED BY PASSWORD '{stored}'",
                f"GRANT USAGE ON *.* TO {name} IDENTIFIED BY PASSWORD '{stored}'",
                (f"GRANT ALL PRIVILEGES ON `{database}`.* TO {name}",),
            )
        )
    return accounts


def mariadb_plan(
    answer: Iterable[str], databases: Sequence[Mapping[str, str]], exporter_password: str
) -> dict[str, list[str]]:
    """Compare the server's answer with what is asked for and return what to do.

    ``answer``: lines of SHOW GRANTS of every account, and of ``DATABASE <name>`` for every database.
    Returns ``statements`` (SQL, secret: it holds password hashes) and ``report``: the same in words, and what is on the
    server though nobody asks for it, which is kept.
    """
    lines = list(answer)
    present = {line.removeprefix(DATABASE) for line in lines if line.startswith(DATABASE)}
    granted: dict[str, list[str]] = {}
    for line in lines:
        if match := GRANT.fullmatch(line):
            granted.setdefault(match[1], []).append(line)
    wanted = [entry["name"] for entry in databases]
    accounts = mariadb_accounts(databases, exporter_password)
    missing = [name for name in wanted if name not in present]
    statements = [f"CREATE DATABASE `{name}`" for name in missing]
    changes = [f"make database {name}" for name in missing]
    for account in accounts:
        todo, words = _mend(account, granted.get(account.name, []))
        statements += todo
        changes += [f"{words} {_words(account.name)}"] if todo else []
    surplus = [f"database {name}" for name in sorted(present - set(wanted) - RESERVED_DATABASES)]
    known = {account.name for account in accounts}
    surplus += [f"account {_words(name)}" for name in sorted(set(granted) - known) if not _of_the_server(name)]
    return {
        "statements": statements,
        "report": changes + [f"{what} is not asked for any more and was kept" for what in surplus],
    }


def _mend(account: Account, shown: list[str]) -> tuple[list[str], str]:
    """Return the statements that turn the account as SHOW GRANTS shows it into what it has to be, and words for them."""
    name, grants = account.name, account.grants or ()
    rights = _rights([account.shown, *grants])
    give = [line for line in sorted(rights) if " USAGE ON " not in line]
    if not shown:
        return [f"CREATE USER {name} {account.sign_in}", *give], "make account"
    sign_in = [] if shown[0] == account.shown else [f"ALTER USER {name} {account.sign_in}"]
    if account.grants is not None and _rights(shown) != rights:
        return [*sign_in, f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {name}", *give], "mend the rights of"
    return sign_in, "change the sign-in of"


def _rights(lines: Sequence[str]) -> set[str]:
    """Reduce lines of SHOW GRANTS to what they allow, without the way of signing in."""
    return {re.sub(r"(TO `[^`]*`@`[^`]*`).*?( WITH GRANT OPTION)?$", r"\1\2", line) for line in lines}


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
