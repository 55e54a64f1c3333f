"""What Skerry's roles lean on in each image, asked of the running stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.container import Container, docker, ended, running, wait_until
from tests.images.test_contract import (
    ALERTMANAGER,
    BLACKBOX,
    MARIADB,
    MARIADB_HEALTH,
    MYSQLD_EXPORTER,
    NGINX,
    NODE_EXPORTER,
    PROMETHEUS,
    PROXY,
    REDIS,
    REDIS_EXPORTER,
    TRAEFIK,
)

ROOT_PASSWORD = "o'r\\oot \"x"  # all that SQL and shells stumble over
APP_PASSWORD = "app'pw"


def mount(directory: Path, inside: str, **files: str) -> tuple[str, ...]:
    """Return the options that mount `files` (name → content, `__` for a dot) read-only at `inside`."""
    directory.mkdir(exist_ok=True)
    directory.chmod(0o755)
    for name, content in files.items():
        path = directory / name.replace("__", ".")
        path.write_text(content)
        path.chmod(0o644)
    return ("--volume", f"{directory}:{inside}:ro")


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """Run a MariaDB set up by secrets as files, an initial script and a mounted configuration."""
    base = tmp_path_factory.mktemp("mariadb")
    options = (
        "--user", "999:999", "--tmpfs", "/run/mysqld:uid=999,gid=999", "--tmpfs", "/tmp",
        "--env", "MARIADB_ROOT_PASSWORD_FILE=/run/secrets/root", "--env", "MARIADB_PASSWORD_FILE=/run/secrets/app",
        "--env", "MARIADB_DATABASE=my_app", "--env", "MARIADB_USER=app", "--env", "MARIADB_INITDB_SKIP_TZINFO=1",
        *mount(base / "secrets", "/run/secrets", root=ROOT_PASSWORD, app=APP_PASSWORD),
        *mount(base / "conf", "/etc/mysql/conf.d", x__cnf="[mariadbd]\nmax_connections = 41\nexpire_logs_days = 3\n"),
        *mount(base / "init", "/docker-entrypoint-initdb.d", a__sql="CREATE TABLE seeded (n int);"),
    )  # fmt: skip
    with running(MARIADB, options=options) as container:
        container.succeeds(MARIADB_HEALTH)
        yield container


def sql(container: Container, user: str, password: str, statement: str) -> str:
    """Return what `statement` answers over TCP."""
    return container.out("mariadb", "-h", "127.0.0.1", f"-u{user}", f"-p{password}", "-BN", "-e", statement)


def test_mariadb_takes_secrets_from_files_and_applies_mounts(mariadb: Container) -> None:
    """Role mariadb could not sign in, or its tuning and first statements would be ignored."""
    assert sql(mariadb, "root", ROOT_PASSWORD, "SELECT @@max_connections, @@expire_logs_days") == "41\t3.000000"
    assert sql(mariadb, "app", APP_PASSWORD, "SHOW TABLES FROM my_app") == "seeded"
    denied = mariadb.run("mariadb", "-h", "127.0.0.1", "-uapp", f"-p{APP_PASSWORD}", "-e", "SELECT * FROM mysql.user")
    assert "denied" in denied.stderr


def test_mariadb_knows_no_other_accounts(mariadb: Container) -> None:
    """An account without a password, or one the official image lacks, would stay open."""
    accounts = sql(mariadb, "root", ROOT_PASSWORD, "SELECT CONCAT(user, '@', host) FROM mysql.user ORDER BY 1")

    expected = (
        "app@% healthcheck@127.0.0.1 healthcheck@::1 healthcheck@localhost mariadb.sys@localhost root@% root@localhost"
    )
    assert accounts.split() == expected.split()
    assert "Access denied" in mariadb.run("mariadb", "-h", "127.0.0.1", "-uroot", "-e", "SELECT 1").stderr


def test_mariadb_prints_and_keeps_no_secret_outside_its_files(mariadb: Container) -> None:
    """Passwords would be read from logs, the engine or the process list."""
    seen = mariadb.logs + docker("inspect", mariadb.name).stdout + docker("top", mariadb.name, "-eo", "pid,args").stdout

    assert ROOT_PASSWORD not in seen
    assert APP_PASSWORD not in seen
    assert mariadb.out("stat", "-c", "%a %U", "/var/lib/mysql/.my-healthcheck.cnf") == "600 mysql"


def test_mariadb_has_no_mysql_names(mariadb: Container) -> None:
    """Something would call `mysqldump` here and fail on the official image, which has no such name."""
    found = mariadb.out("sh", "-c", "find /usr/bin /usr/sbin /usr/local/bin -name 'mysql*'")

    assert found == ""
    for program in ("mariadb-dump", "mariadb-admin", "mariadb-backup", "mariadb-upgrade"):
        mariadb.out("sh", "-c", f"command -v {program}")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (("MARIADB_ROOT_PASSWORD=a", "MARIADB_ROOT_PASSWORD_FILE=/etc/hostname"), "MARIADB_ROOT_PASSWORD_FILE are set"),
        ((), "password option is not specified"),
    ],
)
def test_mariadb_refuses_contradiction_and_absence(environment: tuple[str, ...], words: str) -> None:
    """A first start would go on with a guessed or an empty password."""
    options = [word for pair in environment for word in ("--env", pair)]

    code, output = ended(MARIADB, options=[*options, "--user", "999:999"])

    assert code == 1
    assert words in output


def test_mysqld_exporter_reads_the_database(mariadb: Container, tmp_path: Path) -> None:
    """The database's metrics would be missing or the exporter not start with a mounted my.cnf."""
    text = f"[client]\nuser = app\npassword = {APP_PASSWORD}\nhost = {mariadb.address}\n"
    options = mount(tmp_path / "x", "/etc/x", my__cnf=text)
    with running(MYSQLD_EXPORTER, "--config.my-cnf=/etc/x/my.cnf", options=options) as container:
        assert "mysql_up 1" in container.answers(9104, "/metrics").body


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Container]:
    """Run a Redis with a mounted configuration: append-only, an ACL file, no default user."""
    acl = "user default off\nuser admin on >adminpw ~* &* +@all\nuser app on >apppw ~app:* &app:* +@all -@dangerous\n"
    conf = "appendonly yes\naclfile /etc/x/users.acl\ndir /data\n"
    options = (
        "--user",
        "999:999",
        "--volume",
        "/data",
        *mount(tmp_path / "r", "/etc/x", redis__conf=conf, users__acl=acl),
    )
    with running(REDIS, "/etc/x/redis.conf", options=options) as container:
        container.succeeds(["redis-cli", "--user", "admin", "--pass", "adminpw", "ping"])
        yield container


