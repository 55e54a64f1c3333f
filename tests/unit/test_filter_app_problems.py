"""Every bad app_instances is refused with one sentence that names the setting, its value and what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from filter_plugins.app_problems import app_problems

SECRETS = {"shop": {"database_password": "canary-d", "redis_password": "canary-r", "api_key": "canary-k"}}


def entry(service: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    """Return a valid instance; arguments override."""
    web = {"image": "shop:1", "port": 8000, "paths": ["/"], **(service or {})}
    return {"name": "shop", "domain": "shop.example.org", "services": {"web": web}, **settings}


def test_a_full_entry_is_welcome() -> None:
    """A valid setting would be refused."""
    service = {
        "image": "ghcr.io/me/shop:1.4@sha256:" + "a" * 64,
        "command": ["serve", "--port=8000"],
        "entrypoint": ["/init"],
        "ready": "/ready",
        "sticky": True,
        "replicas": 2,
        "memory": "192M",
        "cpus": 0.5,
        "pids": 64,
        "secrets": ["database_url", "redis_url", "api_key"],
        "environment": {"MODE": "web", "RETRIES": 3},
        "user": "10001:10001",
        "read_only": False,
        "tmpfs": {"/var/cache": "32M"},
        "volumes": {"uploads": "/data"},
        "healthcheck": {"test": ["CMD", "true"], "interval": "2s"},
        "metrics": {"port": 9000, "path": "/metrics"},
        "drain": "platform",
        "order": "stop-first",
        "delay": "1m30s",
        "monitor": "5s",
        "stop_grace_period": "30s",
    }
    given = [entry(service, database=True, database_scheme="mysql", redis=True, environment={"A": "b"})]
    assert app_problems(given, SECRETS, {"memory": "64M"}, 1024) == []


@pytest.mark.parametrize(
    ("setting", "value", "allowed"),
    [
        ("name", "Shop", "a name of at most 24 small letters"),
        ("name", "shop--one", "a name of at most 24 small letters"),
        ("name", "a" * 25, "a name of at most 24 small letters"),
        ("domain", "shop", "a full domain name"),
        ("domain", "Shop.Example.org", "a full domain name"),
        ("domain", "shop.example.org/`) || Host(`x", "a full domain name"),
        ("domain", "shop.example.org\n", "a full domain name"),
        ("database", "maybe", "true or false"),
        ("redis", 1, "true or false"),
        ("services", {}, "a dict with at least one service"),
        ("environment", {"A B": "c"}, "a dict of variable names"),
        ("database_scheme", "mysql://", "the scheme of a database address"),
    ],
)
def test_a_bad_instance_setting_is_named(setting: str, value: Any, allowed: str) -> None:
    """A bad value would reach the host."""
    problems = app_problems([{**entry(), setting: value}])
    assert len(problems) == 1
    assert problems[0].startswith(f"app_instances[0].{setting} is ")
    assert f"allowed is {allowed}" in problems[0]


@pytest.mark.parametrize(
    ("setting", "value", "allowed"),
    [
        ("image", "bad image", "an image such as"),
        ("command", "serve it", "a list"),
        ("port", 70000, "a whole number from 1 to 65535"),
        ("port", "8000", "a whole number from 1 to 65535"),
        ("port", True, "a whole number from 1 to 65535"),
        ("paths", ["api"], "a list, each item an absolute path"),
        ("ready", "ready?x=1", "an absolute path"),
        ("replicas", -1, "a whole number from 0 to 100"),
        ("memory", "12 elephants", "a size such as 192M or 1G"),
        ("memory", "192MB", "a size such as 192M or 1G"),
        ("cpus", "many", "a number of processors"),
        ("secrets", ["API KEY"], "a list, each item a name"),
        ("environment", {"A": ["b"]}, "a dict of variable names"),
        ("user", "-x", "a user such as"),
        ("tmpfs", {"/x": "big"}, "a dict of absolute paths with sizes"),
        ("volumes", {"uploads": "data"}, "a dict of volume names"),
        ("healthcheck", {"tset": "x"}, "false or a dict of test"),
        ("metrics", {"prot": 1}, "a dict with port"),
        ("drain", "later", "app or platform"),
        ("order", "both", "start-first or stop-first"),
        ("monitor", "5 seconds", "a duration such as"),
    ],
)
def test_a_bad_service_setting_is_named(setting: str, value: Any, allowed: str) -> None:
    """A bad value would reach the host."""
    problems = app_problems([entry({setting: value})])
    assert len(problems) == 1
    assert problems[0].startswith(f"app_instances[0].services.web.{setting} is ")
    assert f"allowed is {allowed}" in problems[0]


@pytest.mark.parametrize(
    ("instances", "sentence"),
    [
        ("shop", 'app_instances is "shop": allowed is a list of instances.'),
        (["shop"], 'app_instances[0] is "shop": allowed is a dict.'),
        ([{**entry(), "domian": "x"}], "app_instances[0].domian is unknown (did you mean domain?): allowed are "),
        ([entry({"memroy": "1G"})], "app_instances[0].services.web.memroy is unknown (did you mean memory?): "),
        ([entry(name="mariadb")], 'app_instances[0].name is "mariadb": allowed is a name that Skerry itself'),
        ([entry(services={"Web": {"image": "x"}})], 'app_instances[0].services is "Web": allowed is a name'),
        ([{"name": "a", "services": {"b": {"image": "c"}}}], "app_instances[0].domain is missing: needed is a full"),
        ([entry(services={"web": {}})], "app_instances[0].services.web.image is missing: needed is an image"),
        (
            [entry(services={"web": {"image": "x", "paths": ["/"]}})],
            "app_instances[0].services.web.port is missing: needed is the port that paths are served on.",
        ),
        ([entry({"sticky": True, "paths": []})], "app_instances[0].services.web.sticky is true: allowed is that only"),
        (
            [entry({"memory": "2G"})],
            'app_instances[0].services.web.memory is "2G": allowed is at most the host\'s 1024M.',
        ),
        (
            [entry({"secrets": ["database_url"]})],
            'app_instances[0].services.web.secrets has "database_url": allowed is that only where database is true.',
        ),
        (
            [entry({"secrets": ["other_key"]})],
            "app_secrets.shop.other_key is missing: needed since app_instances[0].services.web.secrets names it.",
        ),
        (
            [entry(name="blog", database=True)],
            "app_secrets.blog.database_password is missing: needed since app_instances[0].database is true.",
        ),
        (
            [entry(), entry(name="two")],
            'app_instances[1].domain is "shop.example.org", as app_instances[0].domain is: allowed is each domain ',
        ),
        (
            [entry(), entry(domain="two.example.org")],
            'app_instances[1].name is "shop", as app_instances[0].name is: allowed is each name once.',
        ),
        (
            [
                entry(
                    services={
                        "a": {"image": "x", "port": 1, "paths": ["/"]},
                        "b": {"image": "x", "port": 1, "paths": ["/"]},
                    }
                )
            ],
            'app_instances[0].services.b.paths has "/", which service a has too: allowed is each path once.',
        ),
    ],
)
def test_what_does_not_fit_together_is_told_in_one_sentence(instances: Any, sentence: str) -> None:
    """The deployment would fail half-way, with words that help nobody."""
    problems = app_problems(instances, SECRETS, {}, 1024)
    assert len(problems) == 1
    assert problems[0].startswith(sentence)


def test_bad_defaults_are_named() -> None:
    """A typo in app_service_defaults would do nothing, silently."""
    assert app_problems([entry()], None, {"memory": "much"}) == [
        'app_service_defaults.memory is "much": allowed is a size such as 192M or 1G.'
    ]


def test_a_default_that_does_not_fit_is_told_for_the_service_that_takes_it() -> None:
    """A service whose memory comes from the defaults could exceed the host's."""
    assert app_problems([entry()], None, {"memory": "2G"}, 1024) == [
        'app_instances[0].services.web.memory is "2G": allowed is at most the host\'s 1024M.'
    ]


