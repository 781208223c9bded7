"""LessPay's fields into a core Order, core Payouts into LessPay's order object, and the two questions beside them.

An order object is made from its details, one or many; a single payout is an order with one detail (decision). Which
code a wrong field earns stands in `codes`, lengths and forms in `schema`; a batch is read in `batch`.

Two traps. A payout shown here may have been ordered through another dialect, so any part of its beneficiary can be
missing. And an account number never leaves whole: it is masked, on every path.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from outlay.core.asks import Balance, FindOrder, Made, OrderPayout, PayoutOrder
from outlay.core.beneficiary import OWN_ACCOUNT, Beneficiary
from outlay.core.countries import COUNTRIES
from outlay.core.currencies import EXPONENTS
from outlay.core.destination import CryptoAddress
from outlay.core.ids import MAX_ID
from outlay.core.money import format_amount
from outlay.core.payout import Order, Payout, State
from outlay.core.pix import PixKeyKind
from outlay.dialects.lesspay import codes, schema
from outlay.dialects.lesspay.account_numbers import (
    is_brazilian_tax_id,
    is_pix_key,
    is_valid_iban,
    is_valid_wallet_address,
)
from outlay.dialects.lesspay.content import claim_of
from outlay.dialects.lesspay.neutral import bank_account_of, party_of, pix_key_of, wallet_of
from outlay.dialects.lesspay.reading import (
    check_key_twice,
    check_transaction_type,
    read_amount,
    read_currency,
    read_reference,
    read_terms,
    take_texts,
)
from outlay.dialects.lesspay.schema import (
    AuditState,
    BalanceObject,
    DetailObject,
    DetailStatus,
    OrderObject,
    OrderStatus,
)
from outlay.dialects.lesspay.signing import SignedBody
from outlay.kit.jsontext import JsonObject
from outlay.wire.dialect import Asked
from outlay.wire.fields import Content, FieldReader
from outlay.wire.problems import Fault

OPERATION: Final = "payout"
"""The key space of `request_id` knows two operations: a single payout, and a batch."""

_PIX_KINDS: Final = {
    "cpf": PixKeyKind.CPF,
    "cnpj": PixKeyKind.CNPJ,
    "email": PixKeyKind.EMAIL,
    "phone": PixKeyKind.PHONE,
    "random": PixKeyKind.EVP,  # LessPay's word for an EVP (vendor code)
}
_MASK: Final = "****"


class BalanceQuestion(msgspec.Struct, frozen=True):
    """The fields of 4.5. `way_code` only comes back in the answer: there is one balance for all ways (decision)."""

    currency: str
    way_code: str


class BanksQuestion(msgspec.Struct, frozen=True):
    """The fields of 4.4."""

    country: str
    currency: str
    way_code: str


# -- received -----------------------------------------------------------------------------------------------------


def read_order(sent: SignedBody, now_ms: int, *, strict: bool) -> Asked[Made[Payout], Fault | None] | Fault:
    """The fields of 4.1; `strict`: whether numbers are held to what no document states. A Fault only where `request_id`
    itself is wrong: every other fault must wait until it is known that the reference is new, and so is the echo of an
    empty ask."""
    reader = FieldReader(sent.fields)
    reference = read_reference(reader)
    if isinstance(reference, Fault):
        return reference
    currency = read_currency(reader)
    amount_minor = read_amount(reader, "amount", currency)
    terms = read_terms(reader, schema.MEMO_FIELDS, now_ms)
    beneficiary = _read_beneficiary(reader, currency, strict)
    check_transaction_type(reader)
    claim = claim_of(reference, OPERATION, sent)
    if reader.faults:
        return Asked(OrderPayout(claim, None), codes.field_fault(reader.faults))
    order = Order(
        reference=reference,
        currency=currency,
        amount_minor=amount_minor,
        beneficiary=beneficiary,
        remarks=terms.remarks,
        notify_url=terms.notify_url,
        channel=terms.channel,
        expires_ms=terms.expires_ms,
    )
    return Asked(OrderPayout(claim, order), None)


def read_question(body: JsonObject) -> FindOrder | Fault:
    """The fields of 4.3: either id, or both. An id that is not of our form names no order."""
    reader = FieldReader(body)
    reference = reader.text("request_id", required=False, longest=schema.REQUEST_ID_LONGEST)
    pay_order_id = reader.text("pay_order_id", required=False, longest=schema.PAY_ORDER_ID_LONGEST)
    check_transaction_type(reader)
    if reader.faults:
        return codes.field_fault(reader.faults)
    if not pay_order_id:
        return FindOrder(reference=reference) if reference else codes.IDS_MISSING
    form = schema.PAY_ORDER_ID_FORM.fullmatch(pay_order_id)
    order_id = int(form.group(1)) if form else MAX_ID + 1
    if order_id > MAX_ID:  # no id of ours, and more than a database's 63 bits could compare
        return codes.ORDER_NOT_FOUND
    return FindOrder(reference=reference or None, order_id=order_id)


def read_balance_question(body: JsonObject) -> BalanceQuestion | Fault:
    reader = FieldReader(body)
    currency = read_currency(reader)
    way_code = reader.text("way_code", longest=schema.WAY_LONGEST)
    check_transaction_type(reader)
    if reader.faults:
        return codes.field_fault(reader.faults)
    if way_code == schema.WAY_WITHOUT_BALANCE:
        return codes.BALANCE_NOT_SUPPORTED
    return BalanceQuestion(currency, way_code)


def read_banks_question(body: JsonObject) -> BanksQuestion | Fault:
    reader = FieldReader(body)
    country = reader.text("bank_country_code", choices=COUNTRIES, rule=schema.COUNTRY_RULE)
    currency = read_currency(reader)
    way_code = reader.text("way_code", longest=schema.WAY_LONGEST)
    check_transaction_type(reader)
    return codes.field_fault(reader.faults) if reader.faults else BanksQuestion(country, currency, way_code)


def _read_beneficiary(reader: FieldReader, currency: str, strict: bool) -> Beneficiary:
    """The beneficiary; with faults noted, whatever could be read of it."""
    outer = reader.object("beneficiary")
    holder = outer.text("beneficiary_type", choices=schema.HOLDERS)
    details: dict[str, str] = {}
    destination = outer.object("destination")
    kind = destination.text("type", choices=schema.DESTINATION_TYPES)
    info = outer.object("beneficiary_info")
    name = _read_info(info, details)
    if strict and currency == "BRL" and "tax_id" in details and not is_brazilian_tax_id(details["tax_id"]):
        info.fault("tax_id", schema.TAX_ID_RULE)
    if kind in schema.BANK_TYPES:
        return _read_bank(destination.object("bank"), holder, name, details, strict)
    if kind == "ewallet":
        return _read_e_wallet(destination.object("e_wallet"), holder, name, details, strict)
    if kind == "crypto_wallet":
        return _read_crypto(destination.object("crypto_wallet"), holder, name, details, strict)
    return OWN_ACCOUNT  # never used: the type is a fault that is noted already


def _read_info(info: FieldReader, details: dict[str, str]) -> str:
    """The holder's name; what else is known of them goes into `details`. The date of birth is never required: a comment
    demands it for a person with a wallet, but the demo's own bodies leave it out (vendor code; decision)."""
    name = info.text("name", required=False)
    first = info.text("first_name", required=False)
    last = info.text("last_name", required=False)
    if not info.has("name") and not (info.has("first_name") and info.has("last_name")):  # (decision)
        info.fault("name", "or first_name and last_name are required", missing=True)
    if first:
        details["first_name"] = first
    if last:
        details["last_name"] = last
    take_texts(info, schema.INFO_FIELDS, "", details)
    born = info.text("date_of_birth", required=False)
    if born and not _is_date(born):
        info.fault("date_of_birth", "must be a date, YYYY-MM-DD or DD-MM-YYYY")
    elif born:
        details["date_of_birth"] = born
    for part, fields in (("phone", schema.PHONE_FIELDS), ("address", schema.ADDRESS_FIELDS)):
        if info.has(part):
            take_texts(info.object(part), fields, f"{part}.", details)
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


