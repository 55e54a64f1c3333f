"""The machine: what it has, what is used, what waits."""

from __future__ import annotations

from typing import Any

from tools.dashboards.panels import above, below, board, choice, graph, number

HOST = '{job="node",instance=~"$host"}'
DISKS = '{instance=~"$host",fstype!~"tmpfs|ramfs|squashfs|fuse.*"}'
CARDS = '{instance=~"$host",device!~"lo|veth.*|docker.*|br-.*"}'
RATE = "[$__rate_interval]"


def dashboard() -> Any:
    """Return the dashboard."""
    host = choice("host", "Host", 'label_values(up{job="node"}, instance)')
    return board("host", "Host", "The machine: processor, memory, disk, network, clock, updates.", _panels(), [host])


def _panels() -> list[Any]:
    return [*_state(), *_time()]


def _state() -> list[Any]:
    return [
        number(
            "Processor",
            f'max(1 - avg by (instance) (rate(node_cpu_seconds_total{{instance=~"$host",mode="idle"}}{RATE})))',
            "ratio",
            "Part of all processors in use.",
            above(0.8, 0.9),
            alert="HostCpuSaturated",
        ),
        number(
            "Memory available",
            f"min(node_memory_MemAvailable_bytes{HOST} / node_memory_MemTotal_bytes{HOST})",
            "ratio",
            "What programs could still get without swapping.",
            below(0.15, 0.05),
            alert="HostMemoryPressure",
        ),
        number(
            "Disk free",
            f"min(node_filesystem_avail_bytes{DISKS} / node_filesystem_size_bytes)",
            "ratio",
            "The fullest disk.",
            below(0.2, 0.1),
            alert="HostDiskAlmostFull",
        ),
        number(
            "Clock",
            "max(abs(skerry_clock_offset_seconds))",
            "seconds",
            "How far the clock is off, against one elsewhere.",
            above(1, 5),
            alert="HostClockOff",
        ),
        number(
            "Updates",
            'sum(apt_upgrades_pending{origin=~".*[Ss]ecurity.*"}) or vector(0)',
            "number",
            "Security updates that are not installed yet.",
            above(1, 20),
            alert="HostSecurityUpdatesPending",
        ),
        number(
            "Up since",
            f"min(node_time_seconds{HOST} - node_boot_time_seconds{HOST})",
            "age",
            "Since the last boot.",
            [(None, "yellow"), (600, "green")],
        ),
    ]


def _time() -> list[Any]:
    pressure = {kind: f"rate(node_pressure_{name}{HOST}{RATE})" for kind, name in _PRESSURE.items()}
    return [
        graph(
            "Processor by use",
            {"{{mode}}": f'sum by (mode) (rate(node_cpu_seconds_total{{instance=~"$host",mode!="idle"}}{RATE}))'},
            "number",
            "Processors in use, by what for. `steal` is what the provider's other customers take.",
        ),
        graph(
            "Memory",
            {
                "in use": f"node_memory_MemTotal_bytes{HOST} - node_memory_MemAvailable_bytes{HOST}",
                "there is": f"node_memory_MemTotal_bytes{HOST}",
                "swapped": f"node_memory_SwapTotal_bytes{HOST} - node_memory_SwapFree_bytes{HOST}",
            },
            "bytes",
            "Memory that cannot be given to programs, what there is, and what was moved to swap.",
        ),
        graph(
            "Waiting",
            pressure,
            "ratio",
            "Part of the time in which everything waited for memory or disk, or something for a processor.",
            above(0.1, 0.3),
            alert="HostIoStalled",
        ),
        graph(
            "Disk in use",
            {"{{mountpoint}}": f"1 - node_filesystem_avail_bytes{DISKS} / node_filesystem_size_bytes"},
            "ratio",
            "How full each filesystem is.",
            above(0.8, 0.9),
            alert="HostDiskFillsSoon",
        ),
        graph(
            "Disk traffic",
            {
                "{{device}} read": f'rate(node_disk_read_bytes_total{{instance=~"$host"}}{RATE})',
                "{{device}} written": f'rate(node_disk_written_bytes_total{{instance=~"$host"}}{RATE})',
            },
            "bytes/s",
            "Bytes a second from and to each disk.",
        ),
        graph(
            "Network",
            {
                "{{device}} in": f"rate(node_network_receive_bytes_total{CARDS}{RATE})",
                "{{device}} out": f"rate(node_network_transmit_bytes_total{CARDS}{RATE})",
            },
            "bytes/s",
            "Bytes a second through each network card.",
        ),
    ]


_PRESSURE = {
    "memory": "memory_stalled_seconds_total",
    "disk": "io_stalled_seconds_total",
    "processor": "cpu_waiting_seconds_total",
}
