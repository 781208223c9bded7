"""What `tests/apis/<name>/documented.py` must say of its API, so that one suite (`exercise`) can see whether a dialect
keeps what every dialect promises. It is written from the API's documents, and knows nothing of the dialect.

    Documented   the shapes, the error form, the codes, and a merchant's own software: DOCUMENTED of that module
    Making       a request as the merchant's software is about to sign and send it
    Said         a documented "no"
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import uuid4

import msgspec
from hypothesis import strategies as st

from outlay.core.payout import Order
from outlay.core.refusal import Refusal
from outlay.wire.problems import Trouble
from tests.apis.seen import Seen, SeenOrder
from tests.coverage.rows import Row
from tests.e2e.raw_http import Answer, Call

Code = int | str | tuple[str, str]
"""How an API words an error: a number; a text alone; or type and code, where the type may be the field's name."""
Body = dict[str, Any]
GONE: Final = object()
"""Instead of a value: the field is not sent."""
HOUR_MS: Final = 3_600_000


class Said(msgspec.Struct, frozen=True):
    """A documented "no": HTTP status and code, and the text where two share a code."""

    status: int
    code: Code
    text: str | None = None


class Making:
    """A request before it is signed. `sent_as` goes out instead of the body that is signed; `headers` are put over
    those that the software makes (None leaves one out)."""

    def __init__(self, method: str, path: str, body: Body | None = None, *, reference: str = "") -> None:
        self.method, self.path, self.body, self.reference = method, path, body, reference
        self.off_ms = 0
        """How wrong the caller's clock is."""
        self.once = uuid4().hex
        """A nonce, where the API has such."""
        self.headers: dict[str, str | bytes | None] = {}
        self.signed_as: Body | None = None
        """What the proof is made from, where that is not the body."""
        self.sent_as: bytes | None = None
        self.padded_to = 0
        """Blanks behind the body, which are good JSON."""

    def put(self, path: str, value: Any) -> None:
        """Another value for the field of this path, or none (GONE)."""
        assert self.body is not None
        self.body = altered(self.body, path, value)

    def finished(self, call: Call) -> Call:
        """What goes out, of what the software made."""
        body = self.sent_as if self.sent_as is not None else call.body
        if self.padded_to:
            body = (body or b"{}").ljust(self.padded_to)
        return call.but(body=body).headed(self.headers)


def altered(body: Mapping[str, Any], path: str, value: Any) -> Body:
    """The body with one field, named by its path, of another value, or gone."""
    changed = deepcopy(dict(body))
    *parents, name = path.split(".")
    place = changed
    for parent in parents:
        place = place.setdefault(parent, {})
    if value is GONE:
        place.pop(name, None)
    else:
        place[name] = value
    return changed


class Software:
    """A merchant's own program for the API, with a signer that shares nothing with Outlay."""

    secrets: frozenset[str]
    """What must never be seen in an answer or a log."""

    def opening(self) -> Call | None:
        """The call whose answer the others need (a token); None where there is none."""
        return None

    def open(self, answer: Answer) -> None:
        raise AssertionError("nobody gives a token here")

    def call(self, making: Making, now_ms: int) -> Call:
        """Signed and ready to be sent. Of a proof over the bytes what is signed is what will go out."""
        raise NotImplementedError


class Caller(Protocol):
    """A merchant with that software, wherever the server is: in this process (`desk.Party`) or in one of its own
    (`tests.e2e.merchants.Speaker`)."""

    @property
    def account_id(self) -> object: ...
    def now_ms(self) -> int:
        """By the clock of the server."""

    async def send(self, making: Making) -> Answer: ...
    async def sub_account(self) -> str:
        """Opens one more under this merchant's; its id."""


class Header(msgspec.Struct, frozen=True):
    """One that a caller sends. `missing`: what is said without it, None where it may be left out. `wrong`: values, and
    what is said of each. `only`: the method of the calls that have it; empty: all."""

    missing: Said | None
    wrong: Mapping[str | bytes, Said]
    only: str = ""


class Text(msgspec.Struct, frozen=True):
    """A field of an order that is a text. `wrong`: what is said of one that is too long, has a control character or is
    no text at all; `missing`: of none, where it is needed. `is_free`: any text up to its length is taken; else another
    rule says more of it."""

    path: str
    longest: int
    wrong: Said
    missing: Said | None = None
    is_free: bool = True


class Spoilt(msgspec.Struct, frozen=True):
    """One fault of an order: what is said of it, and how it is made where the suite does not know it by name."""

    said: Said
    spoil: Callable[[Making, Known], None] | None = None


