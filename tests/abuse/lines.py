"""One connection as somebody from outside holds it: bytes go out as they are, and what comes back is read as it is.

The trap: a helpful client mends what it sends, joins what it gets and tries again. Nothing here does.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from typing import Self

import msgspec

_READ = 1 << 18
_NO_BODY = {204, 304}


class Place(msgspec.Struct, frozen=True):
    """Where to connect. `ca`: the certificate that is trusted, where TLS is spoken there."""

    host: str
    port: int
    ca: str = ""

    def context(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=self.ca) if self.ca else None


class Lost(Exception):
    """The connection ended before the answer did."""


class Line:
    """Raises OSError where the connection breaks."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._buffer = b""
        self.is_last = False
        """The other side has said that it will close behind its last answer."""

    @classmethod
    async def open(cls, place: Place, tls: ssl.SSLContext | None) -> Self:
        name = "localhost" if tls is not None else None
        opened = await asyncio.open_connection(place.host, place.port, ssl=tls, server_hostname=name, limit=_READ)
        return cls(*opened)

    def send(self, data: bytes) -> None:
        """Without waiting for anybody to take it."""
        try:
            self._writer.write(data)
        except RuntimeError as error:  # uvloop's word for a connection that has broken already
            raise ConnectionResetError(str(error)) from error

    async def sent(self, data: bytes) -> None:
        """Returns when most of it has been taken."""
        self.send(data)
        await self._writer.drain()

    async def answer(self) -> tuple[int, bytes]:
        """Status and body of the next answer. Raises Lost where there is none, or only a part of one."""
        head = await self._until(b"\r\n\r\n")
        status = int(head[9:12])
        if status == 100:
            return await self.answer()
        lowered = head.lower()
        self.is_last = b"\r\nconnection: close" in lowered
        if status in _NO_BODY:
            return status, b""
        if b"\r\ntransfer-encoding: chunked" in lowered:
            return status, await self._chunks()
        return status, await self._exactly(_length_in(lowered))

    async def ended(self) -> None:
        """Returns when the other side has closed; what it still says is dropped."""
        while await self._reader.read(_READ):
            pass

    def close(self) -> None:
        with suppress(RuntimeError):  # the loop ends
            self._writer.close()

    def abort(self) -> None:
        """No farewell: what was sent and not taken is lost."""
        self._writer.transport.abort()

    @property
    def socket(self) -> socket.socket:
        found: socket.socket = self._writer.get_extra_info("socket")
        return found

    async def _until(self, end: bytes) -> bytes:
        while (at := self._buffer.find(end)) < 0:
            await self._more()
        taken, self._buffer = self._buffer[: at + len(end)], self._buffer[at + len(end) :]
        return taken

    async def _exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            await self._more()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    async def _chunks(self) -> bytes:
        body = b""
        while size := int((await self._until(b"\r\n")).split(b";")[0], 16):
            body += await self._exactly(size)
            await self._exactly(2)
        await self._until(b"\r\n")
        return body

    async def _more(self) -> None:
        data = await self._reader.read(_READ)
        if not data:
            raise Lost("closed" if not self._buffer else f"closed after {self._buffer[:60]!r}")
        self._buffer += data


def _length_in(head: bytes) -> int:
    start = head.find(b"\r\ncontent-length: ")
    if start < 0:
        return 0
    start += len(b"\r\ncontent-length: ")
    return int(head[start : head.index(b"\r\n", start)])
