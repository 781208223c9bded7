"""A merchant's own software for LessPay: the text and the hash of a body, as Java makes them, and the calls.

Nothing here comes from Outlay: see tests/apis/software.py.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.apis.software import CPF, Body, Literal, as_bytes, new_reference, now_ms, parse, scalar_text
from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.server import Server


def lesspay_signature(body_text: str, secret: str) -> str:
    return hashlib.sha256(lesspay_text(body_text, secret).encode("utf-8", "replace")).hexdigest().upper()


def lesspay_text(body_text: str, secret: str) -> str:
    root = parse(body_text)
    return f"{_sorted_text(root)}&key={secret}" if root else f"key={secret}"


def _sorted_text(fields: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in fields.items() if value is not None and value != ""}
    order = sorted(kept, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    return "&".join(f"{key}={_plain_text(kept[key])}" for key in order)


def _plain_text(value: Any) -> str:
    match value:
        case dict():
            return "{" + _sorted_text(value) + "}"
        case list():
            return _array_text(value)
        case _:
            return scalar_text(value)


def _array_text(items: Sequence[Any]) -> str:
    return "[" + ",".join(_json_text(item) for item in items) + "]"


def _json_text(value: Any) -> str:
    match value:
        case None:
            return "null"
        case dict():
            return "{" + ",".join(f"{_quoted(key)}:{_json_text(value[key])}" for key in java_order(value)) + "}"
        case list():
            return _array_text(value)
        case str() if not isinstance(value, Literal):
            return _quoted(value)
        case _:
            return scalar_text(value)


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


_SPECIAL = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029]')


def _quoted(text: str) -> str:
    return f'"{_SPECIAL.sub(_escaped, text)}"'


def _escaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04X}"


def java_order(fields: Mapping[str, Any]) -> list[str]:
    """The keys of an object inside an array: those that are null go, and the rest pass a hash table twice."""
    first = [key for key in _HashMap(fields).keys() if fields[key] is not None]  # noqa: SIM118 (not a dict)
    return _HashMap(first).keys()


class _HashMap:
    """`java.util.HashMap`, as far as its order goes."""

    def __init__(self, keys: Any) -> None:
        self._buckets: list[list[str]] = [[] for _ in range(16)]
        for count, key in enumerate(keys, 1):
            bucket = self._bucket_of(key)
            bucket.append(key)
            if len(bucket) > 8 and len(self._buckets) < 64:
                self._grow()
            if count > 0.75 * len(self._buckets):
                self._grow()

    def keys(self) -> list[str]:
        return [key for bucket in self._buckets for key in bucket]

    def _grow(self) -> None:
        keys = self.keys()
        self._buckets = [[] for _ in range(2 * len(self._buckets))]
        for key in keys:
            self._bucket_of(key).append(key)

    def _bucket_of(self, key: str) -> list[str]:
        code = _hash_code(key)
        return self._buckets[(code ^ (code >> 16)) % len(self._buckets)]


@lru_cache(10_000)
def _hash_code(text: str) -> int:
    """`java.lang.String.hashCode`."""
    units = text.encode("utf-16-be", "surrogatepass")
    code = 0
    for high, low in zip(units[::2], units[1::2], strict=True):
        code = (31 * code + 256 * high + low) % 2**32
    return code


class LessPayMerchant:
    CREATE = "/api/global/payout/create-order"
    BATCH = "/api/global/payout/batch/create-order"
    QUERY = "/api/global/payout/query"
    BANKS = "/api/global/payout/bank"
    BALANCE = "/api/global/payout/balance"

    def __init__(self, outlay: Server, shown: Mapping[str, str]) -> None:
        self._outlay = outlay
        self.app_id = shown["app_id"]
        self.secret = shown["app_secret"]

    def call(self, path: str, body: Body, *, at_ms: int | None = None, signed_as: Body | None = None) -> Call:
        """`signed_as` is what the signature is made from, where that is not the body."""
        text = as_bytes(signed_as if signed_as is not None else body).decode("utf-8", "surrogatepass")
        headers = {
            "x-auth-appid": self.app_id,
            "X-Auth-Timestamp": str(at_ms if at_ms is not None else now_ms()),
            "x-auth-signature": lesspay_signature(text, self.secret),
            "Content-Type": "application/json; charset=utf-8",
        }
        return Call("POST", path, headers, as_bytes(body))

    def ask(self, path: str, body: Body) -> Answer:
        return send(self._outlay.base_url, self.call(path, body))

    def query(self, **ids: str) -> dict[str, Any]:
        """The order; its envelope is checked on the way."""
        return self.opened(self.ask(self.QUERY, ids))

    def create(self, body: Body) -> dict[str, Any]:
        return self.opened(self.ask(self.CREATE, body))

    def create_batch(self, body: Body) -> dict[str, Any]:
        return self.opened(self.ask(self.BATCH, body))

    def balance(self, currency: str, way_code: str = "EPAY_PAYOUT") -> dict[str, Any]:
        return self.opened(self.ask(self.BALANCE, {"currency": currency, "way_code": way_code}))

    def banks(self, country: str, currency: str, way_code: str) -> list[dict[str, str]]:
        """A list is not signed."""
        asked = {"bank_country_code": country, "currency": currency, "way_code": way_code}
        envelope = self._accepted(self.ask(self.BANKS, asked))
        assert envelope["sign"] == ""
        banks: list[dict[str, str]] = envelope["data"]
        return banks

    def opened(self, answer: Answer) -> dict[str, Any]:
        envelope = self._accepted(answer)
        assert envelope["sign"] == lesspay_signature(self.data_text(answer), self.secret)
        data: dict[str, Any] = envelope["data"]
        return data

    @staticmethod
    def _accepted(answer: Answer) -> dict[str, Any]:
        envelope: dict[str, Any] = answer.json()
        assert answer.status == 200, answer
        assert list(envelope) == ["code", "msg", "data", "encryptData", "sign"]
        assert (envelope["code"], envelope["msg"], envelope["encryptData"]) == (0, "SUCCESS", ""), envelope
        return envelope

    @staticmethod
    def data_text(answer: Answer) -> str:
        """The text of `data` as it was received: the order of its keys counts."""
        text = answer.body.decode()
        start = text.index('"data":') + len('"data":')
        _, end = json.JSONDecoder().raw_decode(text, start)
        return text[start:end]

    @staticmethod
    def order(amount: Any, reference: str | None = None, **fields: Any) -> dict[str, Any]:
        """A payout to a PIX key: an object in an object in an object, as the API has it."""
        return {
            "request_id": reference or new_reference("L"),
            "amount": amount,
            "currency": "BRL",
            "way_code": "PAYRETAILERS_PAYOUT",
            "expired_time": 86400,
            "notify_url": "https://merchant.example/lesspay/notify?a=1&b=2",
            "beneficiary": {
                "beneficiary_type": "individual",
                "beneficiary_info": {
                    "first_name": "João",
                    "last_name": "da Silva",
                    "date_of_birth": "1991-03-07",
                    "tax_id": CPF,
                    "phone": {"calling_code": "55", "number": "11999990000"},
                    "address": {"country": "BR", "city": "São Paulo", "line2": ""},
                },
                "destination": {
                    "type": "ewallet",
                    "e_wallet": {"ewallet_provider": "PIX", "account_type": "cpf", "account_number": CPF},
                },
            },
        } | fields


def software(outlay: Server, shown: Mapping[str, str], _folder: Path) -> LessPayMerchant:
    return LessPayMerchant(outlay, shown)
