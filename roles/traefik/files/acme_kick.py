#!/usr/bin/python3
"""See that each name Traefik routes is served with a certificate of its own, else make Traefik ask for it again.

Traefik serves its default certificate where a first issue failed (the ACME server was down, DNS did not point here
yet), and asks again only when its dynamic configuration changes. So this changes it: at once when an ACME server that
did not answer answers again, else with a delay that doubles from a minute to an hour, since authorities count failures.

Run by skerry-acme-kick.timer; `--wait SECONDS` looks until all is there or the time is over and prints one line;
`--again` waits for no delay, as after the cause was mended.
Writes /var/lib/skerry/certificates.json: checked_at, and for each name present, issuer, not_after, serial.
Standard library and openssl only.
"""

import argparse
import contextlib
import datetime
import fcntl
import http.client
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

SETTINGS = pathlib.Path("/etc/skerry/traefik/acme-kick.json")
KICK = pathlib.Path("/etc/skerry/traefik/dynamic/acme-kick.yml")
STATE = pathlib.Path("/var/lib/skerry/certificates.json")
OPENSSL = ["openssl", "x509", "-inform", "DER", "-noout", "-issuer", "-enddate", "-serial", "-dateopt", "iso_8601"]
ENGINE = "/var/run/docker.sock"
FIRST_DELAY, LAST_DELAY = 60, 3600  # seconds between two kicks: the first, and the most
GRACE = 30  # seconds that Traefik's own first attempt may take
REPEAT = 3600  # seconds after which an unchanged complaint is said again


class Engine(http.client.HTTPConnection):
    """The engine's API on its socket."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(ENGINE)


def routed_names():
    """Give the host names in the router rules of all services, sorted; OSError if the engine does not answer."""
    engine = Engine("localhost")
    engine.request("GET", "/services?filters=%7B%22label%22%3A%5B%22traefik.enable%3Dtrue%22%5D%7D")
    answer = engine.getresponse()
    services = json.load(answer)
    if answer.status != 200:
        raise OSError(services.get("message", answer.reason))
    rules = [
        value
        for service in services
        for key, value in service["Spec"]["Labels"].items()
        if key.startswith("traefik.http.routers.") and key.endswith(".rule")
    ]
    return sorted({name for rule in rules for name in re.findall(r"Host\(`([^`]+)`\)", rule)})


def own_address():
    """Give this host's first address, where Traefik's ports are published."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("198.51.100.1", 9))  # sends nothing
        return probe.getsockname()[0]
    return "127.0.0.1"


def served_certificate(address, name):
    """Give what is served for name: present (valid for the name, not expired), issuer, not_after, serial, reason."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((address, 443), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=name) as tls,
        ):
            der = tls.getpeercert(binary_form=True)
    except ssl.SSLError as error:
        return {"present": False, "reason": f"Traefik refuses the handshake ({error.reason})"}
    except OSError as error:
        return {"present": False, "reason": f"Traefik does not answer on {address}:443 ({error})", "unanswered": True}
    found = subprocess.run(
        [*OPENSSL, "-checkhost", name],
        input=der,
        capture_output=True,
        check=False,
        timeout=10,
    ).stdout.decode()
    fields = dict(re.findall(r"^(issuer|notAfter|serial)=\s*(.*)$", found, re.M))
    not_after = fields["notAfter"].replace(" ", "T")
    certificate = {"issuer": fields["issuer"], "not_after": not_after, "serial": fields["serial"]}
    if "does match certificate" not in found:
        return {"present": False, "reason": "Traefik serves a certificate that is not for this name"} | certificate
    if datetime.datetime.fromisoformat(not_after) < datetime.datetime.now(datetime.UTC):
        return {"present": False, "reason": "the certificate has expired"} | certificate
    return {"present": True} | certificate


def acme_problem(settings):
    """Give why the ACME server cannot be asked now, or an empty string."""
    context = ssl.create_default_context(cafile=settings["ca_file"])
    # Traefik does not insist on a CA's key usage extension either.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    try:
        with urllib.request.urlopen(settings["directory"], timeout=10, context=context) as answer:  # noqa: S310 - https by validation
            json.load(answer)
    except urllib.error.URLError as error:
        return str(error.reason)
    except (OSError, ValueError) as error:
        return str(error)
    return ""


def write(path, content):
    """Replace path by content, as JSON, in one step."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(json.dumps(content, indent=2) + "\n")
    new.chmod(0o644)
    new.rename(path)


