"""Between the core and TeemoPay's answers: how a payout, its refunds, a list and a balance read in a country.

The trap: a payout that was ordered through another API of the same account is rendered here too, so nothing may be
expected of its beneficiary, remarks or currency.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET, UnsetType

from outlay.core.asks import Balance
from outlay.core.currencies import EXPONENTS
from outlay.core.money import divide_half_up, format_amount
from outlay.core.payout import Payout, State
from outlay.dialects.teemopay import codes, reasons, schema
from outlay.dialects.teemopay.rules import Country
from outlay.kit.jsontext import Json

_WIRE_DECIMALS: Final = 2  # queries print two, also for currencies without (docs)
_RATE_DECIMALS: Final = 4  # (seed)
_PPM_PER_RATE_STEP: Final = 100
_EPOCH: Final = datetime(1970, 1, 1)
_APP_NUMBERS: Final = 10**20


def create_data(payout: Payout, country: Country, sent_amount: Json) -> schema.CreateData:
    """The answer to create: status 1 for a new payout (docs)."""
    as_sent = country.amount_as_sent and isinstance(sent_amount, str)
    return schema.CreateData(
        merchantOrderNo=payout.reference,
        tradeNo=trade_no(payout.payout_id, country),
        amount=str(sent_amount) if as_sent else amount_text(payout.amount_minor, payout.currency),
        status=codes.status_of(payout),
    )


def query_data(payout: Payout, country: Country) -> schema.QueryData:
    """A payout in any state, from any API."""
    status = codes.status_of(payout)
    reason = _reason(payout, status, country)
    currency = payout.currency
    number = trade_no(payout.payout_id, country)
    refunded = status in (codes.REFUNDED, codes.PARTLY_REFUNDED)
    return schema.QueryData(
        merchantOrderNo=payout.reference,
        tradeNo=number,
        amount=amount_text(payout.amount_minor, currency),
        status=status,
        serviceRate=rate_text(payout.fee.rate_ppm),
        serviceAmount=_service_amount(payout, status),
        immService=amount_text(payout.fee.fixed_minor, currency),
        completeTime=_complete_time(payout, status, country),
        errorCode=reason[0] if reason else None,
        errorMessage=reason[1] if reason else None,
        claveRastreo=_if_paid(payout, payout.rail_reference) if country.tracks else UNSET,
        cepUrl=_receipt(payout, country, refunded=refunded),
        totalRefundAmount=amount_text(payout.returned_minor, currency) if refunded else UNSET,
        refundDetails=_refund_details(payout, number, country) if refunded else UNSET,
    )


def _reason(payout: Payout, status: int, country: Country) -> reasons.Reason | None:
    """None for what is on its way or paid (docs)."""
    match status:
        case codes.FAILED:
            return reasons.why_failed(payout, country.reasons)
        case codes.REFUNDED | codes.PARTLY_REFUNDED:
            return reasons.why_returned(payout, country.reasons)
        case _:
            return None


def _receipt(payout: Payout, country: Country, *, refunded: bool) -> str | UnsetType | None:
    """Mexico's (docs); Brazil's is null, and there only with a refund (seed). No other country has any (decision)."""
    if country.tracks:
        return _if_paid(payout, payout.receipt_url)
    return None if country.null_receipt and refunded else UNSET


def _if_paid(payout: Payout, text: str | None) -> str | None:
    return (text or None) if payout.state is State.PAID else None


def _service_amount(payout: Payout, status: int) -> str:
    """A failed payout costs nothing; a refunded one keeps its fee (seed; the first: decision)."""
    return amount_text(0 if status == codes.FAILED else payout.fee.total_minor, payout.currency)


def _complete_time(payout: Payout, status: int, country: Country) -> str | None:
    ended_ms = None if status == codes.PROCESSING else payout.completed_ms
    return None if ended_ms is None else local_time(ended_ms, country)


def _refund_details(payout: Payout, number: str, country: Country) -> list[schema.RefundDetail]:
    return [
        schema.RefundDetail(
            refundNo=f"T{each.ordinal:03d}-{number}",
            refundAmount=amount_text(each.amount_minor, payout.currency),
            refundStatus=codes.REFUND_DONE,
            refundTime=local_time(each.at_ms, country),
        )
        for each in payout.returns
    ]


def record(payout: Payout, country: Country) -> schema.Record:
    """A payout in a list: the same payout as in `query_data`, whatever came back of it."""
    status = codes.status_of(payout)
    reason = _reason(payout, status, country)
    # What was moved, without the fee (docs); not yet or never moved: nothing.
    moved_minor = 0 if status in (codes.PROCESSING, codes.FAILED) else payout.amount_minor
    return schema.Record(
        type=schema.PAYOUT,
        merchantOrderNo=payout.reference,
        tradeNo=trade_no(payout.payout_id, country),
        amount=amount_text(payout.amount_minor, payout.currency),
        transactionAmount=amount_text(moved_minor, payout.currency),
        serviceAmount=_service_amount(payout, status),
        status=status,
        settleStatus=None,  # of pay-ins (decision), so is settleTime
        failReason=reason[1] if reason else None,
        createTime=local_time(payout.created_ms, country),
        completeTime=_complete_time(payout, status, country),
        settleTime=None,
        paymentList=[],
    )


def balance_data(balances: tuple[Balance, ...], country: Country) -> schema.BalanceData:
    """In the country's first currency, zeros where it was never used. total = frozen + avail (inference)."""
    currency, held, available = country.money.currency, 0, 0
    for balance in balances:
        if balance.currency == currency:
            held, available = balance.held_minor, balance.available_minor
    return schema.BalanceData(
        totalAmount=amount_text(held + available, currency),
        frozenAmount=amount_text(held, currency),
        availAmount=amount_text(available, currency),
    )


