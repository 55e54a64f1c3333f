"""Which lists of Redis users are refused."""

from __future__ import annotations

from typing import Any

import pytest

from filter_plugins.redis_users import redis_problems

SHOP = {"name": "my-shop", "password": "shop-password", "prefix": "my-shop:"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "My Shop"}, 'redis_users[0].name is "My Shop": allowed is a name'),
        ({"name": "x on nopass ~* +@all"}, "redis_users[0].name is"),
        ({"name": "default"}, 'redis_users[0].name is "default", which the role uses itself'),
        ({"name": "admin"}, 'redis_users[0].name is "admin", which the role uses itself'),
        ({"prefix": "my-shop"}, 'redis_users[0].prefix is "my-shop": allowed are letters, digits'),
        ({"prefix": "*:"}, 'redis_users[0].prefix is "*:": allowed are letters, digits'),
        ({"prefix": ""}, 'redis_users[0].prefix is "": allowed are letters, digits'),
        ({"password": "short"}, "redis_users[0].password is too short: allowed are 12 characters or more."),
    ],
)
def test_a_bad_user_is_refused(change: dict[str, Any], words: str) -> None:
    """A name or prefix could open more in the ACL file than its own keys."""
    (problem,) = redis_problems([{**SHOP, **change}])
    assert words in problem


@pytest.mark.parametrize(("one", "other"), [("a:", "a:"), ("a:", "a:b:"), ("a:b:", "a:")])
def test_a_prefix_within_another_is_refused(one: str, other: str) -> None:
    """One app could read the other's keys."""
    problems = redis_problems([{**SHOP, "name": "one", "prefix": one}, {**SHOP, "name": "other", "prefix": other}])
    assert [problem.partition("allowed are ")[2] for problem in problems] == ["prefixes of which none begins another."]


def test_a_name_counts_once() -> None:
    """The second line of the ACL file would silently win."""
    problems = redis_problems([SHOP, {**SHOP, "prefix": "b:"}])
    assert problems == ['redis_users[1].name is "my-shop", as redis_users[0].name is: allowed is each name once.']


def test_good_users_are_welcome() -> None:
    """A valid list would be refused."""
    assert redis_problems([SHOP, {"name": "console", "password": "a" * 40, "prefix": "console:"}]) == []
