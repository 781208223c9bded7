"""Where bad requests are played: a merchant that has ordered in every API, and somebody who looks at everything.

A bad request must get the documented error in the documented shape, change nothing that is stored, and leave a line in
the log that says what happened and repeats nothing that was sent. `Scene.refuse` demands all of that of every one.

The trap: a request that is refused for another reason than the one rehearsed proves nothing. So bad requests are good
ones with one fault, and `good_calls` are the good ones, seen to be accepted before the first bad one goes out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4

import msgspec

from tests.apis.found import all_names
from tests.apis.software import BRL_FEE, CPF, new_reference
from tests.apis.uqpay.calls import bank_account, transfer
from tests.e2e.merchants import open_merchant
from tests.e2e.observer import Observer, Stored, wait_for
from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.server import Server

LOG_FIELDS = {"api", "path", "status", "code", "message", "account", "event", "level", "timestamp"}
WORTH_HIDING = 8
"""Shorter texts turn up by chance."""
UNDER_WAY = """
select (select count(*) from payouts where state = 'reserved' or (state = 'processing' and account_id = '{}'))
    + (select count(*) from bank_messages where due_ms < extract(epoch from now()) * 1000 + 3600000)
"""
"""The bank's stories of hours and days do not move while tests run."""
_SIGN = re.compile(rb'"sign"\s*:\s*"([^"]+)"')

# How the three APIs word an error: LessPay and TeemoPay a number; UQPAY type and code, a number, or a text alone.
Code = int | str | tuple[str, str]


class Refused(msgspec.Struct, frozen=True):
    """The documented "no": HTTP status and code, and the text where two faults share a code."""

    status: int
    code: Code
    text: str | None = None


class Scene:
    """`stored` is all that is stored; no bad request may change it."""

    stored: Stored

    def __init__(self, outlay: Server, observer: Observer, folder: Path) -> None:
        self.outlay = outlay
        self.observer = observer
        self.merchant = open_merchant(outlay, folder, dialects=all_names(), funds={"BRL": "1000.00"}, fees=BRL_FEE)
        self.stranger = open_merchant(outlay, folder, dialects=all_names())
        self.hidden = self.merchant.secrets() | self.stranger.secrets() | {CPF}
        self.references = {api: new_reference() for api in all_names()}
        self.bodies = {
            "lesspay": self.merchant.lesspay.order("10.00", self.references["lesspay"]),
            "teemopay": self.merchant.teemopay.order("10.00", self.references["teemopay"]),
            "uqpay": self.merchant.uqpay.order("10.00"),
        }
        self.order_id: str = self.merchant.lesspay.create(self.bodies["lesspay"])["pay_order_id"]
        self.merchant.teemopay.create(self.bodies["teemopay"])
        created = self.merchant.uqpay.ask(
            self.merchant.uqpay.CREATE, self.bodies["uqpay"], key=self.references["uqpay"]
        )
        self.payout_id: str = created.json()["payout_id"]
        parent = ("--parent", self.merchant.account_id)
        sub_account = outlay.cli.json("account", "create", "Kopi", "--country", "BR", *parent)
        self.transfer = transfer(self.merchant.account_id, sub_account["account_id"], "1.00")
        uqpay = self.merchant.uqpay
        self.transfer_id: str = uqpay.post(uqpay.TRANSFERS, self.transfer)["transfer_id"]
        self.bank_account_id: str = uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account("SGD"))["id"]

    def settle(self) -> None:
        """Wait until nothing moves any more, and remember how it stands."""
        before: Stored = {}

        def stands_still() -> bool:
            nonlocal before
            before, last = self.everything(), before
            return before == last

        under_way = UNDER_WAY.format(self.merchant.account_id)
        wait_for(lambda: self.observer.rows(under_way)[0][0] == 0)
        wait_for(stands_still)
        self.stored = before

    def everything(self) -> Stored:
        return self.observer.everything([self.merchant.account_id, self.stranger.account_id])

    def changes(self) -> Stored:
        """What is stored otherwise than it was; table → rows now."""
        return {name: now for name, now in self.everything().items() if now != self.stored[name]}

    def refuse(self, api: str, call: Call, refused: Refused) -> Answer:
        """Send a bad request and see everything that must be true of it."""
        size = self.observer.log_size()
        answer = send(self.outlay.base_url, call)
        assert answer.status == refused.status, answer
        code, text = SHAPES[api](answer)
        assert code == refused.code, answer
        assert refused.text in (None, text), answer
        assert not (changes := self.changes()), changes
        self._check_log(size, api, refused, hidden := self.hidden | hidden_in(call))
        assert not [secret for secret in hidden if secret in answer.body.decode()]
        return answer

    def _check_log(self, size: int, api: str, refused: Refused, hidden: set[str]) -> None:
        said = self.observer.log_since(size)
        lines = [json.loads(line) for line in said.splitlines()]
        named = refused.code[1] if isinstance(refused.code, tuple) else refused.code
        [line] = [line for line in lines if line["event"] == "request refused"]
        assert set(line) == LOG_FIELDS
        assert (line["api"], line["status"], line["level"]) == (api, refused.status, "info")
        assert line["code"] == ("gateway" if isinstance(named, str) and " " in named else named)
        assert not [secret for secret in hidden if secret in said]


