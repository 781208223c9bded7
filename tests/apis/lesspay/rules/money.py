"""The rules of LessPay's amounts and currencies: major units in text, exactly the decimals that a currency has."""

from __future__ import annotations

from collections.abc import Sequence

from tests.apis.lesspay.rules.desk import Body
from tests.apis.lesspay.rules.fields import AMOUNT, CURRENCY, NOTHING, STRING, UNCLEAN, Refused, Rule, Taken
from tests.rules.breaks import Break, append, edit, field

CODES, SCHEMA, MONEY = "dialects/lesspay/codes.py", "dialects/lesspay/schema.py", "core/money.py"
CURRENCIES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF "
        "CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL "
        "HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU "
        "MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR "
        "SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED "
        "VES WST XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
    6: "USDT USDC",
    8: "BTC ETH",
}
"""ISO 4217 and the codes of crypto, by their decimals."""
NO_CURRENCIES = ("ZZZ", "XXX", "XAU", "CNH", "HRK", "php", "PH", "PHPP", "USDTT", "608")
TOO_LARGE = "is larger than any amount that is accepted"


def not_an_amount(decimals: int) -> str:
    return f"must be a positive decimal string in major units with at most {decimals} decimals"


def faults_of_a_text(path: str, code: int) -> tuple[Refused, ...]:
    """Missing, no text, too long, or with characters that no text has."""
    return (
        *(({path: nothing}, code, f"{path} is required") for nothing in NOTHING),
        *(({path: other}, code, f"{path} {STRING}") for other in (100, True, ["1.00"], {})),
        ({path: "9" * 256}, code, f"{path} must be at most 255 characters"),
        *(({path: value}, code, f"{path} {rule}") for value, rule in UNCLEAN),
    )


def amount_rule(path: str, body: Body, *, together: Sequence[str] = (), also_refused: tuple[Refused, ...] = ()) -> Rule:
    """In a currency of two decimals. `together`: amounts that must be the same for the sum to be right."""
    no_number = ("0", "0.00", "-1", "+1", "01.00", "1e2", "1,00", ".5", "1.", "1.001", "1 000", "１", "9" * 255)
    taken: tuple[Taken, ...] = tuple(
        (dict.fromkeys((path, *together), text), "order.amount_minor", minor)
        for text, minor in (("0.01", 1), ("1", 100), ("1.5", 150), ("100.50", 10050), ("1" + "0" * 13, 10**15))
    )
    refused: tuple[Refused, ...] = (
        *faults_of_a_text(path, AMOUNT),
        ({path: "9\u200b9"}, AMOUNT, f"{path} must not contain invisible characters"),
        *(({path: text}, AMOUNT, f"{path} {not_an_amount(2)}") for text in no_number),
        ({path: "1" + "0" * 13 + ".01"}, AMOUNT, f"{path} {TOO_LARGE}"),
    )
    breaks = (
        edit(MONEY, "if len(fraction) > exponent:", "if len(fraction) > exponent + 1:"),
        edit(MONEY, "if minor == 0:", "if minor < 0:"),
        field(path, required=False),
    )
    return Rule(
        row=path,
        body=body,
        taken=taken,
        refused=refused + also_refused,
        breaks=breaks,
    )


def currency_rule(body: Body, taken: tuple[Taken, ...]) -> Rule:
    unknown = tuple(({"currency": code}, CURRENCY, "currency is not supported") for code in NO_CURRENCIES)
    return Rule(
        row="currency",
        body=body,
        taken=taken,
        refused=(*faults_of_a_text("currency", CURRENCY), *unknown),
        breaks=(field("currency", required=False), without_currency("THB"), with_currency("CNH")),
    )


def without_currency(code: str) -> Break:
    return append(SCHEMA, f'CURRENCIES = CURRENCIES - {{"{code}"}}')


def with_currency(code: str) -> Break:
    return append(SCHEMA, f'CURRENCIES = CURRENCIES | {{"{code}"}}')


def smallest(decimals: int) -> str:
    """The smallest amount of a currency."""
    return "1" if decimals == 0 else f"0.{'1':>0{decimals}}"


def every_currency(*amounts: str) -> tuple[Taken, ...]:
    """Each with its smallest amount in these fields."""
    return tuple(
        ({"currency": code} | dict.fromkeys(amounts, smallest(decimals)), name, value)
        for decimals, codes in CURRENCIES.items()
        for code in codes.split()
        for name, value in (("order.currency", code), ("order.amount_minor", 1))
    )
