"""What the role changes on the server, from what SHOW GRANTS says."""

from __future__ import annotations

from typing import Any

import pytest

from filter_plugins.mariadb_accounts import mariadb_plan, mariadb_problems

EXPORTER = "exporter-password"
SHOP: dict[str, str] = {"name": "my_shop", "user": "my-shop", "password": "shop-password"}
FRESH = [
    "DATABASE information_schema",
    "DATABASE mysql",
    "DATABASE sys",
    "GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` IDENTIFIED BY PASSWORD '*AA' WITH GRANT OPTION",
    "GRANT PROXY ON ``@`%` TO `root`@`localhost` WITH GRANT OPTION",
    "GRANT USAGE ON *.* TO `mariadb.sys`@`localhost`",
    "GRANT USAGE ON *.* TO `healthcheck`@`::1` IDENTIFIED BY PASSWORD '*BB'",
]
"""What MariaDB 11.8 answers right after its first start."""

SETTLED = [
    *(line for line in FRESH if "*AA" not in line),
    "DATABASE my_shop",
    "GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` IDENTIFIED VIA unix_socket WITH GRANT OPTION",
    "GRANT PROCESS, BINLOG MONITOR, SLAVE MONITOR ON *.* TO `exporter`@`%` "
    "IDENTIFIED BY PASSWORD '*68FD924A04661573184865EF03DCB1C6B929E08F' WITH MAX_USER_CONNECTIONS 4",
    "GRANT SELECT ON `performance_schema`.* TO `exporter`@`%`",
    "GRANT USAGE ON *.* TO `my-shop`@`%` IDENTIFIED BY PASSWORD '*36D967E8AC9698D4AF82DA63B3394FBE4A04B4AB'",
    r"GRANT ALL PRIVILEGES ON `my\_shop`.* TO `my-shop`@`%`",
]
"""What it answers when all is as it should be."""


def test_a_fresh_server_gets_everything() -> None:
    """An app would have no database, or root would keep its password."""
    plan = mariadb_plan(FRESH, [SHOP], EXPORTER)
    assert plan["report"] == [
        "make database my_shop",
        "change the sign-in of root@localhost",
        "make account exporter@%",
        "make account my-shop@%",
    ]
    assert "CREATE DATABASE `my_shop`" in plan["statements"]
    assert "ALTER USER `root`@`localhost` IDENTIFIED VIA unix_socket" in plan["statements"]
    assert r"GRANT ALL PRIVILEGES ON `my\_shop`.* TO `my-shop`@`%`" in plan["statements"]


def test_no_plain_password_is_sent() -> None:
    """A password would show in the server's general log, or in an error."""
    plan = mariadb_plan(FRESH, [SHOP], EXPORTER)
    assert not [s for s in plan["statements"] if SHOP["password"] in s or EXPORTER in s]


def test_a_settled_server_is_left_alone() -> None:
    """Each run would change something."""
    assert mariadb_plan(SETTLED, [SHOP], EXPORTER) == {"statements": [], "report": []}


def test_a_new_password_changes_the_sign_in_only() -> None:
    """The app's rights would be gone for a moment."""
    plan = mariadb_plan(SETTLED, [{**SHOP, "password": "another-password"}], EXPORTER)
    assert plan["report"] == ["change the sign-in of my-shop@%"]
    assert [s.split(" IDENTIFIED")[0] for s in plan["statements"]] == ["ALTER USER `my-shop`@`%`"]


@pytest.mark.parametrize(
    "drift",
    [
        "GRANT SELECT ON `mysql`.* TO `my-shop`@`%`",
        "GRANT SELECT (`user`) ON `mysql`.`db` TO `my-shop`@`%`",
        r"GRANT ALL PRIVILEGES ON `my\_shop`.* TO `my-shop`@`%` WITH GRANT OPTION",
        "GRANT `clerk` TO `my-shop`@`%`",
    ],
)
def test_rights_given_by_hand_are_taken_back(drift: str) -> None:
    """An app could go on doing what nobody asked for."""
    plan = mariadb_plan([*SETTLED, drift], [SHOP], EXPORTER)
    assert plan["report"] == ["mend the rights of my-shop@%"]
    assert plan["statements"] == [
        "REVOKE ALL PRIVILEGES, GRANT OPTION FROM `my-shop`@`%`",
        r"GRANT ALL PRIVILEGES ON `my\_shop`.* TO `my-shop`@`%`",
    ]


def test_lost_rights_come_back() -> None:
    """A REVOKE by hand would not show as drift."""
    answer = [line for line in SETTLED if not line.startswith("GRANT SELECT ON `performance_schema`")]
    plan = mariadb_plan(answer, [SHOP], EXPORTER)
    assert plan["report"] == ["mend the rights of exporter@%"]
    assert plan["statements"][-1] == "GRANT SELECT ON `performance_schema`.* TO `exporter`@`%`"


def test_rights_of_root_are_never_revoked() -> None:
    """A run that is interrupted at that moment would lock everybody out."""
    plan = mariadb_plan([*SETTLED, "GRANT SELECT ON `a`.* TO `root`@`localhost`"], [SHOP], EXPORTER)
    assert plan["statements"] == []


def test_what_is_not_asked_for_is_named_and_kept() -> None:
    """Data of an app that left the list would be dropped, or be forgotten."""
    plan = mariadb_plan(SETTLED, [], EXPORTER)
    assert plan == {
        "statements": [],
        "report": [
            "database my_shop is not asked for any more and was kept",
            "account my-shop@% is not asked for any more and was kept",
        ],
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "My_Shop"}, 'mariadb_databases[0].name is "My_Shop": allowed is a name of at most 64 small letters'),
        ({"name": "a`; DROP"}, 'mariadb_databases[0].name is "a`; DROP": allowed is'),
        ({"name": "mysql"}, 'mariadb_databases[0].name is "mysql", which is the server\'s own'),
        ({"user": "root"}, 'mariadb_databases[0].user is "root", which is the server\'s own'),
        ({"user": "x" * 65}, "allowed is a name of at most 64"),
        ({"password": "short"}, "mariadb_databases[0].password is too short: allowed are 12 characters or more."),
    ],
)
def test_a_bad_entry_is_refused(change: dict[str, Any], words: str) -> None:
    """The server would be given a name that means something else, or an account that is the platform's own."""
    (problem,) = mariadb_problems([{**SHOP, **change}])
    assert words in problem


def test_nothing_belongs_to_two() -> None:
    """Two apps would share a database, or one account have the password of the last entry."""
    problems = mariadb_problems([SHOP, {**SHOP, "name": "other"}, {**SHOP, "user": "other"}])
    assert problems == [
        'mariadb_databases[1].user is "my-shop", as mariadb_databases[0].user is: allowed is each once.',
        'mariadb_databases[2].name is "my_shop", as mariadb_databases[0].name is: allowed is each once.',
    ]


def test_a_setting_with_dashes_is_refused() -> None:
    """The role's own value would win over the user's, without a word."""
    assert mariadb_problems([], {"max-connections": 9, "sync_binlog": 0}) == [
        'mariadb_config has "max-connections": allowed are names of settings in small letters with underscores.'
    ]


def test_good_entries_are_welcome() -> None:
    """A valid list would be refused."""
    assert mariadb_problems([SHOP, {"name": "console", "user": "console", "password": "a" * 40}]) == []
