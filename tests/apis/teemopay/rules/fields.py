"""What each country of TeemoPay demands of the fields of a create: required or not, the longest text, its form.

One line per rule. Texts of refusals are the documents', character by character; those of 414 and 432 are Outlay's own.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tests.apis.teemopay.rules.desk import No, documents_with, no, row_with, types_with, without_checks
from tests.rules.breaks import Break

UNLISTED_BANK = no(432, "bankCode is not in the country's list of banks")
OTHER_BANKS_NAME = no(432, "bankName does not belong to bankCode")
UNLISTED_NAME = no(432, "bankName is not in the country's list of banks")
BANK_OF_OTHER_TYPES = no(432, "bankCode does not take payouts of this accountType")
UNFIT = no(482, "The bank account does not meet the requirements.")
CARD_LENGTH = no(430, "The card number length is incorrect.")
CARD_BANK = no(429, "The card number does not match the bank code.")
CLABE_LENGTH = no(481, "The bank account length is incorrect.（The card number is fixed at 16 digits.）")
CLABE_BANK = no(432, "bankAccount does not belong to bankCode")
BCP_LENGTH = no(429, "BCP bankAccount length must be 14 digits")
BCP_DIGIT = no(429, "The 3rd digit from the end of a BCP account number must be either 0 or 1.")
YAPE_LENGTH = no(429, "YAPE (WALLET) bankAccount length must be 9 digits")
ID_NUMBER = no(476, "The id card number is error")
NO_SUCH_BANK_NAME = no(470, "The bank name is not support")
NO_SUCH_WALLET = no(469, "The wallet code is not support")
NO_SUCH_BANK_CODE = no(431, "The bank code does not supported.")
PHONE_START = no(438, "account must start with 3")
PHONE_LENGTH = no(440, "Phone number length error")
NO_EMAIL = no(414, "email must be an e-mail address")
NO_NAME = no(414, "realName must be at least 2 letters, and no special characters")
ACCOUNT_NO_DIGITS = no(414, "bankAccount must be digits")

Expected = No | None
"""None: it is taken and carried into the order."""


class Case(msgspec.Struct, frozen=True):
    """One text for the field, sent by one way to be paid; None: the field is left out."""

    way: str
    text: str | None
    expected: Expected = None
    strict: bool = False
    fields: Mapping[str, str] = {}
    """What else is sent."""


class FieldRule(msgspec.Struct, frozen=True):
    """`at_longest`: what becomes of a text of exactly that length. `good` and `bad` are sent by the first way."""

    country: str
    name: str
    longest: int
    at_longest: Expected = None
    required: bool = True
    way: str = ""
    good: tuple[str, ...] = ()
    bad: Mapping[str, No] = {}
    cases: tuple[Case, ...] = ()
    breaks: tuple[Break, ...] = ()

    @property
    def row(self) -> str:
        return f"country {self.country} request {self.name}"

    @property
    def is_number(self) -> bool:
        return self.name not in ("realName", "bankName", "email", "chain")


def _phone(country: str, rule: str, good: str, bad: str, *, required: bool = True) -> FieldRule:
    fault = no(414, f"phone {rule}")
    return FieldRule(
        country,
        "phone",
        50,
        fault,
        required=required,
        good=tuple(good.split()),
        bad=dict.fromkeys(bad.split(), fault),
        breaks=(without_checks(country, "phone"),),
    )


def _email(country: str, *, required: bool = True) -> FieldRule:
    return FieldRule(
        country,
        "email",
        64,
        required=required,
        good=("a@b", "ana.b+c@example.com"),
        bad=dict.fromkeys(("nobody", "a@", "@b", "a@b@c", "a b@c"), NO_EMAIL),
        breaks=(without_checks(country, "email"),),
    )


def _listed_bank(country: str, *, required: bool = True, unknown: No = UNLISTED_BANK) -> FieldRule:
    """A code of the country's list; the list has none of fifty ones."""
    return FieldRule(
        country,
        "bankCode",
        50,
        unknown,
        required=required,
        bad={"99999": unknown},
        breaks=(row_with(country, bank_unknown="None"),),
    )


def _bank_name(country: str, other: str, *, required: bool = True) -> FieldRule:
    """Any name is carried, unless the account has destinations checked; `other` is another bank's."""
    way = {"MX": "40", "BR": "401"}.get(country, "")
    return FieldRule(
        country,
        "bankName",
        50,
        required=required,
        way=way,
        good=(other, "Bank of Nowhere"),
        cases=(
            Case(way, other, OTHER_BANKS_NAME, strict=True),
            Case(way, "Bank of Nowhere", UNLISTED_NAME, strict=True),
        ),
        breaks=(row_with(country, banks="None"),),
    )


