"""The same application behind uvicorn's own connection class: what the tests of the front can find out."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import uvicorn
import uvloop

from outlay.api.server import bind
from tests.front.served import PATIENCE_S, echo


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class UvicornsOwn:
    def __init__(self) -> None:
        self._listener = bind("127.0.0.1", 0)
        self._address = self._listener.getsockname()
        config = uvicorn.Config(
            echo, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False, loop="none"
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=lambda: uvloop.run(self._server.serve(sockets=[self._listener])))

    def connect(self, patience_s: float = PATIENCE_S) -> socket.socket:
        return socket.create_connection(self._address, timeout=patience_s)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(PATIENCE_S)
        self._listener.close()
