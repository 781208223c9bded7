"""TeemoPay's countries: what a create needs in each, and the codes that its page lists besides the common ones.

Account types, id types and fields are documented per country; which example of a page is wrong is in the dialect's
README.
"""

from __future__ import annotations

import msgspec

from tests.apis.teemopay.reasons import TEXTS_IN
from tests.coverage.rows import Row, table


class _Country(msgspec.Struct, frozen=True):
    """`fields`: of a create, besides merchantOrderNo, amount and sign. Each of the lists is parted by blanks."""

    code: str
    currency: str
    account_types: str
    id_types: str
    fields: str
    codes: str
    not_found: str
    integer: bool = False
    as_sent: bool = False
    """Create answers with the text of the amount that was sent."""


_NOT_FOUND_FORMS = {
    "seed": "code 400, msg, success",
    "traced": "code 400, msg, traceId",
    "434": "code 434 in the envelope of every answer",
}
_COMMON = "bankCode bankName bankAccount realName"
_COUNTRIES = (
    _Country(
        "BR",
        "BRL",
        "401 402 403 404 405",
        "CPF CNPJ",
        "bankAccount realName idCardNumber",
        "421 455 475 476 482",
        not_found="seed",
    ),
    _Country("MX", "MXN", "3 40", "", f"{_COMMON} idCardNumber", "421 429 430 455 481 482", not_found="434"),
    _Country(
        "PE",
        "PEN",
        "101 102 103",
        "DNI RUC CE PA",
        f"{_COMMON} cciNumber idCardNumber phone",
        "429 475 476",
        not_found="traced",
    ),
    _Country(
        "CO",
        "COP",
        "201 202 203 204",
        "CC CE NIT PA",
        f"{_COMMON} idCardNumber phone email",
        "438 440 455 475 476",
        not_found="seed",
        as_sent=True,
        integer=True,
    ),
    _Country(
        "CL",
        "CLP",
        "601 602 603 604 605",
        "RUT RUN CE PASS",
        f"{_COMMON} idCardNumber phone email",
        "455 475 476",
        not_found="seed",
        as_sent=True,
        integer=True,
    ),
    _Country(
        "AR", "ARS", "901 902", "DNI CUIL CUIT PA", f"{_COMMON} idCardNumber phone email", "475 476", not_found="traced"
    ),
    _Country(
        "PK",
        "PKR",
        "301 302 303 304",
        "CERT",
        f"{_COMMON} idCardNumber phone email userIBAN",
        "455 469 470 471",
        not_found="traced",
        as_sent=True,
        integer=True,
    ),
    _Country("IN", "INR", "1001 1002", "", "bankCode bankAccount realName phone email", "", not_found="434"),
    _Country("ID", "IDR", "501", "", f"{_COMMON} phone email", "455", not_found="434", integer=True),
    _Country(
        "KH",
        "KHR, USD",
        "2001 2002",
        "NONE_KYC KYC",
        f"{_COMMON} idCardNumber phone email",
        "455 475 476",
        not_found="434",
        as_sent=True,
        integer=True,
    ),
    _Country("KR", "KRW", "801 802", "RRN CO", _COMMON, "430 431 455 475", not_found="traced", integer=True),
    _Country("BP", "USDT", "", "", "chain address", "", not_found="traced"),
)


def _failure_rows_of(cc: str) -> tuple[Row, ...]:
    """Reasons of a failure (docs, callback page of the country)."""
    lines = [f"{code}  {'seed' if code == 1024 else 'docs'}  {text}" for code, text in TEXTS_IN[cc].items()]
    if cc == "PK":
        lines = [
            f"{line} ABSENT: 1008, 1013 and 1014 are nearer" if line.startswith("1011 ") else line for line in lines
        ]
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
    lines.append(f"not found  docs  {_NOT_FOUND_FORMS[country.not_found]}")
    lines.append(f"amount answered {'as sent' if country.as_sent else 'with two decimals'}  docs  by create")
    if cc == "MX":
        lines += ["claveRastreo  docs  in queries, once paid", "cepUrl  docs  in queries, once paid"]
    if cc == "PE":
        lines.append("accountType as text  docs  so in the example")
    return table(f"Country {cc}", f"country {cc}", "\n".join(lines)) + _failure_rows_of(cc)


COUNTRY_ROWS: tuple[Row, ...] = tuple(row for country in _COUNTRIES for row in _rows_of(country))
