"""The small texts of the wire, each beside its way back where it has one: numbers of orders, amounts, rates, times.

The trap: a local time bears no zone. It is the country's, at a fixed offset, in both directions.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from outlay.core.currencies import EXPONENTS
from outlay.core.money import AmountFault, divide_half_up, format_amount, parse_amount
from outlay.dialects.teemopay import codes, schema
from outlay.dialects.teemopay.tables.rules import Country, Money
from outlay.kit.jsontext import JsonObject
from outlay.wire.fields import Content, FieldReader
from outlay.wire.problems import Fault

_OUT_OF_RANGE: Final = "is outside the amounts allowed"
_AMOUNT_RULES: Final = {
    AmountFault.NOT_DECIMAL: "must be a plain decimal number",
    AmountFault.TOO_MANY_DECIMALS: "has too many decimals",
    AmountFault.NOT_POSITIVE: "must be greater than zero",
    AmountFault.TOO_LARGE: _OUT_OF_RANGE,
}
_NOT_WHOLE: Final = "amount that is not whole"
_REFERENCE_RULE: Final = "must be letters, digits, _ and - only"
_TIME_RULE: Final = "must be a time as yyyy-MM-dd HH:mm:ss.SSS"
_WIRE_DECIMALS: Final = 2  # queries print two, also for currencies without (docs)
_RATE_DECIMALS: Final = 4  # (seed)
_PPM_PER_RATE_STEP: Final = 100
_EPOCH: Final = datetime(1970, 1, 1)


def first_fault(reader: FieldReader) -> Fault | None:
    """414 for what was found first, or nothing."""
    if not reader.faults:
        return None
    fault = reader.faults[0]
    return codes.AMOUNT_NOT_WHOLE if fault.rule is _NOT_WHOLE else codes.parameter_fault(str(fault))


# -- which order ------------------------------------------------------------------------------------------------------


def read_reference(body: JsonObject) -> str | Fault:
    """merchantOrderNo, or 414."""
    reader = FieldReader(body)
    reference = reader.text(
        "merchantOrderNo",
        longest=schema.MERCHANT_ORDER_NO_LENGTH,
        pattern=schema.MERCHANT_ORDER_NO_FORM,
        rule=_REFERENCE_RULE,
    )
    return first_fault(reader) or reference


def trade_no(payout_id: int, country: Country) -> str:
    """30 characters: `TF`, 10 digits, the country, 16 digits (docs); the digits are our own number (decision)."""
    digits = f"{payout_id:026d}"
    return f"TF{digits[:10]}{country.code}{digits[10:]}"


def content_digest(text: str) -> bytes:
    """32 bytes, of `signing.text_of` a body: equal content is what signs alike but for the nonce (decision). No answer
    depends on it, a repeated number is 426 either way (docs)."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


# -- money ------------------------------------------------------------------------------------------------------------


def read_amount(reader: FieldReader, money: Money) -> int:
    """In minor units of the currency; the wire may have fewer decimals than the currency (docs)."""
    text = reader.text("amount", longest=schema.AMOUNT_LENGTH, content=Content.NUMBER)
    if not text:
        return 0
    units = parse_amount(text, money.decimals)
    if isinstance(units, AmountFault):
        whole = units is AmountFault.TOO_MANY_DECIMALS and money.decimals == 0
        reader.fault("amount", _NOT_WHOLE if whole else _AMOUNT_RULES[units])
        return 0
    minor: int = units * 10 ** (EXPONENTS[money.currency] - money.decimals)
    if not money.smallest_minor <= minor <= money.largest_minor:
        reader.fault("amount", _OUT_OF_RANGE)
    return minor


def write_amount(minor: int, currency: str, money: Money) -> str:
    """The same amount as a create has it: with the decimals of the wire."""
    return format_amount(minor // 10 ** (EXPONENTS[currency] - money.decimals), money.decimals)


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


# -- times ------------------------------------------------------------------------------------------------------------


def read_time(reader: FieldReader, name: str, country: Country) -> int:
    """Unix milliseconds of a local time; 0 where it is missing or wrong."""
    text = reader.text(name, pattern=schema.LIST_TIME_FORM, rule=_TIME_RULE)
    if not text:
        return 0
    try:
        local = datetime.fromisoformat(text)
    except ValueError:  # the 31st of February
        reader.fault(name, _TIME_RULE)
        return 0
    return (local - _EPOCH) // timedelta(milliseconds=1) - country.utc_offset_s * 1000


def local_time(at_ms: int, country: Country) -> str:
    """`yyyy-MM-dd HH:mm:ss` (seed) in the country's fixed offset (docs)."""
    return (_EPOCH + timedelta(seconds=at_ms // 1000 + country.utc_offset_s)).isoformat(" ")
