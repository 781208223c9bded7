"""What a merchant's software makes of an answer, by the document's strict forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.apis.seen import Seen, decimals_of, expect, fields, minor
from tests.coverage.compared import has_form
from tests.e2e.raw_http import Answer

STANDINGS: Final[Mapping[str, frozenset[str]]] = {
    "waiting": frozenset({"in_review"}),
    "open": frozenset({"reserved"}),
    "sent": frozenset({"processing"}),
    "paid": frozenset({"paid", "partly_returned"}),
    "back": frozenset({"returned"}),
    "failed": frozenset({"failed"}),
    "stopped": frozenset({"cancelled", "expired"}),
}


def payout(answer: Answer) -> Seen:
    expect(answer.status == 200, answer)
    return seen(answer.json())


def seen(document: Any) -> Seen:
    said = fields(document, "ref", "id", "currency", "amount", "returned", "status", "reason", "created")
    is_text(said["ref"], "[A-Za-z0-9-]{1,40}")
    is_text(said["currency"], "[A-Z]{3,4}")  # four: ordered through another API
    is_text(said["id"], "hp-[1-9][0-9]*")
    expect(said["status"] in STANDINGS, said)
    expect(isinstance(said["created"], int), said)
    expect((said["status"] == "failed") == (said["reason"] is not None), said)
    if said["reason"] is not None:
        is_text(said["reason"], r"(?s).*\S.*")
    decimals = decimals_of(said["currency"])
    return Seen(
        payout_id=int(said["id"].removeprefix("hp-")),
        reference=said["ref"],
        currency=said["currency"],
        amount_minor=minor(said["amount"], decimals),
        standings=STANDINGS[said["status"]],
        returned_minor=minor(said["returned"], decimals),
        created_s=said["created"],
        reason=said["reason"],
    )


def is_text(text: Any, form: str) -> None:
    expect(isinstance(text, str) and has_form(form, text), f"{text!r} is not {form}")


def error(answer: Answer) -> tuple[str | tuple[str, str], str]:
    """The code, with the field in front of it where one is named; and the text."""
    inner = fields(fields(answer.json(), "error")["error"], "code", "field", "text")
    code, field, text = inner["code"], inner["field"], inner["text"]
    is_text(code, "[a-z_]+")
    is_text(text, ".+")
    expect((field is not None) == (code == "field"), inner)
    if field is None:
        return code, text
    is_text(field, "[a-z.]+")
    return (field, code), text
