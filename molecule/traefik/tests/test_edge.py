"""What a client from outside gets: certificates, TLS, redirects, headers, routes, and nothing that is not for it."""

import socket
import ssl

import pytest

ALLOWED_TLS12 = {"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"}


def test_certificate_is_from_the_acme_server(fetch, domain):
    """Clients would be warned, or the certificate would not be one by ACME."""
    answer = fetch("/")
    assert answer.status == 200
    assert answer.certificate["subjectAltName"] == (("DNS", domain),)
    assert "Pebble" in str(answer.certificate["issuer"])


@pytest.mark.parametrize("path", ["/", "/api/x?y=z", "/metrics"])
def test_http_is_sent_to_https(fetch, domain, path):
    """A visitor who types no scheme would be served without TLS, or not at all."""
    answer = fetch(path, port=80)
    assert (answer.status, answer.headers["location"]) == (301, f"https://{domain}{path}")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_tls_is_refused(address, domain, blind_of, version):
    """Broken protocol versions would be spoken."""
    context = blind_of(version, "ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        handshake(address, domain, context)


def test_only_the_listed_ciphers_are_taken(address, domain, blind_of):
    """A cipher without forward secrecy or with CBC would be taken under TLS 1.2."""
    every = [cipher["name"] for cipher in ssl.create_default_context().get_ciphers() if cipher["protocol"] == "TLSv1.2"]
    weak = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-SHA256", "AES128-SHA"]
    taken = set()
    for name in {*every, *weak}:
        context = blind_of(ssl.TLSVersion.TLSv1_2, f"{name}:@SECLEVEL=0")
        try:
            taken.add(handshake(address, domain, context))
        except ssl.SSLError:
            continue
    assert taken == ALLOWED_TLS12


def test_unknown_name_gets_no_handshake(address, blind):
    """Whoever scans addresses would be served a default certificate for names that are not ours."""
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        handshake(address, "elsewhere.example.com", blind)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strict-transport-security", "max-age=63072000; includeSubDomains; preload"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "strict-origin-when-cross-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"),
        ("server", None),
        ("x-powered-by", None),
    ],
)
def test_security_headers(fetch, name, value):
    """A page could be framed or sniffed, or the software behind it would be named."""
    assert fetch("/").headers.get(name) == value


@pytest.mark.parametrize(
    ("path", "service"),
    [("/", "front"), ("/apiary", "front"), ("/api", "api"), ("/api/x", "api"), ("/hook/x", "api"), ("/hooks", "front")],
)
def test_longest_path_is_routed(fetch, path, service):
    """Requests would reach the wrong service of an application."""
    assert fetch(path).body.split()[0] == service


def test_cookie_keeps_a_client_on_its_replica(fetch):
    """Socket.IO's polling would lose its session between two replicas."""
    first = fetch("/api")
    cookie = first.headers["set-cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    bound = {fetch("/api", headers={"Cookie": cookie.split(";")[0]}).body for _ in range(8)}
    free = {fetch("/api").body for _ in range(8)}
    assert bound == {first.body}
    assert len(free) == 2


def test_header_alias_is_dropped(fetch):
    """X_Auth_User from outside would be taken for X-Auth-User by an application that reads CGI-like variables."""
    assert "user=\n" in fetch("/", headers={"X_Auth_User": "root"}).body


def test_large_answers_are_compressed(fetch):
    """Pages would be several times as long on the wire."""
    assert fetch("/large", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    "path", ["/metrics", "/metrics/", "/metrics/x", "/metrics?a=b", "//metrics", "/./metrics", "/METRICS", "/%6detrics"]
)
def test_metrics_are_refused(fetch, path):
    """Anyone could read the figures of an application."""
    assert fetch(path).status == 403


@pytest.mark.parametrize("path", ["/dashboard/", "/api/rawdata", "/api/overview", "/ping", "/debug/vars"])
def test_traefiks_own_pages_are_not_served(fetch, path):
    """Anyone could read the routes and addresses of all services."""
    assert fetch(path).body.split()[0] in {"front", "api"}


@pytest.mark.parametrize("port", [2375, 8080, 8081, 8082, 8443])
def test_inner_ports_are_not_published(address, port):
    """Metrics, ping or the engine's API would be open to the network."""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address, port), timeout=5)


def handshake(address: str, name: str, context: ssl.SSLContext) -> str:
    """Shake hands and give the cipher's name."""
    plain = socket.create_connection((address, 443), timeout=10)
    with plain, context.wrap_socket(plain, server_hostname=name) as tls:
        return tls.cipher()[0]