def _read_bank(bank: FieldReader, holder: str, name: str, details: dict[str, str], strict: bool) -> Beneficiary:
    take_texts(bank, schema.BANK_FIELDS, "bank.", details)
    if not bank.has("account_number") and not bank.has("iban"):
        bank.fault("account_number", "or iban is required", missing=True)
    if strict and "bank.iban" in details and not is_valid_iban(details["bank.iban"]):
        bank.fault("iban", schema.IBAN_RULE)
    if bank.has("bank_codes"):
        take_texts(bank.object("bank_codes"), schema.BANK_CODE_FIELDS, "bank_codes.", details)
    return Beneficiary(destination=bank_account_of(details), party=party_of(holder, name, details))


def _read_e_wallet(wallet: FieldReader, holder: str, name: str, details: dict[str, str], strict: bool) -> Beneficiary:
    """A wallet, or a PIX key: both come as `e_wallet`, told apart by the provider (vendor code)."""
    provider = wallet.text("ewallet_provider")
    take_texts(wallet, schema.E_WALLET_FIELDS, "e_wallet.", details)
    if not wallet.has("account_number") and not wallet.has("deposit_key"):
        wallet.fault("account_number", "or deposit_key is required", missing=True)
    account_number = details.get("e_wallet.account_number") or details.get("e_wallet.deposit_key", "")
    is_pix = provider.upper() == schema.PIX_PROVIDER
    if is_pix:
        _check_pix_key(wallet, account_number, details, strict)
    word = details.get("e_wallet.account_type")
    return Beneficiary(
        destination=pix_key_of(account_number, provider, word) if is_pix else wallet_of(provider, word, details),
        party=party_of(holder, name, details),
    )


