"""Lead new connections to a container past the ports that the engine publishes, for as long as this process lives.

The rules are in a table that the kernel counts as this process's own (`flags owner`, Linux 5.12): nobody else can
change it, and it goes with the process, however that ends. Established connections keep their way: it is conntrack's.
libnftables is what `nft` itself is made of; a process of `nft` would own the table only until it ends.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass

LIBRARY = "libnftables.so.1"
TABLE = "skerry_detour"
PRIORITY = -110  # before the engine's own translation, at -100 (nft(8), dstnat)


class RedirectionError(Exception):
    """The rules cannot be had; the text says why."""


@dataclass(frozen=True)
class Port:
    """A port of the host, `tcp` or `udp`, and the container's port behind it."""

    protocol: str
    published: int
    target: int


def rules(ports: Iterable[Port], address: str) -> str:
    """Return the table as nft reads it: what comes to an address of this host, from outside or from itself."""
    lead = "\n".join(
        f"    fib daddr type local {port.protocol} dport {port.published} dnat to {address}:{port.target}"
        for port in ports
    )
    chains = "\n".join(
        f"  chain {hook} {{\n    type nat hook {hook} priority {PRIORITY};\n{lead}\n  }}"
        for hook in ("prerouting", "output")
    )
    return f"table ip {TABLE} {{\n  flags owner;\n{chains}\n}}\n"


class Redirection:
    """The rules that are in force from its making until `drop`, or until this process ends."""

    def __init__(self, ports: Iterable[Port], address: str) -> None:
        """Put the rules in force; raise RedirectionError where the host has no libnftables, or refuses them."""
        try:
            self._library = ctypes.CDLL(LIBRARY)
        except OSError as error:
            raise RedirectionError(f"{LIBRARY} cannot be loaded (package nftables): {error}") from error
        self._library.nft_ctx_new.restype = ctypes.c_void_p
        self._library.nft_ctx_get_error_buffer.restype = ctypes.c_char_p
        self._context = ctypes.c_void_p(self._library.nft_ctx_new(0))
        self._library.nft_ctx_buffer_error(self._context)
        try:
            self._run(rules(ports, address))
        except RedirectionError:
            self._free()
            raise

    def drop(self) -> None:
        """Take the rules away; more than once is the same as once."""
        if self._context:
            try:
                self._run(f"delete table ip {TABLE}")
            finally:
                self._free()

    def _run(self, text: str) -> None:
        if self._library.nft_run_cmd_from_buffer(self._context, text.encode()):
            said = self._library.nft_ctx_get_error_buffer(self._context).decode(errors="replace")
            raise RedirectionError(f"nftables refuses the rules: {said.strip()}")

    def _free(self) -> None:
        """Close the connection to the kernel, and with it whatever the table holds."""
        self._library.nft_ctx_free(self._context)
        self._context = ctypes.c_void_p()