def test_no_sentence_shows_a_secret() -> None:
    """A secret would stand in the terminal and in the log of the pipeline."""
    given = [entry({"secrets": ["nothing", "database_url"]}, name="shop", domain="x")]
    assert "canary" not in " ".join(app_problems(given, SECRETS, {}, 1))


def test_all_problems_are_told_at_once() -> None:
    """A user would mend one problem a run."""
    problems = app_problems([entry({"memory": "x", "port": 0}), entry(name="X")])
    assert [problem.partition(" is ")[0] for problem in problems] == [
        "app_instances[0].services.web.port",
        "app_instances[0].services.web.memory",
        "app_instances[1].name",
        "app_instances[1].domain",
    ]


@pytest.mark.parametrize("release", [1.5, "1 5", "$(id)", "", "sha256:12"])
def test_a_release_that_can_be_no_tag_is_told(release: Any) -> None:
    """1.10 without quotes is the number 1.1, and another release would be deployed."""
    (problem,) = app_problems([entry(release=release)])
    assert problem.endswith('allowed is a tag in quotes such as "1.5", or the digest sha256:… of the only image.')


def test_a_digest_of_several_images_is_told() -> None:
    """The engine would look for one image under the digest of another."""
    services = {"a": {"image": "me/a"}, "b": {"image": "me/b"}, "c": {"image": "redis:7"}}
    given = {"name": "shop", "domain": "shop.example.org", "release": "sha256:" + "0" * 64, "services": services}
    assert app_problems([given]) == [
        "app_instances[0].release is a digest, which names one image: allowed is a tag that all images have."
    ]
    assert app_problems([{**given, "services": {"a": {"image": "me/a"}, "b": {"image": "me/a"}}}]) == []


@pytest.mark.parametrize("check", [{}, {"path": "x"}, {"status": "200"}, {"status": 99}, {"url": "/"}, "/"])
def test_a_check_that_asks_for_nothing_is_told(check: Any) -> None:
    """Each deploy would be rolled back, or none be looked at."""
    (problem,) = app_problems([entry(check=check)])
    assert problem.endswith("allowed is a dict of path and status such as {path: /healthz, status: 200}.")