def hidden_in(call: Call) -> set[str]:
    """What this request proves itself with, whether it is right or wrong."""
    named = {name.lower(): value for name, value in call.headers.items()}
    proofs = [named.get(name, b"") for name in ("x-auth-signature", "x-auth-token", "x-api-key", "nonce")]
    proofs += _SIGN.findall(call.body)
    texts = [proof.decode("latin-1") if isinstance(proof, bytes) else proof for proof in proofs]
    return {text for text in (text.removeprefix("Bearer ") for text in texts) if len(text) >= WORTH_HIDING}


# -- the shapes of errors -------------------------------------------------------------------------------------------


def _lesspay_error(answer: Answer) -> tuple[Code, str]:
    envelope = answer.json()
    assert list(envelope) == ["code", "msg", "data", "encryptData", "sign"], envelope
    assert (envelope["data"], envelope["encryptData"], envelope["sign"]) == (None, "", ""), envelope
    assert envelope["code"] != 0
    return envelope["code"], envelope["msg"]


def _teemopay_error(answer: Answer) -> tuple[Code, str]:
    envelope = answer.json()
    if envelope["code"] == 400:
        assert envelope == {"code": 400, "msg": "Order not found", "success": False}
    else:
        assert list(envelope) == ["code", "data", "msg", "traceId"], envelope
        assert envelope["data"] is None
        assert re.fullmatch(r"[0-9a-f]{32}\.1\.[0-9]{17}", envelope["traceId"])
    return envelope["code"], envelope["msg"]


def _uqpay_error(answer: Answer) -> tuple[Code, str]:
    error = answer.json()
    match list(error):
        case ["error"]:
            return error["error"], error["error"]
        case ["code", "message"]:
            assert isinstance(error["code"], int)
            return error["code"], error["message"]
        case ["type", "code", "message"]:
            return (error["type"], error["code"]), error["message"]
    raise AssertionError(f"no documented error: {error}")


SHAPES: Mapping[str, Callable[[Answer], tuple[Code, str]]] = {
    "lesspay": _lesspay_error,
    "teemopay": _teemopay_error,
    "uqpay": _uqpay_error,
}


# -- good requests --------------------------------------------------------------------------------------------------


def _lesspay_create(scene: Scene) -> Call:
    speaker = scene.merchant.lesspay
    return speaker.call(speaker.CREATE, speaker.order("1.00"))


def _lesspay_query(scene: Scene) -> Call:
    speaker = scene.merchant.lesspay
    return speaker.call(speaker.QUERY, {"request_id": scene.references["lesspay"]})


def _teemopay_create(scene: Scene) -> Call:
    speaker = scene.merchant.teemopay
    return speaker.call(speaker.CREATE, speaker.order("1.00"))


def _teemopay_query(scene: Scene) -> Call:
    speaker = scene.merchant.teemopay
    return speaker.call(speaker.QUERY, {"merchantOrderNo": scene.references["teemopay"]})


