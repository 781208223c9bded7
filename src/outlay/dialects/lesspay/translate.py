"""LessPay's fields into a core Order, and core Payouts into LessPay's order object.

An order object is made from its details, one or many; a single payout is an order with one detail (decision). Which
code a wrong field earns stands in `codes`, lengths and forms in `schema`.

Two traps. A payout shown here may have been ordered through another dialect, so any part of its beneficiary can be
missing. And an account number never leaves whole: it is masked, on every path.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Final

from outlay.core.beneficiary import OWN_ACCOUNT, Beneficiary, DestinationKind
from outlay.core.currencies import EXPONENTS
from outlay.core.ids import MAX_ID
from outlay.core.money import AmountFault, format_amount, parse_amount
from outlay.core.payout import Order, Payout, State
from outlay.core.pix import PixKeyKind, is_valid_pix_key
from outlay.dialects.lesspay import codes, schema
from outlay.dialects.lesspay.schema import AuditState, DetailObject, DetailStatus, OrderObject, OrderStatus, TextField
from outlay.dialects.lesspay.signing import text_to_sign
from outlay.kit.jsontext import JsonObject
from outlay.wire.fields import FieldReader
from outlay.wire.problems import Fault
from outlay.wire.usecases import FindPayout, OrderPayout

OPERATION: Final = "payout"
"""The key space of `request_id` knows two operations: a single payout, and (later) a batch."""

_PIX_KINDS: Final = {
    "cpf": PixKeyKind.CPF,
    "cnpj": PixKeyKind.CNPJ,
    "email": PixKeyKind.EMAIL,
    "phone": PixKeyKind.PHONE,
    "random": PixKeyKind.EVP,  # LessPay's word for an EVP (vendor code)
}
_MASK: Final = "****"


# -- received -----------------------------------------------------------------------------------------------------


def digest_of(body: JsonObject) -> bytes:
    """32 bytes, equal where LessPay calls two bodies equal: their sign texts without the secret, so that a rotated
    secret changes nothing (decision)."""
    return sha256(text_to_sign(body, "").encode("utf-8", "replace")).digest()


def read_order(body: JsonObject, now_ms: int) -> OrderPayout | Fault:
    """The fields of 4.1. A Fault only where `request_id` itself is wrong: every other fault must wait until it is known
    that the reference is new, and so travels inside the ask."""
    reader = FieldReader(body)
    reference = reader.text("request_id", longest=schema.REQUEST_ID_LONGEST)
    if reader.faults:
        return codes.field_fault(reader.faults)
    currency, amount_minor = _read_money(reader)
    memo: dict[str, str] = {}
    _read_way(reader, memo)
    _take_texts(reader, schema.MEMO_FIELDS, "", memo)
    expires_ms = None
    if reader.has("expired_time"):  # seconds from creation (docs 440469670e0)
        seconds = reader.integer("expired_time", smallest=1, largest=schema.EXPIRED_TIME_LARGEST)
        expires_ms = now_ms + seconds * 1000 if seconds is not None else None
    beneficiary = _read_beneficiary(reader)
    _check_transaction_type(reader)
    if reader.faults:
        return OrderPayout(reference, OPERATION, digest_of(body), codes.field_fault(reader.faults))
    order = Order(
        reference=reference,
        currency=currency,
        amount_minor=amount_minor,
        beneficiary=beneficiary,
        memo=memo,
        expires_ms=expires_ms,
    )
    return OrderPayout(reference, OPERATION, digest_of(body), order)


def read_question(body: JsonObject) -> FindPayout | Fault:
    """The fields of 4.3: either id, or both. An id that is not of our form names no order."""
    reader = FieldReader(body)
    reference = reader.text("request_id", required=False, longest=schema.REQUEST_ID_LONGEST)
    order_id = reader.text("pay_order_id", required=False, longest=schema.PAY_ORDER_ID_LONGEST)
    _check_transaction_type(reader)
    if reader.faults:
        return codes.field_fault(reader.faults)
    if not order_id:
        return FindPayout(reference=reference) if reference else codes.IDS_MISSING
    form = schema.PAY_ORDER_ID_FORM.fullmatch(order_id)
    payout_id = int(form.group(1)) if form else MAX_ID + 1
    if payout_id > MAX_ID:  # no id of ours, and more than a database's 63 bits could compare
        return codes.ORDER_NOT_FOUND
    return FindPayout(reference=reference or None, payout_id=payout_id)


def _check_transaction_type(reader: FieldReader) -> None:
    value = reader.raw("transaction_type")
    if reader.has("transaction_type") and not (isinstance(value, str) and value.lower() == schema.TRANSACTION_TYPE):
        reader.fault("transaction_type", f"must be {schema.TRANSACTION_TYPE}")


def _read_money(reader: FieldReader) -> tuple[str, int]:
    """Currency and minor units; major units on the wire (decision). With an unsupported currency the amount's decimals
    are not looked at: the currency's code is the lower one."""
    amount = reader.text("amount")
    currency = reader.text("currency")
    if currency and currency not in schema.CURRENCIES:
        reader.fault("currency", "is not supported")
    elif currency and amount:
        parsed = parse_amount(amount, EXPONENTS[currency])
        if not isinstance(parsed, AmountFault):
            return currency, parsed
        reader.fault("amount", _amount_rule(parsed, EXPONENTS[currency]))
    return currency, 0


