"""How the fuzzer attacks Harbour Pay: valid requests, answers and codes, by the document."""

from __future__ import annotations

from random import Random
from typing import Annotated, Any, Literal
from urllib.parse import unquote
from uuid import uuid4

import msgspec
from msgspec import Meta, Struct

from tests.apis.harbour.merchant import HarbourSoftware
from tests.apis.software import now_ms
from tests.fuzz.attacks import Attack
from tests.fuzz.drafts import Draft, Field, Target
from tests.fuzz.senders import Keys, Signed
from tests.fuzz.stage import ENDINGS

PATH = "/harbour/v1/payouts"
IBANS = ("DE89370400440532013000", "NO9386011117947", "GB29NWBK60161331926819")
Money = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]*)(\.[0-9]+)?$")]


class Payout(Struct, forbid_unknown_fields=True):
    ref: Annotated[str, Meta(pattern="^[A-Za-z0-9-]{1,40}$")]
    id: Annotated[str, Meta(pattern="^hp-[1-9][0-9]*$")]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3,4}$")]
    amount: Money
    returned: Money
    status: Literal["waiting", "open", "sent", "paid", "back", "failed", "stopped"]
    reason: str | None
    created: int


class Inner(Struct, forbid_unknown_fields=True):
    code: Annotated[str, Meta(pattern="^[a-z_]+$")]
    field: Annotated[str, Meta(pattern="^[a-z.]+$")] | None
    text: Annotated[str, Meta(min_length=1, max_length=300)]


class Error(Struct, forbid_unknown_fields=True):
    error: Inner


def _create(rng: Random, _stage: Any) -> Draft:
    currency, whole = rng.choice([("EUR", False), ("USD", False), ("JPY", True)])
    ending = rng.choice(["00", "71", "73", "81", "82", "83", f"{rng.randrange(100):02d}"])
    body: dict[str, Any] = {
        "ref": f"H-{uuid4().hex[:24]}",
        "currency": currency,
        "amount": f"{rng.randint(1, 60)}{'' if whole else '.'}{ending}",
        "to": {"iban": rng.choice(IBANS), "name": rng.choice(["Anna Schmidt", "Café Zoë"])},
    }
    if rng.random() < 0.5:
        body["note"] = rng.choice(["for May", "for\nMay"])
    return Draft("POST", PATH, "harbour", body=body)


def _query(rng: Random, stage: Any) -> Draft:
    parameters = {"ref": rng.choice(stage.pools["harbour"])}
    return Draft("GET", PATH + "/{ref}", "harbour", parameters=parameters, content_type=None)


TARGETS = (
    Target(
        name="harbour create",
        api="harbour",
        method="POST",
        path=PATH,
        valid=_create,
        answer=Payout,
        codes=frozenset({"field", "funds", "closed", "off", "ref_used", "amount"}),
        fields=(
            Field("ref", 40, required=True),
            Field("currency", 3, required=True),
            Field("amount", required=True),
            Field("to.iban", 34, required=True),
            Field("to.name", 70, required=True),
            Field("note", 140),
        ),
        made_in="payouts",
        made_id=lambda answer: str(answer["id"]),
        reference=lambda draft: (draft.body or {}).get("ref", ""),
        free_field="note",
    ),
    Target(
        name="harbour query",
        api="harbour",
        method="GET",
        path=PATH + "/{ref}",
        valid=_query,
        answer=Payout,
        codes=frozenset({"unknown"}),
        reads_body=False,
    ),
)


def _signed(draft: Draft, keys: Keys) -> Signed:
    text = draft.text().encode() if draft.body is not None and draft.raw is None else draft.raw or b""
    path = unquote(draft.target().partition("?")[0])  # what the path says, however it is spelt
    return HarbourSoftware(keys.shown).signed(draft.method, path, str(now_ms() // 1000), text), text


def _play(stage: Any, rng: Random) -> None:
    for ending in ENDINGS:
        draft = _create(rng, stage)
        assert draft.body is not None
        draft.body["amount"] = draft.body["amount"][:-2] + ending
        stage.pools["harbour"].append(stage.ask(draft)["ref"])


ATTACK = Attack(
    targets=TARGETS,
    sign=_signed,
    error=lambda body: msgspec.json.decode(body, type=Error).error.code,
    statuses=frozenset({400, 402, 403, 404, 409, 422}),
    who="harbour",
    pools=list,
    play=_play,
)
"""`pools`: references of orders."""
