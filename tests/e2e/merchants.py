"""Merchants' own software for each API, as somebody would write it from the provider's documents.

Nothing here comes from Outlay: LessPay's text and hash, TeemoPay's text and the openssl command line tool, UQPAY's
headers. So an error that Outlay makes on both sides of its own code cannot hide. The signers are held against the
providers' vectors by the tests that use them.

The trap: LessPay signs numbers by their spelling, so a body is parsed with its literals kept and never printed again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.server import Server

CPF = "11144477735"
EVP = "7d9f0335-8dcc-4054-9bf9-0dbd61d36906"
ALL_DIALECTS = ("lesspay", "teemopay", "uqpay")
BRL_FEE = {"BRL": ("5.00", "0.0500")}
Body = Mapping[str, Any] | bytes


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def new_reference(prefix: str = "T") -> str:
    return f"{prefix}-{uuid4().hex[:24]}"


def as_bytes(body: Body) -> bytes:
    """JSON in UTF-8. An unpaired surrogate has no UTF-8: then everything is escaped."""
    if isinstance(body, bytes):
        return body
    try:
        return json.dumps(body, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(body).encode("ascii")


class Literal(str):
    """A number of a JSON text, as it was written."""

    __slots__ = ()


def parse(text: str) -> Any:
    return json.loads(text, parse_int=Literal, parse_float=Literal, parse_constant=Literal)


# -- LessPay --------------------------------------------------------------------------------------------------------


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
            return _scalar_text(value)


def _scalar_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return java_number(value) if isinstance(value, Literal) else str(value)


def java_number(literal: str) -> str:
    """What Java prints for a number that it read from this literal."""
    mantissa, _, exponent = literal.lower().partition("e")
    if mantissa == literal and "." not in literal:
        return "0" if literal == "-0" else literal
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0") or "0"
    scale = len(fraction) - int(exponent or "0")
    adjusted = len(digits) - 1 - scale
    if scale == 0:
        text = digits
    elif scale > 0 and adjusted >= -6:
        padded = digits.rjust(scale + 1, "0")
        text = f"{padded[:-scale]}.{padded[-scale:]}"
    else:
        text = digits[0] + (f".{digits[1:]}" if digits[1:] else "") + (f"E{adjusted:+d}" if adjusted else "")
    return f"-{text}" if literal.startswith("-") and digits != "0" else text


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
            return _scalar_text(value)


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


# -- TeemoPay -------------------------------------------------------------------------------------------------------


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
        parts.append(f"{name}={_scalar_text(value)}&")
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


# -- UQPAY ----------------------------------------------------------------------------------------------------------


class UqpayMerchant:
    """For what the official client does not send. See test_uqpay_sdk for that one."""

    TOKEN = "/api/v1/connect/token"
    CREATE = "/api/v2/payment/payout/create"
    LIST = "/api/v2/payment/payout"
    PAYOUT = "/api/v2/payment/payout/"
    BALANCES = "/api/v2/payment/balances"
    BANK_ACCOUNT_CREATE = "/api/v2/payment/bankaccount/create"
    BANK_ACCOUNTS = "/api/v2/payment/bankaccount"
    TRANSFERS = "/api/v1/transfer"
    ACCOUNTS = "/api/v1/accounts"

    def __init__(self, outlay: Server, shown: Mapping[str, str]) -> None:
        self._outlay = outlay
        self.client_id, self.api_key = shown["client_id"], shown["api_key"]
        self.webhook_secret = shown["webhook_secret"]
        self.account_id = shown["account_id"]
        self.token: str = send(outlay.base_url, self.token_call()).json()["auth_token"]

    def token_call(self) -> Call:
        return Call("POST", self.TOKEN, {"x-client-id": self.client_id, "x-api-key": self.api_key})

    def call(self, path: str, body: Body | None = None, *, key: str | None = None, account: str = "") -> Call:
        """GET without a body, POST with one; `account`: on behalf of this one."""
        headers: dict[str, str | bytes] = {"x-auth-token": f"Bearer {self.token}", "x-client-id": self.client_id}
        if account:
            headers["x-on-behalf-of"] = account
        if body is None:
            return Call("GET", path, headers)
        headers |= {"x-idempotency-key": key or str(uuid4()), "content-type": "application/json"}
        return Call("POST", path, headers, as_bytes(body))

    def ask(self, path: str, body: Body | None = None, *, key: str | None = None, account: str = "") -> Answer:
        return send(self._outlay.base_url, self.call(path, body, key=key, account=account))

    def get(self, path: str, *, account: str = "") -> dict[str, Any]:
        answer = self.ask(path, account=account)
        assert answer.status == 200, answer
        document: dict[str, Any] = answer.json()
        return document

    def post(self, path: str, body: Body, *, key: str | None = None, account: str = "") -> dict[str, Any]:
        answer = self.ask(path, body, key=key, account=account)
        assert answer.status == 200, answer
        document: dict[str, Any] = answer.json()
        return document

    @staticmethod
    def order(amount: Any, **fields: Any) -> dict[str, Any]:
        return {
            "payout_currency": "BRL",
            "payout_amount": amount,
            "statement_descriptor": "OUTLAY 0042",
            "internal_note": "January rent",
        } | fields


# -- an account with all of them ------------------------------------------------------------------------------------


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
