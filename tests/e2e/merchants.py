"""A merchant with an account, and its own software for each API that it has keys for: what the tests of that API speak
with (`merchant.py` of its folder), and what every API has (`Documented.software`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tests.apis.contract import Documented, Making, Software
from tests.apis.found import all_names, documented_of, part_of
from tests.apis.software import now_ms
from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.server import Server

T = TypeVar("T")


class Speaker:
    """A merchant's software for one API, over a real socket: as `tests.apis.desk.Party`, for a server that is a process
    of its own."""

    def __init__(self, outlay: Server, account_id: str, documented: Documented, software: Software) -> None:
        self.account_id, self.documented, self.software = account_id, documented, software
        self._outlay = outlay
        if (opening := software.opening()) is not None:
            software.open(send(outlay.base_url, opening))

    def now_ms(self) -> int:
        return now_ms()

    def made(self, making: Making) -> Call:
        """Signed by this merchant."""
        return making.finished(self.software.call(making, self.now_ms() + making.off_ms))

    async def send(self, making: Making) -> Answer:
        return send(self._outlay.base_url, self.made(making))

    async def sub_account(self) -> str:
        """One more, under this merchant's."""
        return open_account(self._outlay, "--parent", self.account_id)


class Merchant:
    """One account that speaks the APIs it has keys for. `folder` is where it keeps its private keys. As `merchant.NAME`
    there is its own software for the API of that name, made when it is first asked for."""

    def __init__(self, outlay: Server, folder: Path, account_id: str, keys: Mapping[str, Mapping[str, str]]) -> None:
        self.account_id = account_id
        self.keys = keys
        self._outlay = outlay
        self._folder = folder
        self._own: dict[str, Any] = {}
        self._speakers: dict[str, Speaker] = {}

    def __getattr__(self, name: str) -> Any:
        if name not in all_names():
            raise AttributeError(name)
        if name not in self._own:
            self._own[name] = part_of(name, "merchant").software(self._outlay, self.keys[name], self._folder)
        return self._own[name]

    def speaker(self, name: str) -> Speaker:
        """With the software that every API has."""
        if name not in self._speakers:
            documented = documented_of(name)
            software = documented.software(self.keys[name], self._folder)
            self._speakers[name] = Speaker(self._outlay, self.account_id, documented, software)
        return self._speakers[name]

    def secrets(self) -> set[str]:
        """What must never be seen outside of a request: each line of a private key counts."""
        return {secret for name in self.keys for secret in self.speaker(name).software.secrets}


def of_each_currency(what: T, names: Sequence[str] = ()) -> dict[str, T]:
    """The same for each currency in which the good orders of these APIs, or of all, are."""
    return {documented_of(name).currency: what for name in names or all_names()}


def open_account(outlay: Server, *options: str, name: str = "Kopi") -> str:
    opened: str = outlay.cli.json("account", "create", name, "--country", "BR", *options)["account_id"]
    return opened


def open_merchant(
    outlay: Server,
    folder: Path,
    *,
    dialects: Sequence[str] = (),
    funds: Mapping[str, str] | None = None,
    fees: Mapping[str, tuple[str, str]] | None = None,
    options: Sequence[str] = (),
) -> Merchant:
    """Opened, funded and given its keys by command. `fees`: per currency the fixed part and the rate."""
    account_id = open_account(outlay, *options, name="Padaria São João")
    commands: list[Sequence[object]] = [
        ("credential", "create", account_id, "--dialect", name, "--json") for name in dialects
    ]
    for code, amount in (funds or {}).items():
        commands.append(("fund", account_id, amount, code, "--reference", f"start {code}"))
    for code, (fixed, rate) in (fees or {}).items():
        commands.append(("fee", "set", account_id, code, "--fixed", fixed, "--rate", rate))
    results = outlay.cli.each(commands)
    keys = {name: json.loads(result.out) for name, result in zip(dialects, results, strict=False)}
    return Merchant(outlay, folder, account_id, keys)
