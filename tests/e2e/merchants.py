"""A merchant with an account, and its own software (`tests/apis/*/merchant.py`) for each API that it has keys for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.teemopay.merchant import TeemoPayMerchant
from tests.apis.uqpay.merchant import UqpayMerchant
from tests.e2e.server import Server


class Merchant:
    """One account that speaks the APIs it has keys for. `folder` is where it keeps its private key."""

    def __init__(self, outlay: Server, folder: Path, account_id: str, keys: Mapping[str, Mapping[str, str]]) -> None:
        self.account_id = account_id
        self._outlay = outlay
        self._folder = folder
        self._keys = keys

    @cached_property
    def lesspay(self) -> LessPayMerchant:
        return LessPayMerchant(self._outlay, self._keys["lesspay"])

    @cached_property
    def teemopay(self) -> TeemoPayMerchant:
        shown = self._keys["teemopay"]
        key_file = self._folder / f"{self.account_id}.pem"
        key_file.write_text(shown["private_key_pem"])
        return TeemoPayMerchant(self._outlay, shown, key_file)

    @cached_property
    def uqpay(self) -> UqpayMerchant:
        return UqpayMerchant(self._outlay, self._keys["uqpay"])

    @property
    def uqpay_keys(self) -> Mapping[str, str]:
        return self._keys["uqpay"]

    def secrets(self) -> set[str]:
        """What must never be seen outside of a request: each line of a private key counts."""
        key_lines = self.teemopay.key_file.read_text().splitlines()[1:-1]
        return {self.lesspay.secret, self.uqpay.api_key, self.uqpay.webhook_secret, self.uqpay.token, *key_lines}


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
    opened = outlay.cli.json("account", "create", "Padaria São João", "--country", "BR", *options)
    account_id: str = opened["account_id"]
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
