"""A merchant's own software for TeemoPay: the text of a body, its signature by the openssl command, and the calls.

Nothing here comes from Outlay: see tests/apis/software.py.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.apis.software import CPF, Body, as_bytes, new_reference, now_ms, parse, scalar_text
from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.server import Server

# What Java calls white space, from the documents' sample: neither U+0085 nor U+00A0, U+2007 and U+202F.
_BLANK_RANGES = ((0x09, 0x0D), (0x1C, 0x20), (0x1680, 0x1680), (0x2000, 0x2006), (0x2008, 0x200A))
_BLANKS = {chr(code) for first, last in _BLANK_RANGES for code in range(first, last + 1)} | set(
    "\u2028\u2029\u205f\u3000"
)


def teemopay_text(body_text: str, nonce: str) -> str:
    fields = parse(body_text)
    parts = []
    for name in sorted(fields):
        value = fields[name]
        if name == "sign" or value is None or (isinstance(value, str) and set(value) <= _BLANKS):
            continue
        parts.append(f"{name}={scalar_text(value)}&")
    return "".join(parts) + f"nonce={nonce}"


def openssl_signature(text: str, key_file: Path) -> str:
    command = ["openssl", "dgst", "-sha1", "-sign", str(key_file)]
    done = subprocess.run(command, input=text.encode("utf-8", "replace"), capture_output=True, check=True)
    return base64.b64encode(done.stdout).decode("ascii")


def plain_signature(text: str, key_file: Path) -> str:
    """The same by arithmetic, for a machine without the tool: the padded hash to the power of the private exponent."""
    der = base64.b64decode("".join(key_file.read_text().split("-----")[2].split()))
    _version, _algorithm, inner = _der_parts(_der_parts(der)[0])  # PKCS#8
    _version, modulus, _public, exponent, *_ = _der_parts(_der_parts(inner)[0])  # PKCS#1
    n, d = int.from_bytes(modulus), int.from_bytes(exponent)
    size = (n.bit_length() + 7) // 8
    digest = bytes.fromhex("3021300906052b0e03021a05000414") + hashlib.sha1(text.encode("utf-8", "replace")).digest()  # noqa: S324
    padded = b"\x00\x01" + b"\xff" * (size - 3 - len(digest)) + b"\x00" + digest
    return base64.b64encode(pow(int.from_bytes(padded), d, n).to_bytes(size)).decode("ascii")


def _der_parts(der: bytes) -> list[bytes]:
    """The contents of the elements that stand one after the other."""
    parts = []
    while der:
        length, start = der[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(der[2:start])
        parts.append(der[start : start + length])
        der = der[start + length :]
    return parts


teemopay_signature = openssl_signature if shutil.which("openssl") else plain_signature


class TeemoPayMerchant:
    CREATE = "/api/pay/payout/create/v1"
    QUERY = "/api/pay/payout/query/v1"
    BALANCE = "/api/pay/merchant/balance"
    LIST = "/api/pay/transaction/queryList"

    def __init__(self, outlay: Server, shown: Mapping[str, str], key_file: Path) -> None:
        self._outlay = outlay
        self.app_code = shown["app_code"]
        self.country = shown["country"]
        self.key_file = key_file

    def call(
        self,
        path: str,
        body: Body,
        *,
        nonce: str | None = None,
        at_ms: int | None = None,
        signed_as: Body | None = None,
    ) -> Call:
        """The body gets its `sign`, unless it is given as bytes: those go out as they are."""
        nonce = nonce or uuid4().hex
        if not isinstance(body, bytes):
            text = as_bytes(signed_as if signed_as is not None else body).decode("utf-8", "surrogatepass")
            body = {**body, "sign": teemopay_signature(teemopay_text(text, nonce), self.key_file)}
        headers = {
            "Content-Type": "application/json",
            "app_code": self.app_code,
            "country": self.country,
            "nonce": nonce,
            "timestamp": str(at_ms if at_ms is not None else now_ms()),
        }
        return Call("POST", path, headers, as_bytes(body))

    def ask(self, path: str, body: Body) -> Answer:
        return send(self._outlay.base_url, self.call(path, body))

    def opened(self, path: str, body: Body) -> dict[str, Any]:
        """`data` of an answer that says success."""
        answer = self.ask(path, body)
        envelope = answer.json()
        assert answer.status == 200, answer
        assert list(envelope) == ["code", "data", "msg", "traceId"]
        assert (envelope["code"], envelope["msg"]) == (200, "success"), envelope
        data: dict[str, Any] = envelope["data"]
        return data

    def create(self, body: Body) -> dict[str, Any]:
        return self.opened(self.CREATE, body)

    def query(self, reference: str) -> dict[str, Any]:
        return self.opened(self.QUERY, {"merchantOrderNo": reference})

    def balance(self) -> dict[str, str]:
        return self.opened(self.BALANCE, {})

    def listed(self, body: Body) -> dict[str, Any]:
        return self.opened(self.LIST, body)

    def code(self, path: str, body: Body) -> int:
        """Of an answer that says no, in one of the documented forms."""
        envelope = self.ask(path, body).json()
        forms = (["code", "data", "msg", "traceId"], ["code", "msg", "success"], ["code", "msg", "traceId"])
        assert list(envelope) in forms
        assert envelope["code"] != 200
        assert not envelope.get("data")
        code: int = envelope["code"]
        return code

    @staticmethod
    def order(amount: Any, reference: str | None = None, **fields: Any) -> dict[str, Any]:
        return {
            "merchantOrderNo": reference or new_reference("T"),
            "amount": amount,
            "accountType": 401,
            "bankAccount": CPF,
            "realName": "Maria Conceição",
            "idCardNumber": CPF,
            "idType": "CPF",
            "callbackUrl": "https://merchant.example/teemo/callback?a=1&b=2",
            "bankName": " ",
        } | fields


def software(outlay: Server, shown: Mapping[str, str], folder: Path) -> TeemoPayMerchant:
    """It keeps its private key in a file."""
    key_file = folder / f"{shown['app_code']}.pem"
    key_file.write_text(shown["private_key_pem"])
    return TeemoPayMerchant(outlay, shown, key_file)
