"""What the workshop reads from the environment."""

from __future__ import annotations

import pytest

from tools.workshop.settings import VPS_HOST, Settings, load
from tools.workshop.shell import WorkshopError


def test_defaults_are_the_documented_ones() -> None:
    """`make up` alone would make another workshop than the one the README describes."""
    settings = load({})
    assert settings == Settings("skerry", "172.30.0", 8443, 8080, "debian13", "")
    assert settings.url == "https://console.skerry.localhost:8443"


def test_the_standard_port_is_left_out_of_the_url() -> None:
    """A browser sends `Origin` without :443, so a URL with it would be refused as foreign."""
    assert load({"SKERRY_HTTPS_PORT": "443"}).url == "https://console.skerry.localhost"


@pytest.mark.parametrize("subnet", ["172.30.0", "10.9.8", "192.168.77"])
def test_fixed_addresses_lie_outside_the_dynamic_range(subnet: str) -> None:
    """The engine would hand a fixed address to a Molecule container, and `make up` would fail."""
    settings = load({"SKERRY_SUBNET": subnet})
    assert str(settings.address(VPS_HOST)) == f"{subnet}.21"
    assert settings.dynamic_range.subnet_of(settings.network)
    assert not any(settings.address(host) in settings.dynamic_range for host in (1, 2, 3, 21))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("SKERRY_WORKSHOP", "Bad Name"),
        ("SKERRY_WORKSHOP", "-rm"),
        ("SKERRY_SUBNET", "172.30"),
        ("SKERRY_SUBNET", "172.30.0.0"),
        ("SKERRY_SUBNET", "8.8.8"),
        ("SKERRY_HTTPS_PORT", "0"),
        ("SKERRY_HTTPS_PORT", "70000"),
        ("SKERRY_HTTP_PORT", "http"),
        ("DISTRO", "ubuntu"),
        ("SKERRY_VPS_MEMORY", "1 GB"),
    ],
)
def test_a_bad_value_is_refused_with_its_name(key: str, value: str) -> None:
    """A typing error would surface minutes later as an error of Docker's."""
    with pytest.raises(WorkshopError, match=f"^{key}={value}: must be "):
        load({key: value})
