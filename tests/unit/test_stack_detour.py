"""The way past a service that is replaced: the stand-in, the rules, and who counts as answering."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from module_utils.skerry import detour, routes
from module_utils.skerry.detour import Detour, published, stand_in
from module_utils.skerry.engine import NAMESPACE
from module_utils.skerry.redirection import Port, RedirectionError, rules
from module_utils.skerry.waiting import Outcome
from module_utils.skerry.way import Past

EDGE = {
    "Name": "traefik_traefik",
    "Labels": {NAMESPACE: "traefik", "skerry.metrics.port": "8082"},
    "TaskTemplate": {
        "ContainerSpec": {
            "Image": "traefik:v3@sha256:a",
            "Labels": {NAMESPACE: "traefik"},
            "Mounts": [{"Type": "bind", "Source": "/acme", "Target": "/acme"}, {"Type": "tmpfs", "Target": "/tmp"}],
        },
        "Networks": [{"Target": "edge", "Aliases": ["traefik"]}],
        "RestartPolicy": {"Condition": "any"},
    },
    "Mode": {"Replicated": {"Replicas": 1}},
    "EndpointSpec": {
        "Mode": "dnsrr",
        "Ports": [
            {"Protocol": "tcp", "TargetPort": 8443, "PublishedPort": 443, "PublishMode": "host"},
            {"Protocol": "udp", "TargetPort": 8443, "PublishedPort": 443, "PublishMode": "host"},
        ],
    },
}
SHOP = {
    "Spec": {"Name": "shop_web", "Labels": {"traefik.http.routers.shop.rule": "Host(`shop.example.org`) && Path(`/`)"}}
}
PORTS = [Port("tcp", 443, 8443), Port("udp", 443, 8443)]


def test_a_stand_in_takes_nothing_from_what_it_stands_in_for() -> None:
    """It would be pruned with the stack, be measured, answer to its name, write its files, or fight for its ports."""
    found = stand_in(EDGE, "traefik-detour", "traefik")
    assert found["Name"] == "traefik-detour_traefik"
    assert found["Labels"] == found["TaskTemplate"]["ContainerSpec"]["Labels"] == {NAMESPACE: "traefik-detour"}
    container = found["TaskTemplate"]["ContainerSpec"]
    assert container["Image"] == "traefik:v3@sha256:a"
    assert [mount.get("ReadOnly") for mount in container["Mounts"]] == [True, None]
    assert found["TaskTemplate"]["Networks"] == [{"Target": "edge"}]
    assert found["TaskTemplate"]["RestartPolicy"] == {"Condition": "none"}
    assert {port["PublishedPort"] for port in found["EndpointSpec"]["Ports"]} == {0}
    assert EDGE["TaskTemplate"]["Networks"][0]["Aliases"] == ["traefik"], "the running spec itself was changed"


def test_the_rules_lead_each_port_and_belong_to_the_process() -> None:
    """A killed run would leave its rules, or HTTP/3 would not be led."""
    text = rules(published(EDGE), "172.18.0.9")
    assert "flags owner;" in text
    for hook in ("prerouting", "output"):
        assert f"type nat hook {hook} priority -110;" in text
    assert text.count("fib daddr type local tcp dport 443 dnat to 172.18.0.9:8443") == 2
    assert text.count("fib daddr type local udp dport 443 dnat to 172.18.0.9:8443") == 2


def test_a_domain_is_missed_only_where_it_was_routed_before() -> None:
    """An app's own 500 would revert an upgrade, or a version that routes nothing would be taken for good."""
    labels = {
        "traefik.http.routers.b.rule": "Host(`b.org`) || Host(`a.org`)",
        "traefik.http.services.b.x": "Host(`no.org`)",
    }
    assert routes.domains([{"Spec": {"Labels": labels}}, {"Spec": {}}]) == ["a.org", "b.org"]
    before = routes.routed({"a": 200, "b": 503, "never": 404, "dead": 0})
    assert before == {"a": 200, "b": 503}
    assert routes.missing(before, {"a": 500, "b": 200}) == []
    assert routes.missing(before, {"a": 404, "b": 0}) == ["a (200 before, now 404)", "b (503 before, now no answer)"]


class Engine:
    """An engine with one edge and, once it is created, its stand-in."""

    def __init__(self) -> None:
        self.stacks: dict[str, list[dict[str, Any]]] = {"traefik": [{"ID": "edge", "Spec": EDGE}]}
        self.done: list[str] = []
        self.alive = True

    def services(self, stack: str) -> list[dict[str, Any]]:
        """Return a stack's services."""
        return self.stacks.get(stack, [])

    def tasks(self, stack: str) -> list[dict[str, Any]]:
        """Return one running task for each service that is to have one."""
        return [
            {
                "ServiceID": one["ID"],
                "CreatedAt": "t1",
                "DesiredState": "running",
                "Status": {"State": "running", "ContainerStatus": {"ContainerID": f"c-{one['ID']}"}},
            }
            for one in self.services(stack)
            if one["Spec"]["Mode"]["Replicated"]["Replicas"]
        ]

    def get(self, target: str) -> Any:
        """Return the bridge, or all services."""
        if target == "/services":
            return [SHOP]
        return {"Containers": {"c-edge": {"IPv4Address": "172.18.0.3/16"}, "c-aside": {"IPv4Address": "172.18.0.9/16"}}}

    def container(self, _: str) -> dict[str, Any]:
        """Return whether the stand-in lives."""
        return {"State": {"Running": self.alive}}

    def request(self, method: str, target: str, query: object = None, body: Any = None) -> bytes:
        """Create, scale or delete the stand-in."""
        del query
        self.done.append(f"{method} {target}")
        if target == "/services/create":
            self.stacks["traefik-detour"] = [{"ID": "aside", "Version": {"Index": 1}, "Spec": body}]
        elif method == "POST":
            self.stacks["traefik-detour"][0]["Spec"] = body
        else:
            del self.stacks["traefik-detour"]
        return b""


