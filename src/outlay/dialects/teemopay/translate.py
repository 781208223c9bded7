"""Between TeemoPay's fields and the core: what a create body orders, and how a payout, its refunds and a balance read.

Field faults are told by the lowest code (decision): all of 414 first, then 455, 475, 476, 482. The form of
merchantOrderNo stands before them, and the duplicate (426) between: that order is the service's, see `inbound`.

The trap: a payout that was ordered through another API of the same account is rendered here too, so nothing may be
expected of its beneficiary, memo or currency.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from msgspec import UNSET

from outlay.core.beneficiary import Beneficiary, DestinationKind
from outlay.core.currencies import EXPONENTS
from outlay.core.money import AmountFault, divide_half_up, format_amount, parse_amount
from outlay.core.payout import Order, Payout
from outlay.core.pix import PixKeyKind, canonical_pix_key, is_valid_pix_key
from outlay.dialects.teemopay import codes, schema
from outlay.dialects.teemopay.schema import Country
from outlay.dialects.teemopay.signing import text_to_sign
from outlay.kit.jsontext import JsonObject, Number
from outlay.wire.fields import FieldReader
from outlay.wire.problems import Fault
from outlay.wire.usecases import Balance

_WIRE_DECIMALS: Final = 2  # queries print two, also for currencies without (docs)
_RATE_DECIMALS: Final = 4  # (seed)
_PPM_PER_RATE_STEP: Final = 100
_OUT_OF_RANGE: Final = "is outside the amounts allowed"
_AMOUNT_RULES: Final = {
    AmountFault.NOT_DECIMAL: "must be a plain decimal number",
    AmountFault.TOO_MANY_DECIMALS: "has too many decimals",
    AmountFault.NOT_POSITIVE: "must be greater than zero",
    AmountFault.TOO_LARGE: _OUT_OF_RANGE,
}
_REFERENCE_RULE: Final = "must be letters, digits, _ and - only"
_HOLDERS: Final = {PixKeyKind.CPF: "individual", PixKeyKind.CNPJ: "business"}
"""A CPF is a person's number, a CNPJ a company's (inference)."""
_EPOCH: Final = datetime(1970, 1, 1)
_APP_NUMBERS: Final = 10**20


# -- what a request says --------------------------------------------------------------------------------------------


def read_reference(body: JsonObject) -> str | Fault:
    """merchantOrderNo, or 414."""
    reader = FieldReader(body)
    reference = reader.text(
        "merchantOrderNo",
        longest=schema.MERCHANT_ORDER_NO_LENGTH,
        pattern=schema.MERCHANT_ORDER_NO_FORM,
        rule=_REFERENCE_RULE,
    )
    return _first_fault(reader) or reference


def content_digest(body: JsonObject) -> bytes:
    """32 bytes: equal content is what signs alike but for the nonce (decision). No answer depends on it, a repeated
    number is 426 either way (docs)."""
    return sha256(text_to_sign(body, "").encode("utf-8", "surrogatepass")).digest()


def read_order(reference: str, body: JsonObject, country: Country) -> Order | Fault:
    """The fields of create except merchantOrderNo, in documented order (docs); the Fault of the lowest code.

    `phone` and what else the body holds is accepted and ignored (decision)."""
    reader = FieldReader(body)
    amount_minor = _read_amount(reader, country)
    bank_code = reader.text("bankCode", required=False, longest=schema.BANK_LENGTH)
    bank_name = reader.text("bankName", required=False, longest=schema.BANK_LENGTH)
    account_type = _read_account_type(reader)
    bank_account = reader.text("bankAccount", longest=schema.BANK_ACCOUNT_LENGTH)
    real_name = reader.text("realName", longest=schema.REAL_NAME_LENGTH)
    id_number = reader.text("idCardNumber", longest=schema.ID_CARD_NUMBER_LENGTH)
    id_type = reader.text("idType", longest=schema.ID_TYPE_LENGTH)
    callback_url = reader.text(
        "callbackUrl",
        required=False,
        longest=schema.CALLBACK_URL_LENGTH,
        pattern=schema.CALLBACK_URL_FORM,
        rule="must be an http or https URL",
    )
    if fault := _first_fault(reader):
        return fault
    key_kind, id_kind = country.account_types.get(account_type), country.id_types.get(id_type)
    if key_kind is None:
        return codes.ACCOUNT_TYPE_WRONG
    if id_kind is None:
        return codes.ID_TYPE_WRONG
    if not is_valid_pix_key(id_kind, id_number):
        return codes.ID_NUMBER_WRONG
    try:
        key = canonical_pix_key(key_kind, bank_account)
    except ValueError:
        return codes.ACCOUNT_UNFIT
    beneficiary = Beneficiary(
        destination=DestinationKind.PIX,
        name=real_name,
        account_number=key,
        holder=_HOLDERS.get(id_kind),
        country=country.code,
        bank_name=bank_name or None,
        bank_code=bank_code or None,
        details={"accountType": account_type, "idType": id_type, "idCardNumber": id_number},
    )
    return Order(
        reference=reference,
        currency=country.currency,
        amount_minor=amount_minor,
        beneficiary=beneficiary,
        memo={"callbackUrl": callback_url} if callback_url else {},
    )


def _read_amount(reader: FieldReader, country: Country) -> int:
    text = reader.text("amount", longest=schema.AMOUNT_LENGTH)
    if not text:
        return 0
    minor = parse_amount(text, EXPONENTS[country.currency])
    if isinstance(minor, AmountFault):
        reader.fault("amount", _AMOUNT_RULES[minor])
        return 0
    if not country.smallest_minor <= minor <= country.largest_minor:
        reader.fault("amount", _OUT_OF_RANGE)
    return minor


def _read_account_type(reader: FieldReader) -> str:
    """The literal of a JSON integer, because that is what the table of account types holds."""
    value = reader.raw("accountType")
    if not reader.has("accountType"):
        reader.fault("accountType", "is required", missing=True)
    elif isinstance(value, Number) and value.is_integer:
        return value.literal
    else:
        reader.fault("accountType", "must be an integer")
    return ""


def _first_fault(reader: FieldReader) -> Fault | None:
    return codes.parameter_fault(str(reader.faults[0])) if reader.faults else None


# -- what an answer says --------------------------------------------------------------------------------------------


def create_data(payout: Payout, country: Country) -> schema.CreateData:
    """The answer to create: status 1 for a new payout (docs)."""
    return schema.CreateData(
        merchantOrderNo=payout.reference,
        tradeNo=trade_no(payout.payout_id, country),
        amount=amount_text(payout.amount_minor, payout.currency),
        status=codes.status_of(payout),
    )


def query_data(payout: Payout, country: Country) -> schema.QueryData:
    """A payout in any state, from any API."""
    status = codes.status_of(payout)
    reason = codes.reason_of(status, payout.failure)
    currency = payout.currency
    number = trade_no(payout.payout_id, country)
    refunded = status in (codes.REFUNDED, codes.PARTLY_REFUNDED)
    # A failed payout costs nothing; a refunded one keeps its fee (seed; the first: decision).
    fee_minor = 0 if status == codes.FAILED else payout.fee.total_minor
    ended_ms = None if status == codes.PROCESSING else payout.completed_ms
    return schema.QueryData(
        merchantOrderNo=payout.reference,
        tradeNo=number,
        amount=amount_text(payout.amount_minor, currency),
        status=status,
        serviceRate=rate_text(payout.fee.rate_ppm),
        serviceAmount=amount_text(fee_minor, currency),
        immService=amount_text(payout.fee.fixed_minor, currency),
        completeTime=None if ended_ms is None else local_time(ended_ms, country),
        errorCode=reason[0] if reason else None,
        errorMessage=reason[1] if reason else None,
        cepUrl=None if refunded else UNSET,
        totalRefundAmount=amount_text(payout.returned_minor, currency) if refunded else UNSET,
        refundDetails=_refund_details(payout, number, country) if refunded else UNSET,
    )


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


def balance_data(balances: tuple[Balance, ...], country: Country) -> schema.BalanceData:
    """The balance in the country's currency, zeros where it was never used. total = frozen + avail (inference)."""
    held = available = 0
    for balance in balances:
        if balance.currency == country.currency:
            held, available = balance.held_minor, balance.available_minor
    return schema.BalanceData(
        totalAmount=amount_text(held + available, country.currency),
        frozenAmount=amount_text(held, country.currency),
        availAmount=amount_text(available, country.currency),
    )


def amount_text(minor: int, currency: str) -> str:
    """Major units with two decimals (docs), more only where the currency has more: no digit of money is dropped."""
    exponent = EXPONENTS[currency]
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
