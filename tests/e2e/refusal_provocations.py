"""What can be wrong at each endpoint that makes something, how it is brought about, and what is told of it alone: so
that any two that can hold of one request are tried together.

A provocation works in phases, so that any two of them go together: what would spoil the first use of a reference comes
after it, and what is closed is closed last. What is told of a refusal is asked of the dialect; only of what the dialect
judges by itself (the proof, the fields, a repeat) the documented code stands here.

The trap: a pair proves nothing where only one of the two was really there. So each provocation is tried alone, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import combinations
from typing import Any, Final

import msgspec

from outlay.core.account import ALL_METHODS
from outlay.core.asks import Claim
from outlay.core.limits import Limits
from outlay.core.refusal import Refusal
from outlay.wire.problems import Fault, Trouble
from tests.apis.found import documented_of
from tests.apis.software import now_ms
from tests.e2e.raw_http import Answer
from tests.e2e.refusal_situations import OTHER_CURRENCY, Endpoint, Place, Situation, id_of
from tests.e2e.scene import is_accepted

Told = tuple[int, Any, str | None]
"""HTTP status, code, text. Where something was made: its id for the code. None: the text is not compared."""

PROOF: Final = "proof"
NONCE: Final = "nonce"
REPEAT: Final = "repeat"
BODY: Final = "body"
FIELDS: Final = "fields"
"""Steps of the order that are no refusals of the core."""

BANK_NUMBER: Final = "1234567890"
BATCH_NUMBER: Final = "001234567890"
WRONG_CPF: Final = "11144477736"
WRONG_IBAN: Final = "DE89370400440532013001"
TOO_LITTLE_MINOR: Final = 100

Act = Callable[[Situation], None]


def _nothing(_situation: Situation) -> None:
    return None


class Provocation(msgspec.Struct, frozen=True):
    """`step`: where it stands in the order; `code`: HTTP status and code, where that is no refusal's. In the order in
    which they come:

    opens   how the accounts are opened
    writes  what the request, and every one under its reference before, has in its body
    uses    the reference
    sets    terms of the account
    runs    another request with the same key
    takes   the reference, elsewhere
    closes  accounts
    spoils  the request"""

    name: str
    step: str
    code: tuple[int, Any] | None = None
    opens: Act = _nothing
    writes: Act = _nothing
    uses: Act = _nothing
    sets: Act = _nothing
    runs: Act = _nothing
    takes: Act = _nothing
    closes: Act = _nothing
    spoils: Act = _nothing


PHASES: Final = ("writes", "uses", "sets", "runs", "takes", "closes", "spoils")


class Table(msgspec.Struct, frozen=True):
    """Of one endpoint. `never`: steps that it cannot meet, and why; `not_together`: pairs of provocations, and why.
    `fields_after`: the step that goes before the fields here."""

    endpoint: Endpoint
    provocations: tuple[Provocation, ...]
    never: Mapping[str, str]
    not_together: Mapping[frozenset[str], str]
    fields_after: str = "REFERENCE_ELSEWHERE"

    def named(self, name: str) -> Provocation:
        [found] = [each for each in self.provocations if each.name == name]
        return found

    def pairs(self) -> Iterator[tuple[Provocation, Provocation]]:
        """All of two steps, also those that are not possible."""
        return ((one, two) for one, two in combinations(self.provocations, 2) if one.step != two.step)

    def tried(self) -> Iterator[tuple[Provocation, Provocation]]:
        return (pair for pair in self.pairs() if frozenset(each.name for each in pair) not in self.not_together)


# -- playing it -------------------------------------------------------------------------------------------------------


def play(place: Place, table: Table, provocations: Iterable[Provocation]) -> tuple[Told, list[Told]]:
    """What is told of all of them together, and what would be told of each alone."""
    provoked = list(provocations)
    with Situation(place, table.endpoint) as situation:
        for each in provoked:
            each.opens(situation)
        situation.open()
        for phase in PHASES:
            for each in provoked:
                getattr(each, phase)(situation)
        told = _told(table.endpoint, situation.ask())
        return told, [_told_alone(situation, each) for each in provoked]


def is_told(told: Told, expected: Told) -> bool:
    return told[:2] == expected[:2] and expected[2] in (None, told[2])


def _told(endpoint: Endpoint, answer: Answer) -> Told:
    if is_accepted(endpoint.api, answer):
        return answer.status, id_of(answer), ""
    return (answer.status, *documented_of(endpoint.api).read_error(answer))


def _told_alone(situation: Situation, provocation: Provocation) -> Told:
    dialect = situation.dialect
    if provocation.code is not None:
        return (*provocation.code, None)
    match provocation.step:
        case "repeat":
            return 200, situation.made, ""
        case "nonce":
            fault: Fault = dialect.trouble(Trouble.NONCE_REPEATED)
        case refusal:
            fault = dialect.refuse(Refusal[refusal], situation.endpoint.asks, situation.opened)
    response = dialect.write_fault(fault, now_ms(), bytes(16))
    answer = Answer(response.status, {"content-type": "application/json"}, response.body)
    return _told(situation.endpoint, answer)


# -- what may be wrong with an account --------------------------------------------------------------------------------


def close_account(situation: Situation) -> None:
    situation.close(situation.account)


def written_meanwhile(situation: Situation) -> None:
    situation.is_written_meanwhile = True


def _fund_with(minor: int, situation: Situation) -> None:
    situation.funds_minor = minor


def _by_stranger(situation: Situation) -> None:
    situation.by_stranger = True


CLOSED = Provocation("ACCOUNT_CLOSED", "ACCOUNT_CLOSED", closes=lambda situation: situation.close(situation.caller))
"""That of the caller."""
SUB_CLOSED = Provocation(
    "ACCOUNT_CLOSED of the sub-account", "ACCOUNT_CLOSED", opens=written_meanwhile, closes=close_account
)
NOT_FOUND = Provocation("ACCOUNT_NOT_FOUND", "ACCOUNT_NOT_FOUND", opens=_by_stranger)
"""It is somebody else's, and there everything else that is wrong is wrong."""
ELSEWHERE = Provocation(
    "REFERENCE_ELSEWHERE", "REFERENCE_ELSEWHERE", takes=lambda situation: situation.use(situation.other)
)
BROKE_OFF = Provocation(
    "REFERENCE_ELSEWHERE, where it broke off",
    "REFERENCE_ELSEWHERE",
    takes=lambda situation: situation.break_off(situation.other),
)
RUNNING = Provocation("STILL_RUNNING", "STILL_RUNNING", runs=Situation.run_first)
CURRENCY_OFF = Provocation("CURRENCY_OFF", "CURRENCY_OFF", sets=lambda situation: situation.switch_off(ALL_METHODS))
TOO_SMALL = Provocation(
    "AMOUNT_TOO_SMALL", "AMOUNT_TOO_SMALL", sets=lambda situation: situation.limit(Limits(smallest_minor=1_000))
)
TOO_LARGE = Provocation(
    "AMOUNT_TOO_LARGE", "AMOUNT_TOO_LARGE", sets=lambda situation: situation.limit(Limits(largest_minor=100))
)
NOT_HELD = Provocation("CURRENCY_NOT_HELD", "CURRENCY_NOT_HELD", opens=partial(_fund_with, 0))
INSUFFICIENT = Provocation("INSUFFICIENT_BALANCE", "INSUFFICIENT_BALANCE", opens=partial(_fund_with, TOO_LITTLE_MINOR))


