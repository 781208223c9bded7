"""Bodies of TeemoPay's create for every country and every way to be paid there, from the provider's documents.

Nothing here comes from Outlay. Numbers of accounts and documents have the right form and check digits, as real rails
demand, and belong to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import msgspec

CALLBACK = "https://merchant.example/teemo/callback"
CPF = "11144477735"
CNPJ = "11222333000181"
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"


class Way(msgspec.Struct, frozen=True):
    """One account type: what it pays in, an amount that it takes, and the fields that it demands."""

    currency: str
    amount: str
    fields: Mapping[str, Any]


def _with(shared: Mapping[str, Any], **own: Any) -> dict[str, Any]:
    return {**shared, **own}


_BR = {"realName": "Maria Oliveira", "idCardNumber": CPF, "idType": "CPF"}
_MX = {"realName": "JOSÉ PÉREZ", "idCardNumber": "GAPG800101HDFRRL09"}
_PE = {"realName": "ROSA QUISPE", "idCardNumber": "12345678", "idType": "DNI", "phone": "912345678"}
_CO = {
    "bankCode": "1007",
    "bankName": "BANCOLOMBIA",
    "realName": "ANA GOMEZ",
    "idCardNumber": "1234567890",
    "idType": "CC",
    "phone": "3001234567",
    "email": "ana@example.com",
}
_CL = {
    "bankCode": "001",
    "bankName": "Banco de Chile - Edwards",
    "bankAccount": "3000000000",
    "realName": "LUIS ROJAS",
    "idCardNumber": "12345670K",
    "idType": "RUT",
    "phone": "912345678",
    "email": "luis@example.com",
}
_AR = {
    "realName": "EVA DIAZ",
    "idCardNumber": "12345678",
    "idType": "DNI",
    "bankCode": "007",
    "bankName": "Banco de Galicia y Buenos Aires S.A.U.",
    "phone": "1123456789",
    "email": "eva@example.com",
}
_PK = {
    "bankAccount": "03001234567",
    "realName": "Ali Khan",
    "idCardNumber": "3520112345671",
    "idType": "CERT",
    "phone": "3001234567",
    "email": "ali@example.com",
    "userIBAN": "PK36SCBL0000001123456702",
}
_IN = {"realName": "Asha Rao", "phone": "9876543210", "email": "asha@example.com"}
_ID = {
    "bankCode": "0001",
    "bankName": "Bank BRI",
    "bankAccount": "1234567890",
    "realName": "Budi Santoso",
    "phone": "081234567890",
    "email": "budi@example.com",
}
_KH = {
    "bankCode": "0001",
    "bankName": "ABA Bank",
    "bankAccount": "000123456",
    "realName": "Sok Dara",
    "phone": "12345678",
    "email": "dara@example.com",
    "idCardNumber": "user-4711",
    "idType": "KYC",
}
_KR = {
    "bankCode": "088",
    "bankName": "Shinhan Bank",
    "bankAccount": "12345678998765",
    "realName": "KIM MINJI",
    "idType": "RRN",
}
_CCI = "00212345678901234567"

WAYS: Mapping[str, Mapping[str, Way]] = {
    "BR": {
        "401": Way("BRL", "10.01", _with(_BR, accountType=401, bankAccount=CPF, bankCode="001", bankName="Brasil")),
        "402": Way("BRL", "10.00", _with(_BR, accountType=402, bankAccount=CNPJ, idType="CNPJ", idCardNumber=CNPJ)),
        "403": Way("BRL", "10.00", _with(_BR, accountType=403, bankAccount="+5511987654321")),
        "404": Way("BRL", "10.00", _with(_BR, accountType=404, bankAccount="maria@example.com")),
        "405": Way("BRL", "10.00", _with(_BR, accountType=405, bankAccount="7d9f0335-8dcc-4054-9bf9-0dbd61d36906")),
    },
    "MX": {
        "3": Way(
            "MXN",
            "10.01",
            _with(_MX, accountType=3, bankCode="90721", bankName="albo", bankAccount="5117090000000001"),
        ),
        "40": Way(
            "MXN",
            "10.00",
            _with(_MX, accountType=40, bankCode="40062", bankName="AFIRME", bankAccount="062180000000000007"),
        ),
    },
    "PE": {
        "101": Way(
            "PEN",
            "10.01",
            _with(_PE, accountType=101, bankCode="1", bankName="BCP", bankAccount="12345678901012", cciNumber=_CCI),
        ),
        "102": Way(
            "PEN",
            "10.00",
            _with(
                _PE, accountType="102", bankCode="2", bankName="INTERBANK", bankAccount="1234567899276", cciNumber=_CCI
            ),
        ),
        "103": Way(
            "PEN",
            "10.00",
            _with(_PE, accountType=103, bankCode="100", bankName="YAPE (WALLET)", bankAccount="912345678"),
        ),
    },
    "CO": {
        "201": Way("COP", "10000", _with(_CO, accountType=201, bankAccount="91200000011")),
        "202": Way("COP", "10000", _with(_CO, accountType=202, bankAccount="91200000012", idType="CE")),
        "203": Way("COP", "10000", _with(_CO, accountType=203, bankAccount="3001234567")),
        "204": Way("COP", "10000", _with(_CO, accountType=204, bankAccount="@ana2026")),
    },
    "CL": {
        "601": Way("CLP", "10001", _with(_CL, accountType=601)),
        "602": Way("CLP", "10000", _with(_CL, accountType=602, idType="RUN", idCardNumber="123456785")),
        "603": Way("CLP", "10000", _with(_CL, accountType=603, idType="CE", idCardNumber="1234567890")),
        "604": Way("CLP", "10000", _with(_CL, accountType=604, idType="PASS", idCardNumber="AB1234567")),
        "605": Way("CLP", "10000", _with(_CL, accountType=605)),
    },
    "AR": {
        "901": Way("ARS", "10.01", _with(_AR, accountType=901, bankAccount="0000003100010000000009")),
        "902": Way("ARS", "10.00", _with(_AR, accountType=902, bankAccount="0070099330004012345673")),
    },
    "PK": {
        "301": Way(
            "PKR",
            "1000",
            _with(_PK, accountType=301, bankCode="ALLIED_BANK_LIMITED", bankName="ALLIED_BANK_LIMITED"),
        ),
        "302": Way("PKR", "1000", _with(_PK, accountType="302", bankCode="EASYPAISA", bankName="EASYPAISA")),
        "303": Way("PKR", "1000", _with(_PK, accountType=303, bankCode="EASYPAISA", bankName="EASYPAISA")),
        "304": Way("PKR", "1000", _with(_PK, accountType=304, bankCode="JAZZCASH", bankName="JAZZCASH")),
    },
    "IN": {
        "1001": Way(
            "INR",
            "10.01",
            _with(_IN, accountType=1001, bankCode="HDFC0001234", bankName="HDFC Bank", bankAccount="50100012345678"),
        ),
        "1002": Way("INR", "1000", _with(_IN, accountType=1002, bankAccount="asha@okhdfc")),
    },
    "ID": {"501": Way("IDR", "100000", _with(_ID, accountType=501))},
    "KH": {
        "2001": Way("KHR", "40000", _with(_KH, accountType=2001)),
        "2002": Way("USD", "10.01", _with(_KH, accountType=2002, idType="NONE_KYC")),
    },
    "KR": {
        "801": Way("KRW", "10001", _with(_KR, accountType=801)),
        "802": Way("KRW", "10000", _with(_KR, accountType=802, idType="CO")),
    },
    "BP": {
        "trc20": Way("USDT", "10.01", {"chain": "trc20", "address": TRON}),
        "erc20": Way("USDT", "10.00", {"chain": "ERC20", "address": "0x" + "aB" * 20}),
    },
}

EVERY_WAY = [(country, name) for country, ways in WAYS.items() for name in ways]

ID_NUMBERS: Mapping[str, Mapping[str, str]] = {
    "BR": {"CPF": CPF, "CNPJ": CNPJ},
    "PE": {"DNI": "12345678", "RUC": "20123456789", "CE": "123456789", "PA": "A12345678"},
    "CO": {"CC": "123456", "CE": "1234567890", "NIT": "900123456", "PA": "A12345678"},
    "CL": {"RUT": "12345670K", "RUN": "123456785", "CE": "123456789", "PASS": "AB1234567"},
    "AR": {"DNI": "1234567", "CUIL": "20123456786", "CUIT": "30123456781", "PA": "AAB123456"},
    "PK": {"CERT": "3520112345671"},
    "KH": {"NONE_KYC": "user-1", "KYC": "user-2"},
    "KR": {"RRN": "", "CO": ""},
}
"""Every kind of document, and a number of its form; Korea asks for none."""


def first_way(country: str) -> str:
    return next(iter(WAYS[country]))


def currencies_of(country: str) -> list[str]:
    return sorted({way.currency for way in WAYS[country].values()})


def order_in(
    country: str, way: str | None = None, *, amount: str | None = None, reference: str | None = None, **fields: Any
) -> dict[str, Any]:
    """A body that is right; a field that is given as None is null."""
    chosen = WAYS[country][way or first_way(country)]
    return {
        "merchantOrderNo": reference or f"T{country}-{uuid4().hex[:24]}",
        "amount": amount or chosen.amount,
        **chosen.fields,
        "callbackUrl": CALLBACK,
        **fields,
    }