class World:
    """What the detour meets: an engine, who answers with what, and the rules in force."""

    seen: list[tuple[str, bool]]

    def __init__(self, folder: Path) -> None:
        self.engine = Engine()
        self.answers = {"172.18.0.3": 200, "172.18.0.9": 200}
        self.rules: list[str] = []
        self.refuses = ""
        self.file, self.seen = folder / "skerry.yml", []
        self.file.write_text("usual")

    def way(self) -> Detour:
        """Return a way past the edge."""
        past = Past("traefik", str(self.file), "drain")
        return Detour(past, "traefik", self.engine, self.tick)  # type: ignore[arg-type]

    def tick(self) -> None:
        """Keep what the file says, and whether connections are led past, as time goes by."""
        self.seen.append((self.file.read_text(), bool(self.rules)))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """A world without a kernel, a network and time."""
    found = World(tmp_path)

    class Rules:
        def __init__(self, ports: list[Port], address: str) -> None:
            if found.refuses:
                raise RedirectionError(found.refuses)
            assert ports == PORTS
            found.rules.append(address)

        def drop(self) -> None:
            found.rules.clear()

    monkeypatch.setattr(detour, "Redirection", Rules)
    monkeypatch.setattr(detour.waiting, "wait", lambda *_: Outcome())
    monkeypatch.setattr(detour.pruning, "wait_until_gone", lambda *_: True)
    monkeypatch.setattr(detour, "ROUTES_SECONDS", 0.0)
    monkeypatch.setattr(detour, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(detour, "DRAIN_SECONDS", 0.01)
    monkeypatch.setattr(routes, "answers", lambda names, at, _port: dict.fromkeys(names, found.answers[at]))
    return found


GONE = ["POST /services/aside/update", "DELETE /services/aside"]


def test_connections_are_led_past_for_as_long_as_the_change_takes(world: World) -> None:
    """Visitors would be refused during the change, or be led to a stand-in that is gone after it."""
    way = world.way()
    with way.open():
        assert world.rules == ["172.18.0.9"]
        assert way.missed() == ""
    assert world.rules == []
    assert world.engine.done == ["POST /services/create", *GONE]
    assert way.warnings == []


def test_clients_are_told_to_come_anew_before_a_task_ends(world: World) -> None:
    """A connection would be cut while a request is on its way: 18 of 24,881 were, on a busy machine."""
    with world.way().open():
        assert set(world.seen) == {("drain", True)}
        assert world.file.read_text() == "usual"
        world.seen.clear()
    assert ("drain", False) in world.seen
    assert ("drain", True) not in world.seen
    assert world.file.read_text() == "usual"


def test_what_goes_wrong_inside_clears_up_as_well(world: World) -> None:
    """A deployment that ends with an error would leave the rules and the stand-in."""
    with pytest.raises(ZeroDivisionError), world.way().open():
        _ = 1 / 0
    assert world.rules == []
    assert world.engine.done[-2:] == GONE


def test_a_killed_runs_stand_in_is_removed_first(world: World) -> None:
    """Two would run, or the name would be taken."""
    world.engine.request("POST", "/services/create", body=stand_in(EDGE, "traefik-detour", "traefik"))
    with world.way().open():
        assert world.engine.done == ["POST /services/create", *GONE, "POST /services/create"]


def test_a_new_task_that_routes_nothing_is_told(world: World) -> None:
    """A healthy edge that answers 404 to everybody would be called deployed."""
    way = world.way()
    with way.open():
        world.answers["172.18.0.3"] = 404
        assert way.missed() == ("Service traefik does not answer any more for shop.example.org (200 before, now 404).")


@pytest.mark.parametrize("why", ["no route", "no rules"])
def test_where_there_is_no_way_past_it_goes_on_with_a_warning(world: World, why: str) -> None:
    """A host with an older kernel could change its edge no more, or nobody would learn that visitors were refused."""
    if why == "no route":
        world.answers["172.18.0.9"] = 404
    else:
        world.refuses = "nftables refuses the rules"
    way = world.way()
    with way.open():
        assert world.rules == []
        assert way.missed() == ""
    assert world.engine.done[-2:] == GONE
    assert len(way.warnings) == 1
    assert "connections were refused" in way.warnings[0]


def test_nobody_is_led_to_a_stand_in_that_has_ended(world: World) -> None:
    """All visitors would be led to an address where nobody is, until the end of the change."""
    way = world.way()
    with way.open():
        world.engine.alive = False
        way.tick()
        assert world.rules == []
    assert len(way.warnings) == 1


def test_a_first_deployment_takes_no_detour(world: World) -> None:
    """The first run would fail for want of something to stand in for."""
    world.engine.stacks = {}
    way = world.way()
    with way.open():
        assert way.missed() == ""
    assert world.engine.done == []
    assert way.warnings == []