def _amount_rule(fault: AmountFault, decimals: int) -> str:
    if fault is AmountFault.TOO_LARGE:
        return "is larger than any amount that is accepted"
    return f"must be a positive decimal string in major units with at most {decimals} decimals"


def _read_way(reader: FieldReader, memo: dict[str, str]) -> None:
    if not reader.has("way_code") and not reader.has("way_type"):
        reader.fault("way_code", "or way_type is required", missing=True)  # one of them (decision)
    for name in ("way_code", "way_type"):
        if value := reader.text(name, required=False, longest=schema.WAY_LONGEST):
            memo[name] = value


def _take_texts(reader: FieldReader, fields: Sequence[TextField], prefix: str, into: dict[str, str]) -> None:
    """Reads the optional `fields` and keeps those that are there, as `prefix` + name."""
    for field in fields:
        value = reader.text(
            field.name,
            required=False,
            longest=field.longest,
            pattern=field.pattern,
            choices=field.choices,
            rule=field.rule,
        )
        if value:
            into[prefix + field.name] = value


def _read_beneficiary(reader: FieldReader) -> Beneficiary:
    """The beneficiary; with faults noted, whatever could be read of it."""
    outer = reader.object("beneficiary")
    holder = outer.text("beneficiary_type", choices=schema.HOLDERS)
    details: dict[str, str] = {}
    destination = outer.object("destination")
    kind = destination.text("type", choices=schema.DESTINATION_TYPES)
    born_required = kind == "ewallet" and holder == "individual"  # (vendor code: comment)
    name = _read_info(outer.object("beneficiary_info"), born_required, details)
    if kind in schema.BANK_TYPES:
        return _read_bank(destination.object("bank"), holder, name, details)
    if kind == "ewallet":
        return _read_e_wallet(destination.object("e_wallet"), holder, name, details)
    if kind == "crypto_wallet":
        return _read_crypto(destination.object("crypto_wallet"), holder, name, details)
    return OWN_ACCOUNT  # never used: the type is a fault that is noted already


def _read_info(info: FieldReader, born_required: bool, details: dict[str, str]) -> str:
    """The holder's name; what else is known of them goes into `details`."""
    name = info.text("name", required=False)
    first = info.text("first_name", required=False)
    last = info.text("last_name", required=False)
    if not info.has("name") and not (info.has("first_name") and info.has("last_name")):  # (decision)
        info.fault("name", "or first_name and last_name are required", missing=True)
    if first:
        details["first_name"] = first
    if last:
        details["last_name"] = last
    _take_texts(info, schema.INFO_FIELDS, "", details)
    born = info.text("date_of_birth", required=born_required)
    if born and not _is_date(born):
        info.fault("date_of_birth", "must be a date, YYYY-MM-DD or DD-MM-YYYY")
    elif born:
        details["date_of_birth"] = born
    for part, fields in (("phone", schema.PHONE_FIELDS), ("address", schema.ADDRESS_FIELDS)):
        if info.has(part):
            _take_texts(info.object(part), fields, f"{part}.", details)
    return name or f"{first} {last}"


