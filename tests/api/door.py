"""A gateway that serves the simplest dialect, and a caller who knows its word."""

from __future__ import annotations

from uuid import UUID

from outlay.api.gateway import Gateway
from outlay.api.rates import Rates
from outlay.service.operator.credentials import issue_credential
from outlay.service.runtime import Runtime
from outlay.wire.dialect import IssuedCredential
from outlay.wire.message import Request, Response
from tests.api.plain_dialect import WORD, PlainDialect
from tests.support.world import World


class Door:
    """A gateway, and a caller who knows the word."""

    def __init__(self, runtime: Runtime, account_id: UUID, calls: int, openings: int) -> None:
        self.runtime, self.account_id = runtime, account_id
        self.plain = PlainDialect()
        self.dialect = self.plain.record
        self.now_s = 0.0
        self.gateway = Gateway(runtime, [self.dialect], Rates(calls, openings, lambda: int(self.now_s * 1_000_000_000)))
        self.key_id = ""

    async def new_key(self) -> str:
        issued = await issue_credential(self.runtime, self.dialect, self.account_id)
        assert isinstance(issued, IssuedCredential)
        return issued.key_id

    async def call(
        self,
        method: str = "GET",
        path: str = "/plain/things",
        *,
        key: str | None = None,
        word: str = WORD,
        nonce: str = "",
    ) -> Response:
        headers = {"x-key": key or self.key_id, "x-word": word} | ({"x-nonce": nonce} if nonce else {})
        return await self.gateway.handle(self.dialect, Request(method, path, "", headers, b""))


async def door_in(world: World, *, calls: int = 0, openings: int = 0, runtime: Runtime | None = None) -> Door:
    account_id = await world.account(fund=100)
    door = Door(runtime or world.runtime, account_id, calls, openings)
    door.key_id = await door.new_key()
    return door


def header(response: Response, name: str) -> str | None:
    return dict(response.headers).get(name)