def _check_pix_key(wallet: FieldReader, key: str, details: dict[str, str], strict: bool) -> None:
    """The key, of the kind that `account_type` names; in account_number (vendor code) or deposit_key."""
    kind = details.get("e_wallet.account_type")
    if kind is None:
        if not wallet.has("account_type"):
            wallet.fault("account_type", "is required for PIX", missing=True)
    elif key and not is_pix_key([_PIX_KINDS[kind]], key, strict=strict):
        named = "account_number" if "e_wallet.account_number" in details else "deposit_key"
        wallet.fault(named, "must be a PIX key of the kind in account_type")
    check_key_twice(wallet, key, details.get("e_wallet.deposit_key"))


def _read_crypto(wallet: FieldReader, holder: str, name: str, details: dict[str, str], strict: bool) -> Beneficiary:
    address = wallet.text("wallet_address", longest=schema.ACCOUNT_LONGEST, content=Content.NUMBER)
    network = wallet.text("network", choices=schema.NETWORKS)
    if strict and address and network and not is_valid_wallet_address(network, address):
        wallet.fault("wallet_address", "must be an address of the network in network")
    return Beneficiary(
        destination=CryptoAddress(address=address, network=network), party=party_of(holder, name, details)
    )


# -- written ------------------------------------------------------------------------------------------------------


def single_order(payout: Payout) -> OrderObject:
    """A payout as an order of its own: `mch_order_id` is the `request_id` (decision)."""
    return order_object(PayoutOrder(payout.payout_id, payout.reference, payout.created_ms, (payout,)))


def order_object(order: PayoutOrder) -> OrderObject:
    """The object of 4.3, derived from at least one payout, all of one currency and in request order. The order's id is
    the number inside `pay_order_id`."""
    currency = order.payouts[0].currency
    decimals = EXPONENTS[currency]
    details = tuple([_detail_object(payout, decimals) for payout in order.payouts])
    status = codes.order_status([(detail.status, detail.audit_state) for detail in details])
    return OrderObject(
        pay_order_id=f"{schema.PAY_ORDER_ID_PREFIX}{order.order_id:019d}",
        request_id=order.reference,
        order_status=status,
        currency=currency,
        total_amount=format_amount(sum([payout.amount_minor for payout in order.payouts]), decimals),
        decimal_places=decimals,
        fail_reason=_order_fail_reason(status, details),
        created_at=str(order.created_ms),
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


def balance_object(question: BalanceQuestion, balances: Sequence[Balance]) -> BalanceObject:
    """The object of 4.5; a currency that was never used has nothing in it (decision)."""
    available = sum([balance.available_minor for balance in balances])
    frozen = sum([balance.held_minor for balance in balances])
    decimals = EXPONENTS[question.currency]
    return BalanceObject(
        currency=question.currency,
        way_code=question.way_code,
        total_balance=format_amount(available + frozen, decimals),
        frozen_balance=format_amount(frozen, decimals),
        available_balance=format_amount(available, decimals),
    )


def masked_account(number: str) -> str:
    """`1234****5678`; of a number of 8 characters or fewer only the last 2, of 1 or 2 nothing (decision)."""
    if not number:
        return ""  # nobody is named where a payout goes to the merchant's own account
    if len(number) >= 9:
        return f"{number[:4]}{_MASK}{number[-4:]}"
    return f"{_MASK}{number[-2:]}" if len(number) > 2 else _MASK


def masked_name(name: str) -> str:
    """`J****N`: the first and the last character (decision)."""
    return f"{name[0]}{_MASK}{name[-1]}" if name else ""