def _document(country: str, too_short: str, at_longest: Expected = ID_NUMBER) -> FieldRule:
    return FieldRule(
        country,
        "idCardNumber",
        50,
        at_longest,
        bad={too_short: ID_NUMBER},
        breaks=(documents_with(country, "fits=form('.*'), digits_fit=None"),),
    )


_BRAZIL = (
    FieldRule(
        "BR",
        "bankAccount",
        255,
        UNFIT,
        good=("52998224725", "11144477736"),
        bad=dict.fromkeys(("1114447773", "111444777350", "1114447773x"), UNFIT),
        cases=(
            Case("402", "11222333000181"),
            Case("402", "1122233300018", UNFIT),
            Case("402", "112223330001811", UNFIT),
            Case("403", "+5511987654321"),
            Case("403", "+551198765432", UNFIT),
            Case("403", "+55119876543210", UNFIT),
            Case("404", "m" * 65 + "@example.com"),
            Case("404", "m" * 66 + "@example.com", UNFIT),
            Case("404", "maria", UNFIT),
            Case("405", "7d9f0335-8dcc-4054-9bf9-0dbd61d36906"),
            Case("405", "7d9f03358dcc40549bf90dbd61d36906", UNFIT),
            Case("401", "52998224726", UNFIT, strict=True),
            Case("402", "11222333000182", UNFIT, strict=True),
        ),
        breaks=(types_with("BR", "checks=()"),),
    ),
    FieldRule("BR", "realName", 255, good=("A", "Zé 2 & Co")),
    _document("BR", "1114447773"),
)
_MEXICO = (
    FieldRule("MX", "bankCode", 50, way="40", good=("40999",), cases=(Case("3", "40062"),)),
    _bank_name("MX", "albo"),
    FieldRule(
        "MX",
        "bankAccount",
        50,
        CLABE_BANK,
        way="40",
        good=("062180000000000001",),
        bad={
            "06218000000000001": CLABE_LENGTH,
            "0621800000000000011": CLABE_LENGTH,
            "06218000000000000x": UNFIT,
            "072180000000000001": CLABE_BANK,
        },
        cases=(
            Case("3", "5117090000000001"),
            Case("3", "511709000000001", CARD_LENGTH),
            Case("3", "51170900000000011", CARD_LENGTH),
            Case("3", "5117100000000001", CARD_BANK),
            Case("40", "062180000000000001", UNFIT, strict=True),
        ),
        breaks=(
            without_checks("MX", "bankAccount"),
            types_with("MX", "bank_checks=()"),
        ),
    ),
    FieldRule(
        "MX",
        "realName",
        40,
        good=("JO", "O'NEILL", "José-María Ñ", "MA. JOSE", "김민지", "李 明"),
        bad=dict.fromkeys(("J", "J 2", "JOSÉ & CO", "JO2"), NO_NAME),
        breaks=(without_checks("MX", "realName"),),
    ),
    FieldRule("MX", "idCardNumber", 50, good=("1", "GAPG800101HDFRRL09")),
)
_PERU = (
    msgspec.structs.replace(
        _listed_bank("PE"), cases=(Case("101", "100", BANK_OF_OTHER_TYPES), Case("103", "1", BANK_OF_OTHER_TYPES))
    ),
    _bank_name("PE", "BBVA"),
    FieldRule(
        "PE",
        "bankAccount",
        50,
        BCP_LENGTH,
        good=("12345678901012", "12345678901112"),
        bad={
            "1234567890101": BCP_LENGTH,
            "123456789010123": BCP_LENGTH,
            "12345678901212": BCP_DIGIT,
            "1234567890101x": ACCOUNT_NO_DIGITS,
        },
        cases=(Case("103", "912345678"), Case("103", "91234567", YAPE_LENGTH), Case("103", "9123456780", YAPE_LENGTH)),
        breaks=(without_checks("PE", "bankAccount"), types_with("PE", "bank_checks=()")),
    ),
    FieldRule("PE", "realName", 50, good=("A",)),
    FieldRule(
        "PE",
        "cciNumber",
        50,
        no(414, "cciNumber must be 20 digits"),
        good=("00212345678901234567",),
        bad=dict.fromkeys(
            ("0021234567890123456", "002123456789012345678", "0021234567890123456x"),
            no(414, "cciNumber must be 20 digits"),
        ),
        cases=(
            Case("102", None, no(414, "cciNumber is required")),
            Case("103", None),
            Case("103", "00212345678901234567"),
        ),
        breaks=(without_checks("PE", "cciNumber"), types_with("PE", "requires=frozenset()")),
    ),
    _document("PE", "1234567"),
    _phone(
        "PE",
        "must be 9 digits that begin with 9",
        "912345678",
        "812345678 91234567 9123456780 91234567x",
        required=False,
    ),
)
_COLOMBIA = (
    _listed_bank("CO"),
    _bank_name("CO", "NEQUI"),
    FieldRule(
        "CO",
        "bankAccount",
        255,
        no(414, "bankAccount must be at most 50 characters"),
        good=("1" * 50, "x1"),
        bad={"1" * 51: no(414, "bankAccount must be at most 50 characters")},
        cases=(
            Case("202", "1" * 50),
            Case("202", "1" * 51, no(414, "bankAccount must be at most 50 characters")),
            Case("203", "3001234567"),
            Case("203", "4001234567", PHONE_START),
            Case("203", "300123456", PHONE_LENGTH),
            Case("203", "30012345678", PHONE_LENGTH),
            Case("203", "300123456x", ACCOUNT_NO_DIGITS),
            *(
                Case("204", key)
                for key in ("123456", "123456789012", "a@bc.d", "a" * 243 + "@example.com", "@abc", "@" + "a" * 30)
            ),
            *(
                Case("204", key, no(414, "bankAccount must be a phone, e-mail, document, NIT or @alias"))
                for key in ("12345", "1234567890123", "a@b.c", "@ab", "@" + "a" * 31, "@a-b")
            ),
        ),
        breaks=(without_checks("CO", "bankAccount"),),
    ),
    FieldRule("CO", "realName", 40, good=("A",)),
    _document("CO", "12345"),
    _phone(
        "CO",
        "must be 10 digits that begin with 3",
        "3001234567",
        "2001234567 300123456 30012345678 300123456x",
        required=False,
    ),
    _email("CO", required=False),
)
_CHILE = (
    _listed_bank("CL"),
    _bank_name("CL", "Banco Internacional"),
    FieldRule("CL", "bankAccount", 50, good=("1", "x-1")),
    FieldRule("CL", "realName", 40, good=("A",)),
    _document("CL", "12.345.678-K"),
    _phone("CL", "must be 9 digits", "912345678", "12345678 1234567890 91234567x"),
    _email("CL"),
)
_ARGENTINA = (
    _listed_bank("AR", required=False),
    _bank_name("AR", "Banco de la Nación Argentina", required=False),
    FieldRule(
        "AR",
        "bankAccount",
        50,
        no(414, "bankAccount must be 22 digits"),
        good=("0000003100010000000001",),
        bad=dict.fromkeys(
            ("000000310001000000001", "00000031000100000000010", "000000310001000000000x"),
            no(414, "bankAccount must be 22 digits"),
        ),
        cases=(
            Case(
                "901",
                "0000003100010000000001",
                no(414, "bankAccount must have the check digits of a CBU or CVU"),
                strict=True,
            ),
        ),
        breaks=(without_checks("AR", "bankAccount"),),
    ),
    FieldRule("AR", "realName", 40, good=("A",)),
    _document("AR", "123456"),
    _phone("AR", "must be 10 digits", "1123456789", "112345678 11234567890 112345678x", required=False),
    _email("AR", required=False),
)
_PAKISTAN = (
    FieldRule(
        "PK",
        "bankCode",
        50,
        NO_SUCH_BANK_NAME,
        bad={
            "NO_BANK": NO_SUCH_BANK_NAME,
            "EASYPAISA": no(432, "bankName does not belong to bankCode"),
        },
        cases=(
            Case("302", "NO_WALLET", NO_SUCH_WALLET),
            Case("303", "JAZZCASH", BANK_OF_OTHER_TYPES, fields={"bankName": "JAZZCASH"}),
            Case("301", "EASYPAISA", BANK_OF_OTHER_TYPES, fields={"bankName": "EASYPAISA"}),
        ),
        breaks=(row_with("PK", bank_unknown="None"), types_with("PK", "unknown_bank=None")),
    ),
    FieldRule(
        "PK",
        "bankName",
        50,
        NO_SUCH_BANK_NAME,
        good=("allied_bank_limited", "  ALLIED_BANK_LIMITED "),
        bad={"NO_BANK": NO_SUCH_BANK_NAME, "EASYPAISA": OTHER_BANKS_NAME},
        breaks=(row_with("PK", bank_names_stated="False"),),
    ),
    FieldRule("PK", "bankAccount", 50, good=("1", "x1")),
    FieldRule("PK", "realName", 255, good=("A",)),
    FieldRule(
        "PK",
        "idCardNumber",
        50,
        no(414, "idCardNumber must be 13 digits"),
        bad=dict.fromkeys(
            ("352011234567", "35201123456711", "352011234567x"), no(414, "idCardNumber must be 13 digits")
        ),
        breaks=(without_checks("PK", "idCardNumber"),),
    ),
    _phone("PK", "must be 10 digits", "3001234567", "300123456 03001234567 300123456x"),
    _email("PK", required=False),
    FieldRule("PK", "userIBAN", 64, required=False, good=("PK36SCBL0000001123456702", "x")),
)
_NO_IFSC = no(414, "bankCode must be an IFSC")
_INDIA = (
    FieldRule(
        "IN",
        "bankCode",
        50,
        _NO_IFSC,
        good=("ABCD0123456", "abcd0xyz123"),
        bad=dict.fromkeys(("HDFC1001234", "HDFC000123", "HDFC00012345", "HDF00001234"), _NO_IFSC),
        cases=(Case("1002", None), Case("1002", "anything")),
        breaks=(without_checks("IN", "bankCode"), types_with("IN", "requires=frozenset()")),
    ),
    FieldRule(
        "IN",
        "bankAccount",
        50,
        good=("1",),
        cases=(
            Case("1002", "asha@okhdfc"),
            Case("1002", "a" * 49 + "@"),
            Case("1002", "asha", no(414, "bankAccount must contain @")),
        ),
        breaks=(without_checks("IN", "bankAccount"),),
    ),
    FieldRule("IN", "realName", 40, good=("A",)),
    _phone(
        "IN", "must be 10 digits that begin with 6 to 9", "6876543210 9876543210", "5876543210 987654321 98765432101"
    ),
    _email("IN", required=False),
)
_INDONESIA = (
    _listed_bank("ID"),
    _bank_name("ID", "Bank Mandiri"),
    FieldRule("ID", "bankAccount", 255, good=("1", "x1")),
    FieldRule("ID", "realName", 255, good=("A",)),
    _phone(
        "ID",
        "must be 10 to 13 digits that begin with 08",
        "0812345678 0812345678901",
        "0712345678 081234567 08123456789012 081234567x",
    ),
    _email("ID"),
)
_CAMBODIA = (
    _listed_bank("KH"),
    _bank_name("KH", "Wing Bank (Cambodia) Plc"),
    FieldRule("KH", "bankAccount", 50, good=("1", "x1")),
    FieldRule("KH", "realName", 255, good=("A",)),
    _document("KH", "a user", None),
    _phone("KH", "must be 8 or 9 digits", "12345678 123456789", "1234567 1234567890 1234567x"),
    _email("KH"),
)
_KOREA = (
    _listed_bank("KR", unknown=NO_SUCH_BANK_CODE),
    _bank_name("KR", "Woori Bank"),
    FieldRule(
        "KR",
        "bankAccount",
        50,
        CARD_LENGTH,
        good=("123456", "1" * 20),
        bad={"12345": CARD_LENGTH, "1" * 21: CARD_LENGTH, "123-456-7890": ACCOUNT_NO_DIGITS},
        breaks=(without_checks("KR", "bankAccount"),),
    ),
    FieldRule("KR", "realName", 40, good=("A", "(주)삼성", "LG 2 Co., Ltd")),
)
_WORDS_ONLY = no(414, "chain must be letters, digits, _ and - only")
_NOT_OF_THE_CHAIN = no(432, "address is none of this chain")
_CRYPTO = (
    FieldRule(
        "BP",
        "chain",
        50,
        good=("trc20", "ERC20", "Poly_gon-2"),
        bad=dict.fromkeys(("tron network", "trc.20", "é"), _WORDS_ONLY),
        breaks=(without_checks("BP", "chain"),),
    ),
    FieldRule(
        "BP",
        "address",
        128,
        good=("123456789987654321", "0xabc"),
        bad=dict.fromkeys(("T J", "é"), no(414, "address must not contain blanks")),
        cases=(
            Case("trc20", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", strict=True),
            Case("trc20", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u", _NOT_OF_THE_CHAIN, strict=True),
            Case("erc20", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", _NOT_OF_THE_CHAIN, strict=True),
        ),
        breaks=(without_checks("BP", "address"), row_with("BP", chain_addresses="{}")),
    ),
)
FIELD_RULES = (
    *_BRAZIL,
    *_MEXICO,
    *_PERU,
    *_COLOMBIA,
    *_CHILE,
    *_ARGENTINA,
    *_PAKISTAN,
    *_INDIA,
    *_INDONESIA,
    *_CAMBODIA,
    *_KOREA,
    *_CRYPTO,
)
