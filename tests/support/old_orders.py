"""Payouts as versions 0.1 to 0.5 kept them: the columns `beneficiary` and `memo` of an order with this body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outlay.dialects.teemopay.tables.countries import COUNTRIES
from tests.apis.strategies import Body

Old = tuple[Body, Body]

_MEMO = ("way_code", "way_type", "product_name", "description", "purpose", "transaction_network", "notify_url")


def _said(fields: Mapping[str, Any]) -> Body:
    return {name: value for name, value in fields.items() if value}


def _texts(value: Mapping[str, Any], prefix: str) -> Body:
    return {f"{prefix}{name}": text for name, text in value.items() if isinstance(text, str)}


def old_lesspay(body: Body) -> Old:
    outer = body["beneficiary"]
    info, destination = outer["beneficiary_info"], outer["destination"]
    details = {name: text for name, text in info.items() if isinstance(text, str) and name != "name"}
    details |= _texts(info.get("phone", {}), "phone.") | _texts(info.get("address", {}), "address.")
    bank, wallet = destination.get("bank", {}), destination.get("e_wallet", {})
    crypto, codes = destination.get("crypto_wallet", {}), bank.get("bank_codes", {})
    details |= _texts(bank, "bank.") | _texts(codes, "bank_codes.") | _texts(wallet, "e_wallet.")
    if crypto:
        details["crypto_wallet.network"] = crypto["network"]
    kinds = {"bank": "bank", "bank_account": "bank", "ewallet": "wallet", "crypto_wallet": "crypto"}
    is_pix = wallet.get("ewallet_provider", "").upper() == "PIX"
    numbers = (bank.get("account_number"), bank.get("iban"), wallet.get("account_number"), wallet.get("deposit_key"))
    return _said(
        {
            "destination": "pix" if is_pix else kinds[destination["type"]],
            "name": info.get("name") or f"{info['first_name']} {info['last_name']}",
            "account_number": next(filter(None, numbers), "") or crypto.get("wallet_address"),
            "holder": outer["beneficiary_type"],
            "country": bank.get("country") or info.get("address", {}).get("country"),
            "bank_name": bank.get("bank_name"),
            "bank_code": codes.get("bank_code"),
            "swift_code": codes.get("swift_code"),
            "details": details,
        }
    ), {name: body[name] for name in _MEMO if name in body}


def old_lesspay_batch(body: Body) -> list[Old]:
    """Of each of its payouts."""
    memo = {name: body[name] for name in _MEMO if name in body}
    return [(_old_detail(detail, body), memo) for detail in body["payout_order_details"]]


def _old_detail(detail: Body, body: Body) -> Body:
    wallet, kind = detail.get("e_wallet", {}), detail["destination_type"]
    if wallet:
        is_pix = wallet["provider"].upper() == "PIX" or wallet.get("deposit_key_type") == "pix_key"
        return _said(
            {
                "destination": "pix" if is_pix else "wallet",
                "name": wallet["account_name"],
                "account_number": wallet.get("account_number") or wallet.get("deposit_key"),
                "holder": wallet["account_type"],
                "country": detail.get("bank_country_code"),
                "details": {
                    f"e_wallet.{name}": wallet[name]
                    for name in ("provider", "account_number", "deposit_key_type", "deposit_key")
                    if name in wallet
                },
            }
        )
    shared = {
        "name": detail.get("bank_account_name"),
        "account_number": detail["bank_account_no"],
        "holder": detail.get("bank_account_type"),
        "country": detail.get("bank_country_code"),
    }
    if kind == "crypto_wallet":
        return _said(
            {"destination": "crypto", **shared, "details": {"crypto_wallet.network": body["transaction_network"]}}
        )
    return _said(
        {"destination": "bank", **shared, "bank_name": detail["bank_name"], "swift_code": detail.get("bank_swift_code")}
    )


def old_teemopay(country: str, body: Body) -> Old:
    row = COUNTRIES[country]
    literal = str(body.get("accountType", ""))
    kind = row.account_types[literal]
    account = body[row.account_field]
    details = {
        field.name: body[field.name]
        for field in row.fields
        if body.get(field.name) and field.name not in (row.account_field, "realName", "bankCode", "bankName")
    }
    id_type = row.id_types.get(details.get("idType", ""))
    return _said(
        {
            "destination": kind.destination.value,
            "name": body.get("realName"),
            "account_number": account.lower() if kind.lower else account,
            "holder": id_type.holder if id_type is not None else None,
            "country": None if country == "BP" else country,
            "bank_name": body.get("bankName"),
            "bank_code": body.get("bankCode"),
            "details": details | ({"accountType": literal} if literal else {}),
        }
    ), {"callbackUrl": body["callbackUrl"]}


def old_uqpay(body: Body) -> Old:
    """Of the merchant's own account where none is registered, or of one here, as it stands in the order."""
    target = body.get("payout_account_id")
    to = {"destination": "account", "account_number": target} if target else {"destination": "own_account"}
    return to, {name: body[name] for name in ("statement_descriptor", "internal_note") if name in body}


def old_snapshot(code_type: str | None) -> Body:
    """Of the merchant's own account where one is registered."""
    codes = {"code_type": code_type, "code_value": "021000021"} if code_type is not None else {}
    return {
        "destination": "own_account",
        "name": "Kopi & Co",
        "account_number": "12345678",
        "country": "US",
        "bank_name": "First Bank",
        "swift_code": "FIRSUS33",
        "details": codes | {"branch_code": "0001"},
    }
