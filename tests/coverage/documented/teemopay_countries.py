"""TeemoPay's countries: what a create needs in each, and the codes that its page lists besides the common ones.

Account types, id types and fields are documented per country; which example of a page is wrong is in the dialect's
README.
"""

from __future__ import annotations

import msgspec

from tests.coverage.rows import Row, table


class _Country(msgspec.Struct, frozen=True):
    """`fields`: of a create, besides merchantOrderNo, amount and sign. Each of the lists is parted by blanks."""

    code: str
    currency: str
    account_types: str
    id_types: str
    fields: str
    codes: str
    integer: bool = False


_COMMON = "bankCode bankName bankAccount realName"
_COUNTRIES = (
    _Country(
        "BR", "BRL", "401 402 403 404 405", "CPF CNPJ", "bankAccount realName idCardNumber", "421 455 475 476 482"
    ),
    _Country("MX", "MXN", "3 40", "", f"{_COMMON} idCardNumber", "421 429 430 455 481 482"),
    _Country("PE", "PEN", "101 102 103", "DNI RUC CE PA", f"{_COMMON} cciNumber idCardNumber phone", "429 475 476"),
    _Country(
        "CO",
        "COP",
        "201 202 203 204",
        "CC CE NIT PA",
        f"{_COMMON} idCardNumber phone email",
        "438 440 455 475 476",
        integer=True,
    ),
    _Country(
        "CL",
        "CLP",
        "601 602 603 604 605",
        "RUT RUN CE PASS",
        f"{_COMMON} idCardNumber phone email",
        "455 475 476",
        integer=True,
    ),
    _Country("AR", "ARS", "901 902", "DNI CUIL CUIT PA", f"{_COMMON} idCardNumber phone email", "475 476"),
    _Country(
        "PK",
        "PKR",
        "301 302 303 304",
        "CERT",
        f"{_COMMON} idCardNumber phone email userIBAN",
        "455 469 470 471",
        integer=True,
    ),
    _Country("IN", "INR", "1001 1002", "", "bankCode bankAccount realName phone email", ""),
    _Country("ID", "IDR", "501", "", f"{_COMMON} phone email", "455", integer=True),
    _Country(
        "KH",
        "KHR, USD",
        "2001 2002",
        "NONE_KYC KYC",
        f"{_COMMON} idCardNumber phone email",
        "455 475 476",
        integer=True,
    ),
    _Country("KR", "KRW", "801 802", "RRN CO", _COMMON, "430 431 455 475", integer=True),
    _Country("BP", "USDT", "", "", "chain address", ""),
)


# Reasons of a failure by country (docs, callback pages). What Outlay never sends has its reason in the table of codes.
_EVERYWHERE_BUT_PK = "1000 1001 1002 9999"
_FAILURES = {
    "BR": "",
    "MX": "1004 1005 1007 1010 1011 1012 1016",
    "PE": "1006 1007 1010",
    "CO": "1006 1007 1010",
    "CL": "1018 1019 1020 1021 1022",
    "AR": "1004 1005 1007 1010 1011 1012 1016",
    "PK": "1003 1004 1005 1006 1007 1008 1009 1010 1011 1012 1013 1014 1015 9999",
    "IN": "1004 1005 1007 1010 1011 1012 1016",
    "ID": "",
    "KH": "1006 1007 1010",
    "KR": "1004 1005 1007 1010 1011 1012 1016",
    "BP": "",
}
_NEVER = {"1003", "1008", "1009", "1015", "1018", "1019"}


def _failure_rows_of(cc: str) -> tuple[Row, ...]:
    codes = _FAILURES[cc].split()
    if cc != "PK":
        codes = _EVERYWHERE_BUT_PK.split() + codes
    why = dict.fromkeys(_NEVER & set(codes), "see the reasons of a failure")
    if "1010" in codes:
        why["1002"] = "1010 says it more exactly"
    if "1013" in codes:
        why["1011"] = "1013 says it more exactly"
    lines = [f"{code}  docs  {'ABSENT: ' + why[code] if code in why else ''}" for code in codes]
    return table(f"Country {cc}", f"failure in {cc}", "\n".join(lines))


def _rows_of(country: _Country) -> tuple[Row, ...]:
    cc = country.code
    lines = [
        f"{endpoint}  docs  {country.currency}"
        for endpoint in (
            "POST /api/pay/payout/create/v1",
            "POST /api/pay/payout/query/v1",
            "POST /api/pay/merchant/balance",
            "POST /api/pay/transaction/queryList",
        )
    ]
    lines += [f"accountType {number}  docs" for number in country.account_types.split()]
    lines += [f"idType {word}  docs" for word in country.id_types.split()]
    lines += [f"request {name}  docs" for name in country.fields.split()]
    lines += [f"code {number}  docs" for number in country.codes.split()]
    if country.integer:
        lines.append("amount is an integer  docs  a fraction is refused (414: decision)")
    if cc == "PE":
        lines.append("accountType as text  docs  so in the example")
    return table(f"Country {cc}", f"country {cc}", "\n".join(lines)) + _failure_rows_of(cc)


COUNTRY_ROWS: tuple[Row, ...] = tuple(row for country in _COUNTRIES for row in _rows_of(country))
