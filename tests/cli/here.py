"""A command as a call in this process: what it does, its words and its numbers, without what a process costs.

It gets the words, the environment and two outputs of its own, and all that it sets for its process is put back
afterwards: the streams, where log lines go, what Python's own hooks do.

Cannot show what only a process has: signals, outputs that are closed or full, what is left to do when Python ends, a
PostgreSQL of the command's own. Tests of those start processes, and tests.cli.test_outputs runs each command both ways.

The trap: there is one environment and one standard output in a process, so calls wait for each other.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import logging
import os
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import structlog
import typer.main

from outlay.cli import output
from outlay.cli.common import report_failures
from outlay.cli.main import app
from outlay.cli.streams import stderr, stdout
from outlay.process import logging as lines
from outlay.running import log

_ONE_AT_A_TIME = threading.Lock()
_command = functools.cache(typer.main.get_command)


def call(words: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of `outlay …`."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _call(words, environment)
    with ThreadPoolExecutor(1) as pool:  # a command has an event loop of its own
        return pool.submit(_call, words, environment).result()


def _call(words: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
    with (
        _ONE_AT_A_TIME,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        patch.dict(os.environ, dict(environment), clear=True),
    ):
        with _streams(out.fileno(), err.fileno()), _log(err.fileno()):
            status = _status_of(lambda: _command(app)(args=list(words), prog_name="outlay"))
        return status, _read(out), _read(err)


def _status_of(command: Callable[[], None]) -> int:
    try:
        report_failures(command)
    except SystemExit as ended:
        return int(ended.code or 0)


@contextmanager
def _streams(out: int, err: int) -> Iterator[None]:
    """As `streams.take_over` has them, on other files."""
    with ExitStack() as before, open(os.devnull) as nothing:
        for stream, descriptor, shown in ((stdout, out, output.out), (stderr, err, output.err)):
            before.callback(shown.__dict__.pop, "_console", None)  # made for the file that is there when it is needed
            before.callback(stream.begin, is_closed=False)
            before.callback(setattr, stream, "descriptor", stream.descriptor)
            before.callback(setattr, stream, "encoding", stream.encoding)
            shown.__dict__.pop("_console", None)
            stream.begin(is_closed=False)
            stream.descriptor, stream.encoding = descriptor, os.environ.get("PYTHONIOENCODING", "utf-8")
        for name, file in (("stdin", nothing), ("stdout", stdout.plain), ("stderr", stderr.plain)):
            before.enter_context(patch.object(sys, name, file))
        yield


@contextmanager
def _log(err: int) -> Iterator[None]:
    """Where a command may tell where lines go; the last of them are out when this is left."""
    root = logging.getLogger()
    libraries = [root, *map(logging.getLogger, lines.TOLD_BY_WHO_ASKS)]
    at_the_end: list[Callable[[], Any]] = []
    with (
        patch.object(lines, "STANDARD_ERROR", err),
        patch.object(atexit, "register", at_the_end.append),
        patch.object(sys, "unraisablehook", sys.unraisablehook),
        patch.object(warnings, "showwarning", warnings.showwarning),
        patch.object(root, "handlers", []),
        ExitStack() as before,
    ):
        for library in libraries:
            before.callback(library.setLevel, library.level)
        before.callback(structlog.reset_defaults)
        before.callback(log._CONFIGURE.clear)
        before.callback(logging.captureWarnings, False)
        try:
            yield
        finally:
            for last in at_the_end:
                last()


def _read(file: Any) -> str:
    file.seek(0)
    text: str = file.read().decode("utf-8")
    return text