def method_off(*methods: str) -> Provocation:
    return Provocation("METHOD_OFF", "METHOD_OFF", sets=lambda situation: situation.switch_off(*methods))


def blocked(*numbers: str) -> Provocation:
    return Provocation("RECIPIENT_BLOCKED", "RECIPIENT_BLOCKED", sets=lambda situation: situation.block(*numbers))


# -- what may be wrong with a request ---------------------------------------------------------------------------------


def _ask_before(situation: Situation) -> None:
    situation.fund()
    situation.ask_before()


def _use_here(situation: Situation) -> None:
    situation.use(situation.account)


def put(changes: Mapping[str, Any], situation: Situation) -> None:
    situation.body = {**situation.body, **changes}


def _be_strict(situation: Situation) -> None:
    for account_id in {situation.caller, situation.account}:
        situation.change(account_id, strict_destinations=True)


def same(code: tuple[int, Any] | None = None) -> Provocation:
    """What was made is told again, or that it was made."""
    return Provocation("repeat", REPEAT, code, uses=_ask_before)


def other_use(code: tuple[int, Any]) -> Provocation:
    return Provocation("repeat of something else", REPEAT, code, uses=_use_here)


def other_content(**changes: Any) -> Provocation:
    """In another currency, where there is one: so that nothing of the one that is asked for now was ever there."""

    def use(situation: Situation) -> None:
        situation.fund(OTHER_CURRENCY)
        situation.ask_before(**changes)

    return Provocation("repeat with other content", REPEAT, idempotency("key_mismatch_body"), uses=use)