def amount_text(minor: int, currency: str) -> str:
    """Major units with two decimals (docs), more only where the amount has more: no digit of money is dropped."""
    exponent = EXPONENTS[currency]
    while exponent > _WIRE_DECIMALS and minor % 10 == 0:
        minor, exponent = minor // 10, exponent - 1
    if exponent < _WIRE_DECIMALS:
        minor, exponent = minor * 10 ** (_WIRE_DECIMALS - exponent), _WIRE_DECIMALS
    return format_amount(minor, exponent)


def rate_text(rate_ppm: int) -> str:
    """`0.0500` for 50 000 millionths (seed). A finer rate is shown half up; the fee was made from the exact one."""
    return format_amount(divide_half_up(rate_ppm, _PPM_PER_RATE_STEP), _RATE_DECIMALS)


def trade_no(payout_id: int, country: Country) -> str:
    """30 characters: `TF`, 10 digits, the country, 16 digits (docs); the digits are our own number (decision)."""
    digits = f"{payout_id:026d}"
    return f"TF{digits[:10]}{country.code}{digits[10:]}"


def app_code(entropy: bytes, country: Country) -> str:
    """`A`, digits, the country, digits, as in `A2404010004MX001` (docs); 20 random digits, so that no two are alike
    (decision)."""
    return f"A{int.from_bytes(entropy) % _APP_NUMBERS:020d}{country.code}001"


def local_time(at_ms: int, country: Country) -> str:
    """`yyyy-MM-dd HH:mm:ss` (seed) in the country's fixed offset (docs)."""
    return (_EPOCH + timedelta(seconds=at_ms // 1000 + country.utc_offset_s)).isoformat(" ")


def trace_id(entropy: bytes, now_ms: int) -> str:
    """32 hex digits, a number, 13 digits of milliseconds and 4 more (docs: the form; decision: the parts)."""
    return f"{entropy[:16].hex()}.1.{now_ms}{int.from_bytes(entropy[-2:]) % 10_000:04d}"
