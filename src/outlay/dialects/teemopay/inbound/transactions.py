"""The list of orders: which part of it a body asks for, how its rows read, and the cursor that leads from page to page.

Of several faults the lowest code answers: fields that are missing or ill-formed (414), then 600 to 606.

The traps: a payout that was ordered through another API of the same account is a row here too, so nothing may be
expected of its beneficiary, remarks or currency. The times of the body are the country's, without a zone. Whoever holds
a cursor may change it, so its number is only ever a place in the caller's own list; the checksum finds mistakes, it
proves nothing. And a sandbox's clock may be ahead of the caller's, who asks for "until now" and means everything that
there is.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from outlay.core.asks import ListPayouts, PayoutsListed
from outlay.core.ids import MAX_ID
from outlay.core.payout import Payout
from outlay.core.progress import Standing
from outlay.dialects.teemopay import codes, schema
from outlay.dialects.teemopay.callers import App
from outlay.dialects.teemopay.envelope import success
from outlay.dialects.teemopay.signing import SignedBody
from outlay.dialects.teemopay.tables.rules import Country
from outlay.dialects.teemopay.values import fields
from outlay.dialects.teemopay.values.payouts import complete_time, reason_of, service_amount
from outlay.kit.jsontext import Json, JsonObject, Number
from outlay.wire.dialect import Asked, Context, Credential, Now
from outlay.wire.fields import FieldReader
from outlay.wire.message import Response
from outlay.wire.problems import Fault
from outlay.wire.sizes import word, word_of

_ID_BYTES: Final = 8
_CHECK_BYTES: Final = 4
_CURSOR_LENGTH: Final = 16
_PAGE_RULE: Final = f"must be an integer from 1 to {schema.LARGEST_PAGE}"

LIST_SHAPE: Final = {
    "pageIndex": word(_CURSOR_LENGTH),
    "pageSize": word(len(str(schema.LARGEST_PAGE))),
    "type": word_of((schema.PAYIN, schema.PAYOUT)),
    "beginTime": word(schema.LIST_TIME_LENGTH),
    "endTime": word(schema.LIST_TIME_LENGTH),
    "status": word(len(str(schema.LARGEST_PAGE))),
}
"""The fields, with the bytes of their longest values."""

STANDINGS: Final[Mapping[int, frozenset[Standing]]] = {
    codes.PROCESSING: frozenset({Standing.IN_REVIEW, Standing.RESERVED, Standing.PROCESSING}),
    codes.PAID: frozenset({Standing.PAID}),
    codes.FAILED: frozenset({Standing.FAILED, Standing.CANCELLED, Standing.EXPIRED}),
    codes.REFUNDED: frozenset({Standing.RETURNED}),
    codes.PARTLY_REFUNDED: frozenset({Standing.PARTLY_RETURNED}),
}
"""What each status stands for: `codes.status_of`, read backwards."""


def read_transactions(sent: SignedBody, credential: Credential[App], now: Now) -> Asked[PayoutsListed, None] | Fault:
    page = read_list(sent.fields, credential.opened.country, now)
    return page if isinstance(page, Fault) else Asked(page, None)


def write_transactions(listed: PayoutsListed, _echo: None, context: Context[App]) -> Response:
    return success(list_data(listed, context.credential.opened.country), context)


# -- the page asked for -----------------------------------------------------------------------------------------------


def read_list(body: JsonObject, country: Country, now: Now) -> ListPayouts | Fault:
    """The page asked for, or the Fault of the lowest code."""
    reader = FieldReader(body)
    cursor = reader.text("pageIndex", required=False)
    limit = _page_size(reader)
    kind = reader.raw("type")
    begin_ms = fields.read_time(reader, "beginTime", country)
    end_ms = fields.read_time(reader, "endTime", country)
    if fault := fields.first_fault(reader):
        return fault
    if kind not in (schema.PAYIN, schema.PAYOUT):
        return codes.LIST_TYPE_WRONG  # also where it is missing (decision)
    if fault := _range_fault(begin_ms, end_ms, now):
        return fault
    standings = _standings(reader)
    if isinstance(standings, Fault):
        return standings
    after_id = place_of(cursor) if cursor else None
    if cursor and after_id is None:
        return codes.LIST_CURSOR_WRONG
    return ListPayouts(
        standings=standings,
        # Nothing is ever paid in here, so that list is empty (decision).
        currencies=country.currencies if kind == schema.PAYOUT else frozenset(),
        from_ms=begin_ms,
        to_ms=_end_here(end_ms, now),
        after_id=after_id,
        limit=limit,
    )


def _range_fault(begin_ms: int, end_ms: int, now: Now) -> Fault | None:
    """Too old and too late only if both clocks say so (decision)."""
    if begin_ms < min(now.here_ms, now.real_ms) - schema.LIST_OLDEST_MS:
        return codes.LIST_TOO_OLD
    if end_ms - begin_ms > schema.LIST_LONGEST_MS:
        return codes.LIST_TOO_LONG
    if begin_ms > max(now.here_ms, now.real_ms):
        return codes.LIST_IN_FUTURE
    return codes.LIST_ENDS_FIRST if begin_ms > end_ms else None


def _end_here(end_ms: int, now: Now) -> int:
    """A span that reaches the caller's now reaches the installation's, which may be ahead (decision). The caller's may
    be as far off as the clock that signs (docs)."""
    if now.here_ms > now.real_ms and end_ms >= now.real_ms - schema.TIMESTAMP_TOLERANCE_MS:
        return max(end_ms, now.here_ms)
    return end_ms


def _standings(reader: FieldReader) -> frozenset[Standing] | Fault | None:
    """None where no status is asked for."""
    if not reader.has("status"):
        return None
    status = _small_integer(reader.raw("status"))
    return STANDINGS.get(status, codes.LIST_STATUS_WRONG) if status is not None else codes.LIST_STATUS_WRONG


def _page_size(reader: FieldReader) -> int:
    if not reader.has("pageSize"):
        return schema.USUAL_PAGE
    size = _small_integer(reader.raw("pageSize"))
    if size is None or not 1 <= size <= schema.LARGEST_PAGE:
        reader.fault("pageSize", _PAGE_RULE)
        return schema.USUAL_PAGE
    return size


def _small_integer(value: Json) -> int | None:
    """Of a number, or of a text that holds one: the documents' example sends numbers as texts."""
    text = value.literal if isinstance(value, Number) else value
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= len(str(schema.LARGEST_PAGE)):
        return int(text)
    return None


