"""LessPay's channels: where each of them pays, and which of its banks and wallets are listed."""

from __future__ import annotations

from tests.apis.lesspay.desk import BANKS
from tests.apis.lesspay.rules.desk import Body, answered, envelope_of

WAYS = {
    "TAZAPAY_PAYOUT": [("PH", "PHP", 17, "BNORPHMM", "BDO Unibank")],
    "AWEPAY_PAYOUT": [("ID", "IDR", 30, "014", "Bank Central Asia")],
    "EPAY_PAYOUT": [("PH", "PHP", 15, "GCASH", "GCash")],
    "KORAPAY_PAYOUT": [("NG", "NGN", 23, "044", "Access Bank"), ("KE", "KES", 2, "safaricom-ke", "M-PESA")],
    "OKAYSPAY_PAYOUT": [("VN", "VND", 31, "970436", "Vietcombank")],
    "ONEPAY_PAYOUT": [("JP", "JPY", 26, "0001", "みずほ銀行")],
    "OVERPAY_PAYOUT": [("TH", "THB", 16, "KBANK", "Kasikornbank")],
    "PAYRETAILERS_PAYOUT": [("BR", "BRL", 37, "341", "Itaú Unibanco")],
    "TEEMOPAY_PAYOUT": [("PK", "PKR", 98, "EASYPAISA", "EASYPAISA")],
    "TWELVEPAY_PAYOUT": [("TH", "THB", 17, "014", "Siam Commercial Bank")],
}
"""Where each way pays, how many banks and wallets it knows there, and one of them."""


def banks_of(country: str, currency: str, way: str) -> list[Body]:
    """What is listed; fails where the question is refused."""
    asked = {"bank_country_code": country, "currency": currency, "way_code": way}
    envelope = envelope_of(answered(BANKS, asked, None))
    assert envelope["code"] == 0, envelope
    banks: list[Body] = envelope["data"]
    return banks


def name_of(code: str, banks: list[Body]) -> list[str]:
    return [bank["bank_name"] for bank in banks if bank["bank_code"] == code]