def ask(redis: Container, user: str, *words: str) -> str:
    """Return what Redis answers `user`."""
    return redis.out("redis-cli", "--no-auth-warning", "--user", user, "--pass", f"{user}pw", *words)


def test_redis_obeys_its_configuration_and_accounts(redis: Container) -> None:
    """An app could read another app's keys, or nothing would be kept over a restart."""
    assert ask(redis, "app", "set", "app:a", "1") == "OK"
    assert "NOPERM" in ask(redis, "app", "set", "other:a", "1")
    assert "NOAUTH" in redis.out("redis-cli", "get", "app:a")
    docker("restart", redis.name)
    redis.succeeds(["redis-cli", "--user", "admin", "--pass", "adminpw", "ping"])
    assert ask(redis, "app", "get", "app:a") == "1"


@pytest.mark.parametrize(("command", "expected"), [((), "no"), (("--protected-mode", "yes"), "yes")])
def test_redis_has_protected_mode_off_by_default(command: tuple[str, ...], expected: str) -> None:
    """Other containers would be refused here and served by the official image, or the other way round."""
    with running(REDIS, *command, options=("--user", "999:999", "--volume", "/data")) as container:
        container.succeeds(["redis-cli", "ping"])
        assert container.out("redis-cli", "config", "get", "protected-mode").split() == ["protected-mode", expected]


def test_redis_exporter_reads_its_password_file(redis: Container, tmp_path: Path) -> None:
    """Redis' metrics would be missing: the file maps addresses, with the user in them, to passwords."""
    address = f"redis://{redis.address}:6379"
    passwords = mount(tmp_path / "p", "/run/secrets", p=f'{{"redis://admin@{redis.address}:6379": "adminpw"}}')
    settings = {"ADDR": address, "USER": "admin", "PASSWORD_FILE": "/run/secrets/p"}
    options = [word for name, value in settings.items() for word in ("--env", f"REDIS_{name}={value}")]
    with running(REDIS_EXPORTER, options=[*options, *passwords]) as container:
        assert "redis_up 1" in container.answers(9121, "/metrics").body


def test_nginx_fills_templates_and_serves(tmp_path: Path) -> None:
    """A mounted template would not become a site, or nginx's own $variables would be emptied."""
    site = 'server { listen 8080; location / { return 200 "${GREETING} $request_method"; } }'
    options = (
        "--env", "GREETING=hello", "--tmpfs", "/tmp", "--tmpfs", "/etc/nginx/conf.d:uid=101,gid=101",
        *mount(tmp_path / "t", "/etc/nginx/templates", default__conf__template=site),
    )  # fmt: skip
    with running(NGINX, options=options) as container:
        assert container.answers(8080, "/").body == "hello GET"
        wait_until(lambda: "GET / HTTP" in container.logs, "the access log on standard output")


