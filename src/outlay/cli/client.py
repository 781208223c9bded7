"""Plain HTTP towards a server of our own, as a merchant would speak it: for the demonstration.

Not the way to other companies' gateways: those calls belong to a room of their own, with its guard.
"""

from __future__ import annotations

import http.client
import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import msgspec

from outlay.cli.common import CommandFailed
from outlay.process.interpreter import python_module
from outlay.wire.message import Request

CALL_TIMEOUT_S: Final = 30.0
STOP_PATIENCE_S: Final = 25.0


class RoundTrip(msgspec.Struct, frozen=True):
    """A request and what came back."""

    request: Request
    url: str
    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def call(base_url: str, request: Request) -> RoundTrip:
    """Send one request to `base_url`; raises OSError where the server cannot be reached."""
    where = urlsplit(base_url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=CALL_TIMEOUT_S)
    try:
        connection.request(request.method, _target(request), body=request.body or None, headers=dict(request.headers))
        answer = connection.getresponse()
        return RoundTrip(request, base_url + _target(request), answer.status, answer.read())
    finally:
        connection.close()


def as_curl(base_url: str, request: Request, live_headers: Mapping[str, str]) -> str:
    """A line for a shell. Headers in `live_headers` are computed when the line runs."""
    parts = ["curl -sS", "-X", request.method, shlex.quote(base_url + _target(request))]
    for name, value in request.headers.items():
        live = live_headers.get(name)
        parts += ["-H", f'"{name}: {live}"' if live else shlex.quote(f"{name}: {value}")]
    if request.body:
        parts += ["-d", shlex.quote(request.body.decode())]
    return " ".join(parts)


def _target(request: Request) -> str:
    return f"{request.path}?{request.query}" if request.query else request.path


class ServerProcess:
    """`outlay serve` as a child process; ready when entered, gone when left."""

    def __init__(self, data: Path, port: int, environment: Mapping[str, str]) -> None:
        parent = str(os.getpid())  # told, not looked up: it may end before its child can look
        words = ["serve", "--with-parent", parent, "--json", "--port", str(port), "--data", str(data)]
        self._command = python_module("outlay.cli", *words)
        self._environment = dict(environment)
        self.base_url = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 (our own program)
            self._command, stdout=subprocess.PIPE, env=self._environment, start_new_session=True
        )
        try:
            self.base_url = self._first_document()["base_url"]
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def wait(self) -> None:
        """For ever: raises KeyboardInterrupt on Ctrl-C, CommandFailed where the server ends by itself."""
        status = self._process.wait()
        raise CommandFailed(f"the server has ended by itself, with status {status}; what it said stands above")

    def _first_document(self) -> dict[str, Any]:
        if self._process.stdout is None:
            raise AssertionError("the server's output is a pipe")
        text = b""
        for line in self._process.stdout:
            text += line
            if line.startswith(b"}"):
                document: dict[str, Any] = json.loads(text)
                return document
        raise CommandFailed("the server did not start; what it said stands above")

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()
