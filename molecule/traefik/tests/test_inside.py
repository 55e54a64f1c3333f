"""What Traefik may do, and who may reach it from inside."""

import json

import pytest

# Prints the status of one request, or "none" without an answer; the machine has no curl.
ASK = """python3 -c '
import urllib.error, urllib.request
request = urllib.request.Request("{url}", method="{method}", data=b"" if "{method}" == "POST" else None)
try:
    print(urllib.request.urlopen(request, timeout=5).status)
except urllib.error.HTTPError as error:
    print(error.code)
except OSError:
    print("none")'"""


@pytest.fixture(scope="module")
def proxy(vps) -> str:
    """The socket proxy's address on its network."""
    names = vps.check_output("docker ps --quiet --filter name=traefik_socket-proxy")
    networks = json.loads(vps.check_output("docker inspect %s", names))[0]["NetworkSettings"]["Networks"]
    assert list(networks) == ["traefik_socket"]
    return networks["traefik_socket"]["IPAddress"]


@pytest.mark.parametrize(
    "path", ["/services", "/tasks", "/networks", "/nodes", "/version", "/_ping", "/v1.41/services"]
)
def test_socket_proxy_allows_what_routing_needs(inside, proxy, path):
    """Traefik would find no service."""
    assert inside("traefik_traefik", ASK.format(url=f"http://{proxy}:2375{path}", method="GET")) == "200"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/containers/json"),
        ("GET", "/v1.41/containers/json"),
        ("GET", "/secrets"),
        ("GET", "/configs"),
        ("GET", "/info"),
        ("GET", "/images/json"),
        ("GET", "/swarm"),
        ("POST", "/services/create"),
        ("POST", "/containers/create"),
        ("DELETE", "/services/traefik_traefik"),
    ],
)
def test_socket_proxy_refuses_the_rest(inside, proxy, method, path):
    """A hole in Traefik would be root on the vps, or show the secrets in containers' environments."""
    assert inside("traefik_traefik", ASK.format(url=f"http://{proxy}:2375{path}", method=method)) == "403"


def test_applications_do_not_find_the_socket_proxy(vps):
    """Any application could read the whole Swarm."""
    container = vps.check_output("docker ps --quiet --filter name=demo_front")
    assert vps.run("docker exec %s getent hosts traefik", container).rc == 0
    assert vps.run("docker exec %s getent hosts socket-proxy", container).rc != 0


def test_metrics_are_there_for_the_monitoring_network(vps, inside):
    """Prometheus would find no figures of the edge."""
    container = vps.check_output("docker ps --quiet --filter name=traefik_traefik")
    networks = json.loads(vps.check_output("docker inspect %s", container))[0]["NetworkSettings"]["Networks"]
    url = f"http://{networks['monitoring']['IPAddress']}:8082/metrics"
    vps.check_output("docker run --detach --name probe --network monitoring nginxinc/nginx-unprivileged:1.26")
    try:
        text = inside(
            "probe", f"python3 -c 'import urllib.request as u; print(u.urlopen(\"{url}\", timeout=5).read().decode())'"
        )
    finally:
        vps.run("docker rm --force probe")
    assert 'traefik_service_requests_total{code="200"' in text
    assert 'service="demo-front@swarm"' in text


@pytest.mark.parametrize("service", ["traefik_traefik", "traefik_socket-proxy"])
def test_containers_are_confined(vps, service):
    """A hole in an edge process would find a writable system and capabilities."""
    container = json.loads(vps.check_output("docker inspect $(docker ps --quiet --filter name=%s)", service))[0]
    assert container["HostConfig"]["ReadonlyRootfs"]
    assert container["HostConfig"]["CapDrop"] == ["ALL"]
    assert not container["HostConfig"]["CapAdd"]
    assert container["HostConfig"]["Memory"] > 0
    assert container["HostConfig"]["PidsLimit"] > 0


def test_traefik_is_not_root(vps):
    """A hole in Traefik would be uid 0 on the certificates' directory and whatever else is mounted."""
    container = vps.check_output("docker ps --quiet --filter name=traefik_traefik")
    pid = vps.check_output("docker inspect -f '{{.State.Pid}}' %s", container)
    assert set(vps.check_output("sed -n s/^Uid://p /proc/%s/status", pid).split()) == {"65532"}


def test_account_and_keys_are_for_traefik_alone(vps):
    """Any user of the host could read the private keys."""
    assert vps.check_output("stat -c '%a %U %u' /var/lib/skerry/traefik") == "700 UNKNOWN 65532"
    assert vps.check_output("stat -c '%a %u' /var/lib/skerry/traefik/acme-*.json") == "600 65532"


def test_access_log_keeps_errors_without_their_query(vps, fetch):
    """An error would leave no trace, or a token in a query string would be in the log."""
    fetch("/missing?token=canary-1f0c")
    fetch("/fine?token=canary-2b7d")
    log = vps.check_output("docker service logs --raw traefik_traefik 2>&1")
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{") and '"DownstreamStatus"' in line]
    assert any(line["DownstreamStatus"] == 404 and line["RequestPath"] == "/missing" for line in lines)
    assert "canary" not in log
    assert not any(line["RequestPath"] == "/fine" for line in lines)


def test_dynamic_configuration_is_taken_in_without_a_restart(vps, fetch, domain, until):
    """Changing a header or a rule would close every connection."""
    path = "/etc/skerry/traefik/dynamic/trial.yml"
    before = vps.check_output("docker ps --quiet --filter name=traefik_traefik")
    rule = f"Host(`{domain}`) && Path(`/trial`)"
    text = f"http: {{routers: {{trial: {{rule: {rule}, priority: 5000, service: noop@internal}}}}}}"
    vps.check_output("echo %s > %s.new && mv %s.new %s", text, path, path, path)
    try:
        # 418 is what Traefik's own empty service answers.
        assert until(lambda: fetch("/trial").status == 418, 15)
    finally:
        vps.check_output("rm %s", path)
    assert vps.check_output("docker ps --quiet --filter name=traefik_traefik") == before