def _is_date(text: str) -> bool:
    for form in schema.DATE_FORMS:
        if found := form.fullmatch(text):
            try:
                date(int(found["year"]), int(found["month"]), int(found["day"]))
            except ValueError:
                return False
            return True
    return False


def _read_bank(bank: FieldReader, holder: str, name: str, details: dict[str, str]) -> Beneficiary:
    _take_texts(bank, schema.BANK_FIELDS, "bank.", details)
    if not bank.has("account_number") and not bank.has("iban"):
        bank.fault("account_number", "or iban is required", missing=True)
    if bank.has("bank_codes"):
        _take_texts(bank.object("bank_codes"), schema.BANK_CODE_FIELDS, "bank_codes.", details)
    return Beneficiary(
        destination=DestinationKind.BANK,
        name=name,
        account_number=details.get("bank.account_number") or details.get("bank.iban", ""),
        holder=holder,
        country=details.get("bank.country") or details.get("address.country"),  # the docs' example gives the latter
        bank_name=details.get("bank.bank_name"),
        bank_code=details.get("bank_codes.bank_code"),
        swift_code=details.get("bank_codes.swift_code"),
        details=details,
    )


def _read_e_wallet(wallet: FieldReader, holder: str, name: str, details: dict[str, str]) -> Beneficiary:
    """A wallet, or a PIX key: both come as `e_wallet`, told apart by the provider (vendor code)."""
    provider = wallet.text("ewallet_provider")
    details["e_wallet.ewallet_provider"] = provider
    _take_texts(wallet, schema.E_WALLET_FIELDS, "e_wallet.", details)
    if not wallet.has("account_number") and not wallet.has("deposit_key"):
        wallet.fault("account_number", "or deposit_key is required", missing=True)
    account_number = details.get("e_wallet.account_number") or details.get("e_wallet.deposit_key", "")
    is_pix = provider.upper() == schema.PIX_PROVIDER
    if is_pix:
        _check_pix_key(wallet, account_number, details)
    return Beneficiary(
        destination=DestinationKind.PIX if is_pix else DestinationKind.WALLET,
        name=name,
        account_number=account_number,
        holder=holder,
        country=details.get("address.country"),
        details=details,
    )


def _check_pix_key(wallet: FieldReader, key: str, details: dict[str, str]) -> None:
    """The key, of the kind that `account_type` names; in account_number (vendor code) or deposit_key. Two different
    ones would leave open who is paid (decision)."""
    kind = details.get("e_wallet.account_type")
    if kind is None:
        if not wallet.has("account_type"):
            wallet.fault("account_type", "is required for PIX", missing=True)
    elif key and not is_valid_pix_key(_PIX_KINDS[kind], key):
        named = "account_number" if "e_wallet.account_number" in details else "deposit_key"
        wallet.fault(named, "must be a PIX key of the kind in account_type")
    if details.get("e_wallet.deposit_key", key) != key:
        wallet.fault("deposit_key", "must equal account_number for PIX")


def _read_crypto(wallet: FieldReader, holder: str, name: str, details: dict[str, str]) -> Beneficiary:
    address = wallet.text("wallet_address", longest=schema.ACCOUNT_LONGEST)
    details["crypto_wallet.network"] = wallet.text("network", choices=schema.NETWORKS)
    return Beneficiary(
        destination=DestinationKind.CRYPTO,
        name=name,
        account_number=address,
        holder=holder,
        country=details.get("address.country"),
        details=details,
    )


# -- written ------------------------------------------------------------------------------------------------------


def single_order(payout: Payout) -> OrderObject:
    """A payout as an order of its own: `mch_order_id` is the `request_id` (decision)."""
    return order_object(payout.payout_id, payout.reference, (payout,))