def test_traefik_says_its_version_and_is_sick_when_it_does_not_serve() -> None:
    """A health check that always passes would let a broken release take over."""
    code, output = ended(TRAEFIK, "version")
    sick, _ = ended(TRAEFIK, "healthcheck", "--ping")

    assert (code, "3.7.15" in output) == (0, True)
    assert sick == 1


SOCKET = ("--tmpfs", "/run", "--tmpfs", "/tmp", "--volume", "/var/run/docker.sock:/var/run/docker.sock:ro")
REFUSED, SERVED = 403, {200, 503}  # 503: the engine is no Swarm manager


def test_socket_proxy_opens_only_what_it_is_told() -> None:
    """Traefik's side of the socket could read containers' environments or start one."""
    opened = [word for name in ("SERVICES", "TASKS", "NETWORKS", "NODES") for word in ("--env", f"{name}=1")]
    with running(PROXY, options=[*SOCKET, *opened]) as proxy:
        proxy.answers(2375, "/_ping")
        for path in ("/version", "/v1.41/services", "/tasks", "/networks", "/nodes"):
            assert proxy.http(2375, path).status in SERVED, path
        for path in (
            "/containers/json",
            "/%63ontainers/json",
            "/v1.41/containers/x/json",
            "/info",
            "/secrets",
            "/x/../info",
            "/",
        ):
            assert proxy.http(2375, path).status == REFUSED, path
        for method, path in (
            ("POST", "/networks/create"),
            ("DELETE", "/networks/x"),
            ("PUT", "/services"),
            ("POST", "/_ping"),
        ):
            assert proxy.http(2375, path, method).status == REFUSED, (method, path)
        assert proxy.http(2375, "/_ping", "HEAD").status == 200


def test_socket_proxy_writes_only_where_asked() -> None:
    """POST=1 would open every section, or no section at all."""
    with running(
        PROXY, options=[*SOCKET, "--env", "POST=1", "--env", "NETWORKS=1", "--env", "DISABLE_IPV6=1"]
    ) as proxy:
        proxy.answers(2375, "/_ping")
        assert proxy.http(2375, "/networks/none-such", "DELETE").status == 404
        assert proxy.http(2375, "/containers/none-such", "DELETE").status == REFUSED


@pytest.mark.parametrize(
    ("image", "tool", "file", "good", "bad"),
    [
        (
            PROMETHEUS,
            ("promtool", "check", "rules"),
            "/etc/prometheus/prometheus.yml",
            "groups: []\n",
            "groups: [{}]\n",
        ),
        (
            ALERTMANAGER,
            ("amtool", "check-config"),
            "/etc/alertmanager/alertmanager.yml",
            "route: {receiver: a}\nreceivers: [{name: a}]\n",
            "route: {receiver: none}\n",
        ),
    ],
)
def test_the_checkers_are_there_and_refuse(
    tmp_path: Path, image: str, tool: tuple[str, ...], file: str, good: str, bad: str
) -> None:
    """A broken configuration would be taken for a good one, or every one refused."""
    for text, code in ((good, 0), (bad, 1)):
        place = tmp_path / "checked.yml"
        place.write_text(text)
        mounted = ("--volume", f"{place}:{file}:ro", "--entrypoint", tool[0])
        done = docker("run", "--rm", "--network", "none", *mounted, image, *tool[1:], file, check=False)
        assert done.returncode == code, done.stdout + done.stderr


def test_node_exporter_reads_the_textfiles(tmp_path: Path) -> None:
    """What the host's own programs measure would be lost."""
    (tmp_path / "one.prom").write_text("skerry_test 7\n")
    tmp_path.chmod(0o755)
    options = ("--volume", f"{tmp_path}:/textfiles:ro")
    with running(NODE_EXPORTER, "--collector.textfile.directory=/textfiles", options=options) as exporter:
        assert "skerry_test 7" in exporter.answers(9100, "/metrics").body


def test_blackbox_asks_an_address_by_another_name() -> None:
    """A public route could not be asked for at the host's own address, where DNS does not know its name."""
    with running(NODE_EXPORTER) as target, running(BLACKBOX) as prober:
        target.answers(9100, "/")
        query = f"/probe?module=http_2xx&hostname=shop.example&target=http://{target.address}:9100/"
        assert "probe_success 1" in prober.answers(9115, query).body
