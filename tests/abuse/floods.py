"""Strangers who come in numbers: unknown keys, wrong signatures, requests by the hundred, plain rubbish.

The trap: a flood that costs its sender more than the server harms nobody, and proves nothing. So what comes back is
counted, not read, and what is sent was made before.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from itertools import count
from typing import cast

from tests.abuse.mission import (
    CONNECT_S,
    HEAD_S,
    LATE_S,
    LESSPAY_QUERY,
    Scene,
    crowd,
    post,
    stranger,
)

FLOOD = 64
PIPELINED = 16
AT_ONCE = 100
RUBBISH = 16
PATIENCE_S = 20.0
UNKNOWN = 5000
MOST_REFUSED = 1000
"""In three seconds: a hundred a second, a second's worth at once, one for each connection, and as much again."""
_BODY = b'{"request_id":"A-1"}'
_STATUS = b"HTTP/1.1 "
_NOT_TLS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
_HTTP_2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
_NOTHING = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"


class _Endless(asyncio.Protocol):
    """Sends `at_once` requests; the next ones when all of them have been answered."""

    def __init__(self, scene: Scene, requests: Callable[[], bytes], at_once: int) -> None:
        self._scene, self._requests, self._at_once = scene, requests, at_once
        self._missing = 0
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        self._missing = self._at_once
        self._transport.write(self._requests())

    def data_received(self, data: bytes) -> None:
        # A status that is cut in two is not counted: then this connection ends with the scene.
        start = 0
        while (found := data.find(_STATUS, start)) >= 0:
            start = found + 12
            self._scene.saw.met(data[found + 9 : start].decode("latin-1"))
            self._missing -= 1
        if self._missing <= 0:
            if self._scene.goes_on:
                self._send()
            else:
                self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._missing > 0 and self._scene.goes_on:
            self._scene.saw.met("cut" if exc else "closed")
        if not self.over.done():
            self.over.set_result(None)

    def abort(self) -> None:
        self._transport.abort()


async def _closed_loop(scene: Scene, requests: Callable[[], bytes], connections: int, at_once: int = 1) -> None:
    """For as long as the scene lasts; whoever has waited too long for an answer by then has heard nothing."""
    place, loop = scene.mission.place, asyncio.get_running_loop()

    async def one(scene: Scene) -> None:
        name = "localhost" if scene.tls else None
        _, protocol = await asyncio.wait_for(
            loop.create_connection(
                lambda: _Endless(scene, requests, at_once), place.host, place.port, ssl=scene.tls, server_hostname=name
            ),
            CONNECT_S,
        )
        await asyncio.wait({protocol.over}, timeout=max(scene.until - time.monotonic(), 0) + 1)
        protocol.abort()

    await crowd(scene, connections, one)


@stranger("unknown keys", allowed="401 429 503", most=MOST_REFUSED)
async def unknown_keys(scene: Scene) -> None:
    """64 connections that ask without a pause, each time under another unknown key"""
    begin = time.time_ns()
    made = [post(LESSPAY_QUERY, _BODY, f"{begin + number:024x}") for number in range(UNKNOWN)]
    numbers = count()
    await _closed_loop(scene, lambda: made[next(numbers) % UNKNOWN], FLOOD)


@stranger("wrong signatures", allowed="401 429 503", most=MOST_REFUSED)
async def wrong_signatures(scene: Scene) -> None:
    """64 connections that ask without a pause under a known key, with a wrong signature"""
    request = post(LESSPAY_QUERY, _BODY, scene.known_key)
    await _closed_loop(scene, lambda: request, FLOOD)


@stranger("wrong tokens", allowed="401 429 503", most=MOST_REFUSED)
async def wrong_tokens(scene: Scene) -> None:
    """64 connections that ask without a pause with a token that nobody gave them"""
    token = scene.mission.sessions["uqpay"].opened.decode().partition('"auth_token":"')[2].partition('"')[0]
    assert len(token) > 8
    forged = token[:-8] + "AAAAAAAA"
    asked = f"GET /api/v2/payment/balances HTTP/1.1\r\nHost: localhost\r\nx-auth-token: Bearer {forged}\r\n\r\n"
    await _closed_loop(scene, asked.encode, FLOOD)


@stranger("pipelined flood", allowed="401 404 429 503 closed cut")
async def pipelined(scene: Scene) -> None:
    """16 connections, a hundred requests at once on each, again and again"""
    hundred = _NOTHING * (AT_ONCE - 5) + post(LESSPAY_QUERY, _BODY, scene.known_key) * 5
    await _closed_loop(scene, lambda: hundred, PIPELINED, AT_ONCE)


@stranger("rubbish", allowed="400 408 431 505 closed cut", seconds=3)
async def rubbish(scene: Scene) -> None:
    """bytes that are no HTTP: chance, a greeting in TLS, HTTP/2"""
    made = count()

    async def one(scene: Scene) -> None:
        line = await scene.open()
        if line is None:
            return
        line.send((os.urandom(2000) + b"\r\n\r\n", _NOT_TLS, _HTTP_2, b"\r\n" * 1000 + b"\0")[next(made) % 4])
        scene.saw.met(await scene.ended(line, HEAD_S + LATE_S))
        line.close()

    await crowd(scene, RUBBISH, one)


@stranger("refusals, full log", allowed="400 401 429 503", house="full log")
async def refusals_full_log(scene: Scene) -> None:
    """requests that are refused, while the log cannot be written: its disk is full"""
    await _refused(scene)


@stranger("refusals, unread log", allowed="400 401 429 503", house="unread log")
async def refusals_unread_log(scene: Scene) -> None:
    """requests that are refused, while the log goes to a pipe that nobody reads"""
    await _refused(scene)


async def _refused(scene: Scene) -> None:
    """Whatever writes a line: unknown keys, wrong paths of an API, no HTTP."""
    made = count()

    async def one(scene: Scene) -> None:
        line = await scene.open()
        if line is None:
            return
        line.send(post(LESSPAY_QUERY, _BODY) if next(made) % 8 else b"no HTTP at all\r\n\r\n")
        scene.saw.met(await scene.ended(line, PATIENCE_S))
        line.close()

    await crowd(scene, RUBBISH, one)
