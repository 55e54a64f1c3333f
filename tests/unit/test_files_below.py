"""Which files below a directory are sent, compared and counted."""

from __future__ import annotations

from pathlib import Path

from module_utils.skerry_files import below


def test_sources_are_found_in_order_and_what_tools_leave_is_not(tmp_path: Path) -> None:
    """A revision would differ by what a test run left, or a link be missing on the host."""
    for name in ("b.yml", "a/one.yml", "a/__pycache__/one.pyc", ".DS_Store", "a/.gitkeep", ".mypy_cache/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "linked").symlink_to("a", target_is_directory=True)
    (tmp_path / "link.yml").symlink_to("b.yml")
    found = [path.relative_to(tmp_path).as_posix() for path in below(tmp_path)]
    assert found == ["b.yml", "link.yml", "linked", "a/one.yml"]


def test_a_file_is_its_own_and_what_is_missing_is_named(tmp_path: Path) -> None:
    """A file that somebody takes away would not count as a change."""
    assert list(below(tmp_path / "gone.yml")) == [tmp_path / "gone.yml"]
