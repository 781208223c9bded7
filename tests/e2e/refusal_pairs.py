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
from outlay.core.asks import AddBankAccount, ChangeBankAccount, Claim, OrderBatch, OrderPayout, OrderTransfer
from outlay.core.limits import Limits
from outlay.core.refusal import Refusal
from outlay.wire.problems import Fault, Trouble
from tests.e2e.lesspay_orders import bank_detail, batch
from tests.e2e.merchants import CPF, LessPayMerchant, TeemoPayMerchant, UqpayMerchant, now_ms
from tests.e2e.raw_http import Answer, send
from tests.e2e.refusal_situations import AMOUNT, OTHER_CURRENCY, Endpoint, Place, Situation, id_of
from tests.e2e.scene import SHAPES, is_accepted
from tests.e2e.uqpay_calls import bank_account, transfer

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
    return (answer.status, *SHAPES[endpoint.api](answer))


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


def _close_account(situation: Situation) -> None:
    situation.close(situation.account)


def _written_meanwhile(situation: Situation) -> None:
    situation.is_written_meanwhile = True


def _fund_with(minor: int, situation: Situation) -> None:
    situation.funds_minor = minor


def _by_stranger(situation: Situation) -> None:
    situation.by_stranger = True


CLOSED = Provocation("ACCOUNT_CLOSED", "ACCOUNT_CLOSED", closes=lambda situation: situation.close(situation.caller))
"""That of the caller."""
SUB_CLOSED = Provocation(
    "ACCOUNT_CLOSED of the sub-account", "ACCOUNT_CLOSED", opens=_written_meanwhile, closes=_close_account
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


def _method_off(*methods: str) -> Provocation:
    return Provocation("METHOD_OFF", "METHOD_OFF", sets=lambda situation: situation.switch_off(*methods))


def _blocked(*numbers: str) -> Provocation:
    return Provocation("RECIPIENT_BLOCKED", "RECIPIENT_BLOCKED", sets=lambda situation: situation.block(*numbers))


# -- what may be wrong with a request ---------------------------------------------------------------------------------


def _ask_before(situation: Situation) -> None:
    situation.fund()
    situation.ask_before()


def _use_here(situation: Situation) -> None:
    situation.use(situation.account)


def _put(changes: Mapping[str, Any], situation: Situation) -> None:
    situation.body = {**situation.body, **changes}


def _be_strict(situation: Situation) -> None:
    for account_id in {situation.caller, situation.account}:
        situation.change(account_id, strict_destinations=True)


def _same(code: tuple[int, Any] | None = None) -> Provocation:
    """What was made is told again, or that it was made."""
    return Provocation("repeat", REPEAT, code, uses=_ask_before)


def _other_use(code: tuple[int, Any]) -> Provocation:
    return Provocation("repeat of something else", REPEAT, code, uses=_use_here)


def _other_content(**changes: Any) -> Provocation:
    """In another currency, where there is one: so that nothing of the one that is asked for now was ever there."""

    def use(situation: Situation) -> None:
        situation.fund(OTHER_CURRENCY)
        situation.ask_before(**changes)

    return Provocation("repeat with other content", REPEAT, _idempotency("key_mismatch_body"), uses=use)


def _idempotency(word: str) -> tuple[int, Any]:
    return 400, ("idempotency_error", word)


def _fields(code: tuple[int, Any], **changes: Any) -> Provocation:
    return Provocation("fields", FIELDS, code, spoils=partial(_put, changes))


def _strict(code: tuple[int, Any], writes: Act) -> Provocation:
    """What was taken before, and is not any more: the account has been held to check digits since."""
    return Provocation("fields that were taken before", FIELDS, code, writes=writes, sets=_be_strict)


def _header(name: str, value: str, code: tuple[int, Any]) -> Provocation:
    def spoil(situation: Situation) -> None:
        situation.headers[name] = value

    return Provocation("proof", PROOF, code, spoils=spoil)


# -- reasons ----------------------------------------------------------------------------------------------------------

Reasons = dict[frozenset[str], str]


def _reasons(*rows: tuple[str, str, str]) -> Reasons:
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


# -- LessPay ----------------------------------------------------------------------------------------------------------


def _lesspay_order(situation: Situation, key: str = CPF) -> dict[str, Any]:
    made = LessPayMerchant.order(AMOUNT, situation.reference)
    made["beneficiary"]["destination"]["e_wallet"]["account_number"] = key
    return made


def _wrong_pix_key(situation: Situation) -> None:
    situation.body = _lesspay_order(situation, WRONG_CPF)


LESSPAY_PROOF: Final = _header("x-auth-signature", "0" * 64, (401, 401))
LESSPAY_CREATE: Final = Table(
    Endpoint(
        "lesspay create",
        "lesspay",
        path=lambda _situation: LessPayMerchant.CREATE,
        body=_lesspay_order,
        asks=OrderPayout(CLAIM, None),
    ),
    (
        LESSPAY_PROOF,
        _same((200, 30011)),
        _other_use((200, 30010)),
        _fields((200, 30000), way_code=""),
        _strict((200, 30006), _wrong_pix_key),
        _method_off("pix"),
        _blocked(CPF, WRONG_CPF),
        *PAYMENT,
    ),
    ALONE | {NONCE: NO_NONCE},
    _reasons(ONE_SIZE, ONE_PURSE, HELD_ONCE, GOOD_ONCE),
)
LESSPAY_BATCH: Final = Table(
    Endpoint(
        "lesspay batch",
        "lesspay",
        path=lambda _situation: LessPayMerchant.BATCH,
        body=lambda situation: batch([bank_detail(AMOUNT)], request_id=situation.reference),
        asks=OrderBatch(CLAIM, None),
        currency="PHP",
    ),
    (
        LESSPAY_PROOF,
        _same((200, 30011)),
        _other_use((200, 30010)),
        _fields((200, 30000), destination_type="moon"),
        _method_off("bank"),
        _blocked(BATCH_NUMBER),
        *PAYMENT,
    ),
    ALONE | {NONCE: NO_NONCE},
    _reasons(ONE_SIZE, ONE_PURSE, HELD_ONCE, GOOD_ONCE),
)


# -- TeemoPay ---------------------------------------------------------------------------------------------------------


def _spend_nonce(situation: Situation) -> None:
    call = situation.owner.call(TeemoPayMerchant.BALANCE, {}, nonce=situation.nonce)
    assert is_accepted("teemopay", send(situation.place.outlay.base_url, call))


TEEMOPAY_CREATE: Final = Table(
    Endpoint(
        "teemopay create",
        "teemopay",
        path=lambda _situation: TeemoPayMerchant.CREATE,
        body=lambda situation: TeemoPayMerchant.order(AMOUNT, situation.reference),
        asks=OrderPayout(CLAIM, None),
    ),
    (
        _header("app_code", "A1BR1", (200, 416)),
        Provocation("nonce", NONCE, uses=_spend_nonce),
        _same((200, 426)),
        _other_use((200, 426)),
        _fields((200, 475), idType="RG"),
        _strict((200, 482), partial(_put, {"bankAccount": WRONG_CPF})),
        _method_off("pix"),
        _blocked(CPF, WRONG_CPF),
        *PAYMENT,
    ),
    ALONE,
    _reasons(ONE_SIZE, ONE_PURSE, HELD_ONCE, GOOD_ONCE),
)


# -- UQPAY ------------------------------------------------------------------------------------------------------------

INVALID: Final = (400, ("invalid_request_error", "invalid_parameter"))
MISSING: Final = (400, ("invalid_request_error", "missing_parameter"))
UQPAY_PROOF: Final = _header("x-auth-token", "Bearer a.b.c", (401, "token has expired"))
OTHER_API: Final = _other_use(_idempotency("key_mismatch_api"))


def _register(situation: Situation, **fields: Any) -> str:
    path = UqpayMerchant.BANK_ACCOUNT_CREATE
    made = situation.owner.post(path, bank_account(**fields), account=_behalf(situation))
    return str(made["id"])


def _behalf(situation: Situation) -> str:
    return str(situation.account) if situation.account != situation.master else ""


def _block_everybody(situation: Situation) -> None:
    """Whomever the request may name."""
    _register(situation)
    situation.block(BANK_NUMBER, situation.unknown, str(situation.other), str(situation.account))


def _need_bank_account(situation: Situation) -> None:
    situation.change(situation.account, needs_bank_account=True)


def _name_payee(situation: Situation) -> None:
    situation.body["payout_account_id"] = str(situation.other)


PAYOUT_TERMS: Final = (
    Provocation("BANK_ACCOUNT_NOT_FOUND", "BANK_ACCOUNT_NOT_FOUND", sets=_need_bank_account),
    Provocation(
        "TARGET_NOT_FOUND",
        "TARGET_NOT_FOUND",
        spoils=lambda situation: _put({"payout_account_id": situation.unknown}, situation),
    ),
    Provocation(
        "TARGET_NOT_FOUND any more",
        "TARGET_NOT_FOUND",
        writes=_name_payee,
        closes=lambda situation: situation.close(situation.other),
    ),
    _method_off("BANK", "INTERNAL"),
    Provocation("RECIPIENT_BLOCKED", "RECIPIENT_BLOCKED", sets=_block_everybody),
)
OWN_BANK: Final = "no bank account of the merchant's own is asked for where another account is paid"
PAYOUT_REASONS: Final = _reasons(
    *KEPT,
    ONE_SIZE,
    ONE_PURSE,
    HELD_ONCE,
    GOOD_ONCE,
    ("BANK_ACCOUNT_NOT_FOUND", "TARGET_NOT_FOUND", OWN_BANK),
    ("BANK_ACCOUNT_NOT_FOUND", "TARGET_NOT_FOUND any more", OWN_BANK),
    ("BANK_ACCOUNT_NOT_FOUND", "RECIPIENT_BLOCKED", "an account that is not registered has no number"),
    ("repeat", "TARGET_NOT_FOUND", "the same content named an account of the family"),
)


def _uqpay_payout(name: str, *, is_own: bool, provocations: tuple[Provocation, ...], never: Mapping[str, str]) -> Table:
    return Table(
        Endpoint(
            name,
            "uqpay",
            path=lambda _situation: UqpayMerchant.CREATE,
            body=lambda _situation: UqpayMerchant.order(AMOUNT),
            asks=OrderPayout(CLAIM, None),
            is_own=is_own,
            is_on_behalf=not is_own,
        ),
        (
            UQPAY_PROOF,
            _same(),
            OTHER_API,
            _other_content(payout_currency=OTHER_CURRENCY),
            ELSEWHERE,
            BROKE_OFF,
            RUNNING,
            _fields(MISSING, statement_descriptor=""),
            *PAYOUT_TERMS,
            *PAYMENT,
            *provocations,
        ),
        {NONCE: NO_NONCE, "SAME_ACCOUNT": TO_ITSELF, **never},
        PAYOUT_REASONS | (_reasons(OWN_ROW) if is_own else {}),
    )


UQPAY_OWN_PAYOUT: Final = _uqpay_payout(
    "uqpay payout",
    is_own=True,
    provocations=(),
    never={"ACCOUNT_NOT_FOUND": "the request names no other account"},
)
UQPAY_PAYOUT: Final = _uqpay_payout(
    "uqpay payout on behalf", is_own=False, provocations=(NOT_FOUND, SUB_CLOSED), never={}
)
UQPAY_BANK_ACCOUNT: Final = Table(
    Endpoint(
        "uqpay bank account",
        "uqpay",
        path=lambda _situation: UqpayMerchant.BANK_ACCOUNT_CREATE,
        body=lambda _situation: bank_account(),
        asks=AddBankAccount(CLAIM, None),
        is_on_behalf=True,
    ),
    (
        UQPAY_PROOF,
        NOT_FOUND,
        _same(),
        OTHER_API,
        _other_content(bank_name="Bradesco"),
        CLOSED,
        SUB_CLOSED,
        ELSEWHERE,
        BROKE_OFF,
        RUNNING,
        _fields(MISSING, bank_name=""),
        _strict(INVALID, partial(_put, {"account_number": WRONG_IBAN})),
    ),
    {NONCE: NO_NONCE, "BANK_ACCOUNT_NOT_FOUND": "it is made here"} | NOTHING_PAID,
    _reasons(*KEPT, GOOD_ONCE),
)


def _present(situation: Situation) -> None:
    situation.bank_account_id = _register(situation)


def _name_unknown(situation: Situation) -> None:
    situation.bank_account_id = situation.unknown


def _spoil_body(situation: Situation) -> None:
    situation.body = b"{"


NO_FIELDS: Final = "what nobody can read has no fields"
UQPAY_UPDATE: Final = Table(
    Endpoint(
        "uqpay bank account update",
        "uqpay",
        path=lambda situation: f"{UqpayMerchant.BANK_ACCOUNTS}/{situation.bank_account_id}",
        body=lambda _situation: {"bank_name": "Itaú"},
        asks=ChangeBankAccount(CLAIM, 0, lambda _present: None),
        is_on_behalf=True,
        prepare=_present,
    ),
    (
        UQPAY_PROOF,
        NOT_FOUND,
        _same(),
        OTHER_API,
        _other_content(bank_name="Bradesco"),
        CLOSED,
        SUB_CLOSED,
        ELSEWHERE,
        BROKE_OFF,
        RUNNING,
        _fields(INVALID, currency="USD"),
        _strict(INVALID, partial(_put, {"account_number": WRONG_IBAN})),
        Provocation("BANK_ACCOUNT_NOT_FOUND", "BANK_ACCOUNT_NOT_FOUND", spoils=_name_unknown),
        Provocation("a body that nobody can read", BODY, INVALID, spoils=_spoil_body),
    ),
    {NONCE: NO_NONCE} | NOTHING_PAID,
    _reasons(
        *KEPT,
        GOOD_ONCE,
        ("repeat", "BANK_ACCOUNT_NOT_FOUND", "the same content named one, and none is taken away"),
        ("repeat", "a body that nobody can read", "the same content was read before"),
        ("fields", "a body that nobody can read", NO_FIELDS),
        ("fields that were taken before", "a body that nobody can read", NO_FIELDS),
    ),
    fields_after="BANK_ACCOUNT_NOT_FOUND",
)


# -- transfers --------------------------------------------------------------------------------------------------------


def _review_giver(situation: Situation) -> None:
    situation.change(situation.account, needs_review=True)


def _block_takers(situation: Situation) -> None:
    situation.block(situation.unknown, str(situation.other), str(situation.account))


def _name(field: str, of: Callable[[Situation], object]) -> Act:
    return lambda situation: _put({field: str(of(situation))}, situation)


GIVER_GONE: Final = "TARGET_NOT_FOUND of the giver"
TAKER_CLOSED: Final = "ACCOUNT_CLOSED of the taker"
GIVER_CLOSED: Final = "ACCOUNT_CLOSED of the giver"
UNKNOWN_TAKER: Final = "of a taker that is not there nothing is known"
UNKNOWN_GIVER: Final = "of a giver that is not there nothing is known, nor whom it may give to"
ONE_AND_THE_SAME: Final = "giver and taker are one"
NOBODY_NAMED: Final = "fields that are wrong name nobody: only the caller is known"
TRANSFER_REASONS: Final = _reasons(
    *KEPT,
    ONE_PURSE,
    HELD_ONCE,
    GOOD_ONCE,
    ("repeat", "TARGET_NOT_FOUND", "the same content named an account of the family"),
    ("repeat", GIVER_GONE, "the same content named an account of the family"),
    ("repeat", "SAME_ACCOUNT", "the same content named two accounts"),
    (TAKER_CLOSED, "TARGET_NOT_FOUND", UNKNOWN_TAKER),
    (TAKER_CLOSED, GIVER_GONE, UNKNOWN_GIVER),
    (TAKER_CLOSED, "SAME_ACCOUNT", ONE_AND_THE_SAME),
    (TAKER_CLOSED, "fields", NOBODY_NAMED),
    ("METHOD_OFF", "TARGET_NOT_FOUND", UNKNOWN_TAKER),
    ("METHOD_OFF", "SAME_ACCOUNT", ONE_AND_THE_SAME),
    ("TARGET_NOT_FOUND", "SAME_ACCOUNT", "the taker is the giver, and the giver is there"),
    *(
        (GIVER_GONE, name, UNKNOWN_GIVER)
        for name in ("SAME_ACCOUNT", "METHOD_OFF", "RECIPIENT_BLOCKED", "CURRENCY_NOT_HELD", "INSUFFICIENT_BALANCE")
    ),
)


def _uqpay_transfer(name: str, *, is_own: bool, provocations: tuple[Provocation, ...], not_together: Reasons) -> Table:
    return Table(
        Endpoint(
            name,
            "uqpay",
            path=lambda _situation: UqpayMerchant.TRANSFERS,
            body=lambda situation: transfer(str(situation.account), str(situation.other), AMOUNT),
            asks=OrderTransfer(CLAIM, None),
            is_own=is_own,
            is_reviewed=False,
        ),
        (
            UQPAY_PROOF,
            NOT_FOUND,
            _same(),
            OTHER_API,
            _other_content(currency=OTHER_CURRENCY),
            CLOSED,
            Provocation(TAKER_CLOSED, "ACCOUNT_CLOSED", closes=lambda situation: situation.close(situation.other)),
            ELSEWHERE,
            BROKE_OFF,
            RUNNING,
            _fields(MISSING, reason=""),
            Provocation(
                "TARGET_NOT_FOUND",
                "TARGET_NOT_FOUND",
                spoils=_name("target_account_id", lambda situation: situation.unknown),
            ),
            Provocation(
                GIVER_GONE,
                "TARGET_NOT_FOUND",
                spoils=_name("source_account_id", lambda situation: situation.unknown),
            ),
            Provocation(
                "SAME_ACCOUNT",
                "SAME_ACCOUNT",
                spoils=_name("target_account_id", lambda situation: situation.account),
            ),
            Provocation("METHOD_OFF", "METHOD_OFF", opens=_written_meanwhile, closes=_review_giver),
            Provocation("RECIPIENT_BLOCKED", "RECIPIENT_BLOCKED", sets=_block_takers),
            NOT_HELD,
            INSUFFICIENT,
            *provocations,
        ),
        {NONCE: NO_NONCE, "BANK_ACCOUNT_NOT_FOUND": "it names accounts here"}
        | dict.fromkeys(("CURRENCY_OFF", "AMOUNT_TOO_SMALL", "AMOUNT_TOO_LARGE"), NO_TERMS),
        TRANSFER_REASONS | not_together,
    )


UQPAY_OWN_TRANSFER: Final = _uqpay_transfer(
    "uqpay transfer",
    is_own=True,
    provocations=(),
    not_together=_reasons(OWN_ROW, ("METHOD_OFF", "STILL_RUNNING", "what sets it waits for that row, too")),
)
REPEATS_ELSEWHERE: Final = ("repeat of something else", "repeat with other content")
UQPAY_TRANSFER: Final = _uqpay_transfer(
    "uqpay transfer of a sub-account",
    is_own=False,
    provocations=(Provocation(GIVER_CLOSED, "ACCOUNT_CLOSED", opens=_written_meanwhile, closes=_close_account),),
    not_together=_reasons(
        (GIVER_CLOSED, GIVER_GONE, UNKNOWN_GIVER),
        (GIVER_CLOSED, "fields", NOBODY_NAMED),
        *((each, GIVER_GONE, "it was used on an account that the request does not name") for each in REPEATS_ELSEWHERE),
        *((each, "fields", NOBODY_NAMED) for each in REPEATS_ELSEWHERE),
    ),
)

TABLES: Final = (
    LESSPAY_CREATE,
    LESSPAY_BATCH,
    TEEMOPAY_CREATE,
    UQPAY_OWN_PAYOUT,
    UQPAY_PAYOUT,
    UQPAY_BANK_ACCOUNT,
    UQPAY_UPDATE,
    UQPAY_OWN_TRANSFER,
    UQPAY_TRANSFER,
)
