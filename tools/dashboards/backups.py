"""Backups and drills: how old, how large, how long, and how fast everything would be back."""

from __future__ import annotations

from typing import Any

from tools.dashboards.panels import UP_DOWN, above, bars, board, graph, number, rows

HOUR, DAY = 3600, 86400


def dashboard() -> Any:
    """Return the dashboard."""
    says = "Backups and restore drills: how old, how large, how long, and how fast everything would be back."
    return board("backups", "Backups", says, _panels())


def _panels() -> list[Any]:
    return [*_state(), *_time()]


def _state() -> list[Any]:
    drill = "skerry_restore_drill"
    return [
        number(
            "Last runs", "min(skerry_backup_last_run_success)", "up", "All went well.", UP_DOWN, alert="BackupFailed"
        ),
        number(
            "Last backup",
            'max(time() - skerry_backup_last_success_timestamp_seconds{scope!="binlog"})',
            "age",
            "Age of the oldest newest backup.",
            above(25 * HOUR, 26 * HOUR),
            alert="BackupTooOld",
        ),
        number(
            "Not shipped yet",
            "max(time() - skerry_backup_binlog_shipped_until_timestamp_seconds)",
            "age",
            "What was committed in this time would be lost with the machine.",
            above(600, 1800),
            alert="BackupBinlogTooOld",
        ),
        number(
            "Last drill",
            f"max(time() - {drill}_last_success_timestamp_seconds) or vector(-1)",
            "age",
            "Since a backup was last restored for a try; below zero: never.",
            [(None, "yellow"), (0, "green"), (8 * DAY, "red")],
            alert="RestoreDrillTooOld",
        ),
        number(
            "Back within",
            f"max({drill}_rto_seconds) or vector(-1)",
            "age",
            "How long the last drill took to restore (RTO); below zero: no drill yet.",
            [(None, "yellow"), (0, "green"), (HOUR, "yellow"), (4 * HOUR, "red")],
        ),
        number(
            "Lost at most",
            f"max({drill}_rpo_seconds) or vector(-1)",
            "age",
            "How old the restored data was in the last drill (RPO); below zero: no drill yet.",
            [(None, "yellow"), (0, "green"), (DAY, "yellow"), (2 * DAY, "red")],
        ),
    ]


def _time() -> list[Any]:
    return [
        bars(
            "Age by part",
            'sort_desc(time() - skerry_backup_last_success_timestamp_seconds{scope!="binlog"})',
            "age",
            "Since the last good backup of each part at each place.",
            above(25 * HOUR, 26 * HOUR),
            legend="{{scope}} at {{target}}",
            alert="BackupTooOld",
        ),
        rows(
            "Last run by part",
            "sort(skerry_backup_last_run_success)",
            "number",
            "1: the last run went well, 0: it failed.",
            ["scope", "target"],
            value="good",
        ),
        graph(
            "Stored",
            {"{{scope}} at {{target}}": "skerry_backup_stored_bytes"},
            "bytes",
            "What the last run added to the repository.",
        ),
        graph(
            "Duration",
            {"{{scope}} at {{target}}": "skerry_backup_duration_seconds"},
            "seconds",
            "How long the last run took.",
            above(1800, 7200),
        ),
    ]