def order_object(order_id: int, request_id: str, payouts: Sequence[Payout]) -> OrderObject:
    """The object of 4.3, derived from at least one payout, all of one currency and in request order. `order_id` is the
    number inside `pay_order_id`."""
    first = payouts[0]
    decimals = EXPONENTS[first.currency]
    details = tuple([_detail_object(payout, decimals) for payout in payouts])
    status = codes.order_status([(detail.status, detail.audit_state) for detail in details])
    return OrderObject(
        pay_order_id=f"{schema.PAY_ORDER_ID_PREFIX}{order_id:019d}",
        request_id=request_id,
        order_status=status,
        currency=first.currency,
        total_amount=format_amount(sum([payout.amount_minor for payout in payouts]), decimals),
        decimal_places=decimals,
        fail_reason=_order_fail_reason(status, details),
        created_at=str(first.created_ms),
        details=details,
    )


def _detail_object(payout: Payout, decimals: int) -> DetailObject:
    beneficiary = payout.beneficiary
    audit = codes.audit_state(payout)
    paid = payout.state is State.PAID
    return DetailObject(
        payout_order_detail_id=f"{schema.DETAIL_ID_PREFIX}{payout.payout_id:019d}",
        mch_order_id=payout.reference,
        amount=format_amount(payout.amount_minor, decimals),
        # What stayed with the beneficiary: a return lowers it (decision).
        actual_amount=format_amount(payout.amount_minor - payout.returned_minor, decimals) if paid else None,
        status=codes.detail_status(payout),
        audit_state=audit,
        fail_reason=_detail_fail_reason(payout, audit, decimals),
        rejected_reason=payout.failure.text if payout.failure and audit is AuditState.REJECTED else None,
        channel_order_no=payout.rail_reference,
        bank_account_no=masked_account(beneficiary.account_number),
        bank_account_name=masked_name(beneficiary.name),
        bank_account_type=beneficiary.holder,
        bank_name=beneficiary.bank_name,
        bank_country_code=beneficiary.country,
        bank_swift_code=beneficiary.swift_code,
        success_time=str(payout.completed_ms) if paid and payout.completed_ms is not None else None,
    )


def _detail_fail_reason(payout: Payout, audit: AuditState, decimals: int) -> str | None:
    """Why it failed, or how much came back of a payout that stays SUCCEEDED (decision)."""
    if payout.state is State.FAILED:
        if audit is AuditState.REJECTED:
            return codes.REVIEW_REJECTED
        return (payout.failure.text if payout.failure else "") or codes.FAILED_WITHOUT_TEXT
    if 0 < payout.returned_minor < payout.amount_minor:
        return f"partially returned {format_amount(payout.returned_minor, decimals)}"
    return None


def _order_fail_reason(status: OrderStatus, details: Sequence[DetailObject]) -> str | None:
    """Null unless FAILED, CANCELED, CLOSED or PARTIAL_SUCCESS; one reason shared by all details, else how many of them
    did not succeed (decision)."""
    match status:
        case OrderStatus.PENDING_CONFIRM | OrderStatus.PENDING_PAY | OrderStatus.SUCCEED | OrderStatus.REFUND:
            return None
        case OrderStatus.CANCELED:
            return codes.CANCELED_REASON
        case OrderStatus.CLOSED:
            return codes.CLOSED_REASON
        case OrderStatus.FAILED | OrderStatus.PARTIAL_SUCCESS:
            shared = details[0].fail_reason  # None where the first was stopped, not failed
            if shared and status is OrderStatus.FAILED and all(detail.fail_reason == shared for detail in details):
                return shared
            failed = sum(detail.status is not DetailStatus.SUCCEEDED for detail in details)
            return f"{failed} of {len(details)} details failed"


def masked_account(number: str) -> str:
    """`1234****5678`; of a number of 8 characters or fewer only the last 2 (decision)."""
    if not number:
        return ""  # nobody is named where a payout goes to the merchant's own account
    return f"{number[:4]}{_MASK}{number[-4:]}" if len(number) >= 9 else f"{_MASK}{number[-2:]}"


def masked_name(name: str) -> str:
    """`J****N`: the first and the last character (decision)."""
    return f"{name[0]}{_MASK}{name[-1]}" if name else ""