class Known(msgspec.Struct, frozen=True):
    """What a fault may need: a reference and a nonce that are used, and the limit of a body."""

    used_reference: str
    used_once: str
    longest_body: int


FAULTS: Final = (
    "path", "method", "size", "content type", "unknown key", "time", "json", "proof", "field", "reused", "funds",
)  # fmt: skip
"""Every API has these; where one cannot be (a token has no time), it says why."""


class Documented(msgspec.Struct, frozen=True, kw_only=True):
    """What the documents of one API say."""

    rows: Sequence[Row]
    """Each documented endpoint, header, field, status and code."""

    software: Callable[[Mapping[str, str], Path], Software]
    """Of what `credential create` showed, with a folder for its files."""
    shown: Sequence[str]
    """What `credential create` shows, by its names. The first one names who asks."""
    country: str
    currency: str
    """Two decimals."""
    create: Callable[[str, str], Making]
    """A good order: of this reference (letters, digits and hyphens) and this amount, to one beneficiary whose number is
    `recipient`."""
    query: Callable[[str, Answer | None], Making]
    """What became of the order of this reference, which was answered so (None: nobody made it)."""
    recipient: str
    key_header: str
    """Names who asks. The software puts it in."""
    unknown_key: str
    """In the form of a key that could be."""
    reference_header: str = ""
    """Where the reference of an order stands, if in no field of it."""
    hidden: Sequence[str]
    """Headers and members of a body that prove who asks: never answered, never logged."""
    nowhere: str
    """A path of this API that is not served."""

    is_success: Callable[[Answer], bool]
    """Whether an answer of any endpoint says that it was done."""
    read_error: Callable[[Answer], tuple[Code, str]]
    """Code and text of an answer that must be in the documented form of errors. Raises AssertionError."""
    read_created: Callable[[Answer], Seen | SeenOrder]
    read_query: Callable[[Answer], Seen | SeenOrder]
    """What an answer in the documented form says. Raises Disagreement."""

    calls: Callable[[Caller, Answer], Awaitable[Mapping[str, Callable[[], Making]]]]
    """A good request for every route but that of a token, by what it does; `create` is one. They are made for a caller
    whose order was answered so (a question is about that one), under a fresh reference each time; whatever must be
    there before is made first."""
    headers: Mapping[str, Header]
    """Every header that the rows document for these."""
    opening_headers: Mapping[str, Header] = {}
    """Of the call that gives a token."""
    proofs: Mapping[str, Spoilt] = {}
    """Other ways in which a proof is wrong, at every call."""
    clock_ms: int | None
    """How wrong a caller's clock may be; None where no time is sent."""
    order: Mapping[str, Spoilt]
    """The faults of an order, FAULTS and the API's own, in the order in which they are told."""
    impossible: Mapping[str, str] = {}
    """Of FAULTS those that the API cannot have, and why."""
    wrong_field: tuple[str, Any]
    """A field of an order, and a value that it may not have."""
    unreadable: Said
    """The body is not one JSON object."""
    texts: Sequence[Text]
    other_fields: Mapping[str, str] = {}
    """The documented fields of an order that are no text with a length, and why or where their rule is shown."""
    needed: Mapping[str, Said] = {}
    """Fields that are no texts and are needed, and what is said without them."""
    amount_field: str
    amount_codes: frozenset[Code]
    """Of an amount that is no plain decimal text above zero, or missing."""
    tells_reasons: bool
    """Whether a failed payout's answer says why."""
    method: str
    """The kind of destination of a good order, as it is switched off."""
    not_found: Said
    same_again: Said | None
    """The same order once more; None: it is answered like the first."""
    still_running: Said | None = None
    """The same order once more while the first one is being made, where it is answered like that one afterwards."""
    other_again: Said
    """Another order under the same reference."""
    used_elsewhere: Said
    """An order under a reference that was used through another API."""
    refusals: Mapping[Refusal, Said]
    """What the account's own terms and money may refuse of an order."""
    troubles: Mapping[Trouble, Said]
    """All of them; of one that the API cannot have, the nearest word."""
    is_code: Callable[[Code], bool]
    """Whether the documents, or our own page of decisions, have this code."""

    bodies: st.SearchStrategy[Any]
    """Any order that the documents allow."""
    there_and_back: Callable[[Any], tuple[Order, Any, Order]]
    """Such a body: read, written again, and read once more, by the dialect's own ways; where it writes none, written
    from the neutral form as the documents have it."""
    normal: Callable[[Any], Any]
    """How that body is written by a dialect that loses nothing."""
