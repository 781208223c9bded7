"""`outlay serve`: the whole server in one command (process.serving)."""

from __future__ import annotations

import os
from functools import partial
from typing import Annotated, Final

import typer

from outlay.cli.common import DataOption, JsonOption, read_settings, settings_and_log
from outlay.cli.output import cell, out, print_json
from outlay.cli.streams import stdout
from outlay.process import serving
from outlay.process.logging import configure_logging
from outlay.process.settings import Settings
from outlay.running.log import get_log

_log: Final = get_log("outlay.serve")


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (default 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one (default 8080).")] = None,
    data: DataOption = None,
    workers: Annotated[int | None, typer.Option(help="HTTP processes (default 1).")] = None,
    as_json: JsonOption = False,
    with_parent: Annotated[int | None, typer.Option(metavar="PID", help="Stop when this, our parent, ends.")] = None,
) -> None:
    """Start Outlay: the payout APIs, the workers and, unless DATABASE_URL is set, a PostgreSQL of its own."""
    settings = settings_and_log(data, host=host, port=port, workers=workers)
    configure_logging(settings)  # at once: libraries have things to say, too
    raise typer.Exit(serving.serve(settings, partial(_announce, settings, as_json), with_parent))


def serve_child(
    listener_fd: Annotated[int, typer.Option()],
    parent_fd: Annotated[int, typer.Option()],
    data: DataOption = None,
) -> None:
    """One HTTP process of `outlay serve --workers N`; not for use by hand."""
    settings = read_settings(data)
    configure_logging(settings)
    raise typer.Exit(serving.serve_child(settings, listener_fd, parent_fd))


def _announce(settings: Settings, as_json: bool, address: tuple[str, int]) -> None:
    """Where it serves. A standard output that cannot be written is no reason not to."""
    host, port = address
    base_url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    where = "DATABASE_URL" if settings.database_url else str(settings.data)
    if as_json:
        print_json({"base_url": base_url, "data": where, "pid": os.getpid()})
    else:
        out.say("Outlay serves on ", cell(base_url, "bold"), f" (data: {where}); stop with Ctrl-C")
    if fault := stdout.fault():
        _log.warning(fault, base_url=base_url)
