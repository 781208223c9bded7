"""What each endpoint reads, and below it what it writes."""

from __future__ import annotations

from typing import Final

from outlay.core.asks import Claim, FindPayout, Made, OrderPayout, Repeated, Unclaimed
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.dialects.harbour import codes, envelope, schema, values
from outlay.dialects.harbour.callers import PROOF, Key
from outlay.kit.jsontext import BadJson, parse_object
from outlay.wire.dialect import Asked, Context, Credential, Now, route
from outlay.wire.fields import FieldFault, FieldReader, is_json_type
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, found_wrong
from outlay.wire.sizes import longest_body

_NO_DIGEST: Final = bytes(32)
"""Of what is no order, and so equals none."""


def read_order(request: Request, _credential: Credential[Key], _now: Now) -> Asked[Made[Payout], Fault | None] | Fault:
    if not is_json_type(request):
        return codes.NOT_JSON_TYPE
    try:
        fields = FieldReader(parse_object(request.body))
    except BadJson as bad:
        return codes.bad_json(str(bad))
    ref = values.read_ref(fields)
    if not ref:
        return codes.wrong_field(fields.faults[0])
    order = values.read_order(fields, ref)
    if isinstance(order, FieldFault):
        return Asked(OrderPayout(Claim(ref, "payout", _NO_DIGEST), None), codes.wrong_field(order))
    return Asked(OrderPayout(Claim(ref, "payout", values.digest_of(order)), order), None)


def write_order(answer: Made[Payout], wrong: Fault | None, _context: Context[Key]) -> Response | Fault:
    match answer:
        case Payout():
            return envelope.write_payout(values.shown(answer))
        case Repeated(same=True, subject=Payout() as payout):
            return envelope.write_payout(values.shown(payout))
        case Repeated():
            return codes.REF_USED
        case Unclaimed():
            return found_wrong(wrong)


def read_question(request: Request, _credential: Credential[Key], _now: Now) -> Asked[Payout, None] | Fault:
    ref = request.parameters["ref"]
    if schema.REF_FORM.fullmatch(ref) is None:  # nobody's, and perhaps no text that can be looked up
        return codes.REFUSALS[Refusal.PAYOUT_NOT_FOUND]
    return Asked(FindPayout(reference=ref), None)


def write_question(payout: Payout, _echo: None, _context: Context[Key]) -> Response:
    return envelope.write_payout(values.shown(payout))


ROUTES: Final = (
    route("POST", schema.PAYOUTS, PROOF, read_order, write_order, longest_body=longest_body(schema.ORDER)),
    route("GET", schema.PAYOUT, PROOF, read_question, write_question),
)