def _teemopay_balance(scene: Scene) -> Call:
    return scene.merchant.teemopay.call(scene.merchant.teemopay.BALANCE, {})


def _uqpay_token(scene: Scene) -> Call:
    return scene.merchant.uqpay.token_call()


def _uqpay_create(scene: Scene) -> Call:
    speaker = scene.merchant.uqpay
    return speaker.call(speaker.CREATE, speaker.order("1.00"), key=str(uuid4()))


def _uqpay_retrieve(scene: Scene) -> Call:
    return scene.merchant.uqpay.call(scene.merchant.uqpay.PAYOUT + scene.payout_id)


def _uqpay_balances(scene: Scene) -> Call:
    return scene.merchant.uqpay.call(scene.merchant.uqpay.BALANCES)


def _uqpay_balance(scene: Scene) -> Call:
    return scene.merchant.uqpay.call(f"{scene.merchant.uqpay.BALANCES}/BRL")


def _uqpay_list(scene: Scene) -> Call:
    return scene.merchant.uqpay.call(scene.merchant.uqpay.LIST)


def _uqpay_bank_account_create(scene: Scene) -> Call:
    speaker = scene.merchant.uqpay
    return speaker.call(speaker.BANK_ACCOUNT_CREATE, bank_account("SGD"), key=str(uuid4()))


def _uqpay_bank_account_update(scene: Scene) -> Call:
    speaker = scene.merchant.uqpay
    return speaker.call(f"{speaker.BANK_ACCOUNTS}/{scene.bank_account_id}", {"bank_name": "Itau"}, key=str(uuid4()))


def _uqpay_bank_accounts(scene: Scene) -> Call:
    return scene.merchant.uqpay.call(scene.merchant.uqpay.BANK_ACCOUNTS)


def _uqpay_bank_account(scene: Scene) -> Call:
    return scene.merchant.uqpay.call(f"{scene.merchant.uqpay.BANK_ACCOUNTS}/{scene.bank_account_id}")


def _uqpay_transfer_create(scene: Scene) -> Call:
    return scene.merchant.uqpay.call(scene.merchant.uqpay.TRANSFERS, scene.transfer, key=str(uuid4()))


def _uqpay_transfers(scene: Scene) -> Call:
    return scene.merchant.uqpay.call(scene.merchant.uqpay.TRANSFERS)


def _uqpay_transfer(scene: Scene) -> Call:
    return scene.merchant.uqpay.call(f"{scene.merchant.uqpay.TRANSFERS}/{scene.transfer_id}")


GOOD: Mapping[str, Callable[[Scene], Call]] = {
    "lesspay-create": _lesspay_create,
    "lesspay-query": _lesspay_query,
    "teemopay-create": _teemopay_create,
    "teemopay-query": _teemopay_query,
    "teemopay-balance": _teemopay_balance,
    "uqpay-token": _uqpay_token,
    "uqpay-create": _uqpay_create,
    "uqpay-retrieve": _uqpay_retrieve,
    "uqpay-balances": _uqpay_balances,
    "uqpay-balance": _uqpay_balance,
    "uqpay-list": _uqpay_list,
    "uqpay-bank-account-create": _uqpay_bank_account_create,
    "uqpay-bank-account-update": _uqpay_bank_account_update,
    "uqpay-bank-accounts": _uqpay_bank_accounts,
    "uqpay-bank-account": _uqpay_bank_account,
    "uqpay-transfer-create": _uqpay_transfer_create,
    "uqpay-transfers": _uqpay_transfers,
    "uqpay-transfer": _uqpay_transfer,
}
"""Every endpoint that is served, and a request that it accepts."""
POSTS = [name for name in GOOD if GOOD[name].__name__.endswith(("create", "update", "query", "teemopay_balance"))]


def api_of(endpoint: str) -> str:
    return endpoint.partition("-")[0]


def is_accepted(endpoint: str, answer: Answer) -> bool:
    success = {"lesspay": 0, "teemopay": 200}.get(api_of(endpoint))
    return answer.status == 200 and answer.json().get("code") == success