# -- the page answered ------------------------------------------------------------------------------------------------


def list_data(listed: PayoutsListed, country: Country) -> schema.ListData:
    """A page; the cursor is null where nothing follows (decision)."""
    cursor = cursor_at(listed.payouts[-1].payout_id) if listed.more and listed.payouts else None
    return schema.ListData(cursor, [record(payout, country) for payout in listed.payouts])


def record(payout: Payout, country: Country) -> schema.Record:
    """A payout in a list: the same payout as in the answer to query, whatever came back of it."""
    status = codes.status_of(payout)
    reason = reason_of(payout, status, country)
    # What was moved, without the fee (docs); not yet or never moved: nothing.
    moved_minor = 0 if status in (codes.PROCESSING, codes.FAILED) else payout.amount_minor
    return schema.Record(
        type=schema.PAYOUT,
        merchantOrderNo=payout.reference,
        tradeNo=fields.trade_no(payout.payout_id, country),
        amount=fields.amount_text(payout.amount_minor, payout.currency),
        transactionAmount=fields.amount_text(moved_minor, payout.currency),
        serviceAmount=service_amount(payout, status),
        status=status,
        settleStatus=None,  # of pay-ins (decision), so is settleTime
        failReason=reason[1] if reason else None,
        createTime=fields.local_time(payout.created_ms, country),
        completeTime=complete_time(payout, status, country),
        settleTime=None,
        paymentList=[],
    )


# -- the cursor -------------------------------------------------------------------------------------------------------


def cursor_at(payout_id: int) -> str:
    """A text that tells callers nothing (decision): where the page ended, and a checksum."""
    place = payout_id.to_bytes(_ID_BYTES)
    return base64.urlsafe_b64encode(place + _checksum(place)).decode("ascii")


def place_of(cursor: str) -> int | None:
    """Where the page ended; None for a text that `cursor_at` never made."""
    if len(cursor) != _CURSOR_LENGTH:
        return None
    try:
        raw = base64.b64decode(cursor, altchars=b"-_", validate=True)
    except ValueError:  # also text outside ASCII
        return None
    place = raw[:_ID_BYTES]
    payout_id = int.from_bytes(place)
    return payout_id if raw[_ID_BYTES:] == _checksum(place) and payout_id < MAX_ID else None


def _checksum(place: bytes) -> bytes:
    return sha256(b"teemopay list " + place).digest()[:_CHECK_BYTES]