def kick(now):
    """Change Traefik's dynamic configuration; JSON is YAML, and nothing uses this middleware."""
    headers = {"customRequestHeaders": {"X-Skerry-Acme-Kick": str(now)}}
    write(KICK, {"http": {"middlewares": {"acme-kick": {"headers": headers}}}})


def decide(missing, problem, state, now):
    """Give (kick now?, what is wrong) and set state's retry_at and delay, all times in seconds since the epoch.

    missing: name -> reason; problem: why the ACME server cannot be asked, or empty.
    """
    if not missing:
        state |= {"delay": 0, "retry_at": 0}
        return False, ""
    text = f"no certificate yet for {', '.join(missing)}: "
    if problem:
        # Whatever was waited for before, it is asked at once when it answers again.
        state |= {"delay": 0, "retry_at": 1}
        return False, f"{text}the ACME server cannot be asked ({problem}); served without until it can"
    text += f"{'; '.join(sorted(set(missing.values())))} (why: docker service logs traefik_traefik)"
    if not state["retry_at"]:
        state["retry_at"] = now + GRACE
    if now < state["retry_at"]:
        return False, text
    state["delay"] = min(max(2 * state["delay"], FIRST_DELAY), LAST_DELAY)
    state["retry_at"] = now + state["delay"]
    return True, text


def look(settings, say, again=False):
    """Look at all names once, kick where due, write the state; gives what is wrong, empty when all is there.

    say: print to the journal what is new, or was said an hour ago. again: a kick is due wherever something is missing.
    """
    now = int(time.time())
    with STATE.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            state = json.loads(STATE.read_text())
        except (OSError, ValueError):
            state = {}
        state = {"said": "", "said_at": 0, "delay": 0, "retry_at": 0} | state
        if again:
            state |= {"delay": 0, "retry_at": 1}
        address = own_address()
        names = {name: served_certificate(address, name) for name in routed_names()}
        missing = {name: found["reason"] for name, found in names.items() if not found["present"]}
        if any(found.get("unanswered") for found in names.values()):
            # A restart of Traefik, or its end: no reason to change its configuration.
            due, text = False, "; ".join(sorted(set(missing.values())))
        else:
            due, text = decide(missing, acme_problem(settings) if missing else "", state, now)
        if due:
            kick(now)
        if say and (due or text != state["said"] or (text and now - state["said_at"] >= REPEAT)):
            again = f"; made Traefik ask again, the next time in {state['delay']} s" if due else ""
            print(text + again or f"all certificates are there: {', '.join(names) or 'no name is routed'}", flush=True)
            state |= {"said": text, "said_at": now}
        checked = datetime.datetime.fromtimestamp(now, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        write(STATE, state | {"checked_at": checked, "names": names})
    return text


def main():
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wait", type=int, metavar="SECONDS", help="look until all are there, at most so long")
    parser.add_argument("--again", action="store_true", help="have Traefik ask at once for what is missing")
    given = parser.parse_args()
    wait = given.wait
    os.umask(0o022)
    settings = json.loads(SETTINGS.read_text())
    try:
        text = look(settings, say=wait is None, again=given.again)
        end = time.monotonic() + (wait or 0)
        while text and time.monotonic() < end:
            time.sleep(2)
            text = look(settings, say=False)
    except OSError as error:
        sys.exit(f"skerry-acme-kick: {error}")
    if wait is not None and text:
        print(text)


if __name__ == "__main__":
    main()
