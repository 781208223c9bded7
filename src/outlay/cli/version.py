"""`outlay --version`.

Run from its sources the project is not installed, so there is no package metadata to ask; then pyproject.toml tells.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import typer

from outlay.cli.output import out

PROJECT = "outlay"


def installed_version() -> str:
    try:
        return version(PROJECT)
    except PackageNotFoundError:
        return _source_version()


def _source_version() -> str:
    try:
        project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))["project"]
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return "unknown"
    return str(project.get("version", "unknown"))


def print_version(wanted: bool) -> None:
    """For an eager option: print and stop."""
    if wanted:
        out.say(f"{PROJECT} {installed_version()}")
        raise typer.Exit