def idempotency(word: str) -> tuple[int, Any]:
    return 400, ("idempotency_error", word)


def wrong_fields(code: tuple[int, Any], **changes: Any) -> Provocation:
    return Provocation("fields", FIELDS, code, spoils=partial(put, changes))


def strict_since(code: tuple[int, Any], writes: Act) -> Provocation:
    """What was taken before, and is not any more: the account has been held to check digits since."""
    return Provocation("fields that were taken before", FIELDS, code, writes=writes, sets=_be_strict)


def wrong_header(name: str, value: str, code: tuple[int, Any]) -> Provocation:
    def spoil(situation: Situation) -> None:
        situation.headers[name] = value

    return Provocation("proof", PROOF, code, spoils=spoil)


# -- reasons ----------------------------------------------------------------------------------------------------------

Reasons = dict[frozenset[str], str]


def reasons_of(*rows: tuple[str, str, str]) -> Reasons:
    return {frozenset((one, two)): why for one, two, why in rows}


ONE_SIZE: Final = ("AMOUNT_TOO_SMALL", "AMOUNT_TOO_LARGE", "no amount is below the smallest and above the largest")
ONE_PURSE: Final = ("CURRENCY_NOT_HELD", "INSUFFICIENT_BALANCE", "what was never held is not too little of it")
HELD_ONCE: Final = ("repeat", "CURRENCY_NOT_HELD", "what was made before was paid out of this currency")
GOOD_ONCE: Final = ("repeat", "fields", "the same content was taken before")
KEPT: Final = tuple(
    (name, "REFERENCE_ELSEWHERE, where it broke off", "who has the key keeps it from all others")
    for name in ("repeat", "repeat with other content", "STILL_RUNNING")
)
OWN_ROW: Final = ("ACCOUNT_CLOSED", "STILL_RUNNING", "closing waits for the row that the first request waits for")

NO_FAMILY: Final = "the API has no accounts under another"
NOT_EXCLUSIVE: Final = "of two at once the second waits for the first, and is told a repeat"
NO_OWN_BANK: Final = "the request says itself whom it pays"
NO_TRANSFER: Final = "it moves nothing between accounts"
NOT_PAID: Final = "it pays nothing"
NO_NONCE: Final = "the API has none"
TO_ITSELF: Final = "a payout to the account itself is one"
NO_TERMS: Final = "terms hold for payouts, not for what stays in the family"

ALONE: Final = {
    "ACCOUNT_NOT_FOUND": "a credential has an account, and no request names another",
    "REFERENCE_ELSEWHERE": NO_FAMILY,
    "STILL_RUNNING": NOT_EXCLUSIVE,
    "BANK_ACCOUNT_NOT_FOUND": NO_OWN_BANK,
    "TARGET_NOT_FOUND": NO_TRANSFER,
    "SAME_ACCOUNT": NO_TRANSFER,
}
NOTHING_PAID: Final = dict.fromkeys(
    (
        "TARGET_NOT_FOUND",
        "SAME_ACCOUNT",
        "CURRENCY_OFF",
        "METHOD_OFF",
        "RECIPIENT_BLOCKED",
        "AMOUNT_TOO_SMALL",
        "AMOUNT_TOO_LARGE",
        "CURRENCY_NOT_HELD",
        "INSUFFICIENT_BALANCE",
    ),
    NOT_PAID,
)
CLAIM: Final = Claim("x", "x", bytes(32))
PAYMENT: Final = (CLOSED, CURRENCY_OFF, TOO_SMALL, TOO_LARGE, NOT_HELD, INSUFFICIENT)
