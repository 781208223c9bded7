"""The fields of a merchant's own bank account by UQPAY's documents: of a new one, and of one that is changed.

The trap: a change is laid over what is there, so of every field it is also seen that what is not sent stays.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from outlay.core.bank_account import OwnBankAccount
from tests.apis.uqpay.desk import A_BANK_ACCOUNT, BANK_ACCOUNT_CREATE, BANK_ACCOUNT_UPDATE
from tests.apis.uqpay.rules.desk import GOOD, missing, told, wrong
from tests.apis.uqpay.rules.tables import CODES, COUNTRIES, CURRENCIES, NATIONAL
from tests.apis.uqpay.rules.texts import NO_TEXTS, TextRule, longer_than, text_rule
from tests.rules.breaks import Break, append, edit, field
from tests.rules.claims import claims

FILE = "dialects/uqpay/inbound/bank_accounts.py"
TABLE = "dialects/uqpay/tables/bank_codes.py"
BOTH = (BANK_ACCOUNT_CREATE, BANK_ACCOUNT_UPDATE)
UNSEEN = "must not contain invisible characters"
CONTROL = "must not contain control characters"
SWIFT = "must be 8 to 11 letters and digits"
COUNTRY = "must be an assigned ISO 3166-1 alpha-2 code in capitals"
BRANCH = "must be 1 to 20 letters and digits"
EVERY_TYPE = "must be one of aba, bank_code, sort_code, bsb_code, ifsc, cnaps_number"
A_LINE = ("x", "x" * 255, "Société Générale", "ธนาคารกรุงเทพ")
NO_LINES = (
    longer_than(255),
    ("a\nb", CONTROL),
    ("a\x00b", CONTROL),
    ("a\u202eb", "must not contain marks that turn the direction of writing"),
)


def present(currency: str, country: str, kind: str = "", branch: str = "") -> OwnBankAccount:
    """A registered one that is changed."""
    details = msgspec.structs.replace(
        A_BANK_ACCOUNT.details,
        country=country,
        code_type=kind or None,
        code_value=CODES[kind] if kind else None,
        branch_code=branch or None,
    )
    return msgspec.structs.replace(A_BANK_ACCOUNT, currency=currency, details=details)


def change_is_dropped(name: str) -> Break:
    """What is sent is passed over."""
    return edit(FILE, "if sent.has(name)}", f'if sent.has(name) and name != "{name}"}}', within="read_change")


def change_is_all(name: str) -> Break:
    """What is sent empty is not left as it was."""
    return edit(FILE, "if sent.has(name)}", f'if sent.has(name) or name == "{name}"}}', within="read_change")


def breaks_of(endpoint: str, name: str) -> tuple[Break, ...]:
    if endpoint == BANK_ACCOUNT_UPDATE:
        return change_is_dropped(name), change_is_all(name)
    return (field(name, required=False),)


def rule(endpoint: str, name: str, kept: str, *breaks: Break, **others: Any) -> Any:
    """A case of a new bank account, where the field is required, or of a change, where what was there is kept."""
    left_out = kept if endpoint == BANK_ACCOUNT_UPDATE else None
    return text_rule(endpoint, name, *breaks, *breaks_of(endpoint, name), left_out=left_out, **others)


def rules(endpoint: str) -> list[Any]:
    return [
        rule(
            endpoint,
            "account_number",
            "1234567890",
            field("account_number", longest=61),
            field("account_number", longest=59),
            field("account_number", shortest=4),
            field("account_number", shortest=6),
            field("account_number", content="LINE"),
            taken=("12345", "1" * 60, "GB33BUKB20201555555555", "GB33BUKB20201555555556"),
            refused=(
                longer_than(60, "1"),
                ("1234", "must be at least 5 characters"),
                ("123456\u200b7", UNSEEN),
                ("12345\n6", CONTROL),
            ),
        ),
        rule(
            endpoint,
            "bank_name",
            "First Bank",
            field("bank_name", longest=256),
            field("bank_name", longest=254),
            taken=A_LINE,
            refused=NO_LINES,
        ),
        rule(
            endpoint,
            "bank_address",
            "1 Main Street",
            field("bank_address", longest=256),
            field("bank_address", longest=254),
            taken=A_LINE,
            refused=NO_LINES,
        ),
        rule(
            endpoint,
            "swift_code",
            "FIRSUS33",
            edit(FILE, "{8,11}", "{7,11}", within="_SWIFT_CODE"),
            edit(FILE, "{8,11}", "{9,11}", within="_SWIFT_CODE"),
            edit(FILE, "{8,11}", "{8,12}", within="_SWIFT_CODE"),
            edit(FILE, "{8,11}", "{8,10}", within="_SWIFT_CODE"),
            field("swift_code", rule="x"),
            taken=("FIRSUS3X", "FIRSUS33X", "FIRSUS33XX", "firsus33xxx"),
            refused=(("FIRSUS3", SWIFT), ("FIRSUS33XXXX", SWIFT), ("FIRSUS-33", SWIFT), ("FIRSÜS33", SWIFT)),
        ),
    ]


@pytest.mark.parametrize("rule", [*rules(BANK_ACCOUNT_CREATE), *rules(BANK_ACCOUNT_UPDATE)])
def test_a_text_of_a_bank_account_is_taken_to_its_limits_and_refused_past_them(rule: TextRule) -> None:
    rule.check()


# -- countries and currencies -----------------------------------------------------------------------------------------

COUNTRY_BREAKS = (
    append("core/countries.py", 'COUNTRIES = COUNTRIES - {"ZW"}'),
    append("core/countries.py", 'COUNTRIES = COUNTRIES | {"UK"}'),
    edit(FILE, "if country and country not in COUNTRIES:", "if False:", within="_read_country"),
    edit(FILE, "in capitals", "", within="_COUNTRY_FORM"),
)
NO_COUNTRIES = ("UK", "EU", "XX", "ZZ", "us", "USA", "U", "840", "BP")


@pytest.mark.parametrize(
    "endpoint",
    [
        pytest.param(
            endpoint,
            id=f"request {endpoint} bank_country_code",
            marks=claims(
                "uqpay",
                f"request {endpoint} bank_country_code",
                *COUNTRY_BREAKS,
                *breaks_of(endpoint, "bank_country_code"),
            ),
        )
        for endpoint in BOTH
    ],
)
def test_the_country_of_a_bank_account_is_any_of_iso_and_no_other(endpoint: str) -> None:
    def of(country: Any) -> Any:
        return told(endpoint, {"bank_country_code": country})

    for country in COUNTRIES:
        assert of(country) == GOOD[endpoint] | {"bank_country_code": country}
    for country in NO_COUNTRIES:
        assert of(country) == wrong(f"bank_country_code {COUNTRY}")
    for value in NO_TEXTS:
        assert of(value) == wrong("bank_country_code must be a string")
    for nothing in (None, "", " "):
        assert of(nothing) == (GOOD[endpoint] if endpoint == BANK_ACCOUNT_UPDATE else missing("bank_country_code"))


@claims(
    "uqpay",
    f"request {BANK_ACCOUNT_CREATE} currency",
    append("dialects/uqpay/values/fields.py", 'del CURRENCIES["CNH"]'),
    append("dialects/uqpay/values/fields.py", 'CURRENCIES["USDT"] = 6'),
    field("currency", required=False),
    edit(FILE, "CURRENCY_FORM)", '"x")', within="_read_currency"),
)
def test_a_bank_account_is_registered_in_every_currency_of_iso_and_in_no_other() -> None:
    for currency in CURRENCIES:
        kind = NATIONAL.get(currency, "")
        fields = {
            "currency": currency,
            "bank_country_code": "BR",
            "bank_code_type": kind,
            "bank_code_value": CODES.get(kind, ""),
            "bank_branch_code": "00012",
        }
        assert told(BANK_ACCOUNT_CREATE, fields) == GOOD[BANK_ACCOUNT_CREATE] | fields
    for currency in ("USDT", "USDC", "BTC", "ETH", "usd", "US", "USDX", "XXX"):
        refused = wrong("currency must be an ISO 4217 code of three capital letters")
        assert told(BANK_ACCOUNT_CREATE, {"currency": currency}) == refused
    for value in NO_TEXTS:
        assert told(BANK_ACCOUNT_CREATE, {"currency": value}) == wrong("currency must be a string")
    for nothing in (None, "", " "):
        assert told(BANK_ACCOUNT_CREATE, {"currency": nothing}) == missing("currency")


# -- national codes ---------------------------------------------------------------------------------------------------


class National(msgspec.Struct, frozen=True, kw_only=True):
    """Of one kind of code: where it is demanded, where it is not, what has its form, what has not, and the words."""

    kind: str
    demanded: tuple[tuple[str, str], ...]
    free: tuple[tuple[str, str], ...]
    taken: tuple[str, ...]
    refused: tuple[str, ...]
    words: str

    def told(self, currency: str, country: str, **fields: str) -> Any:
        sent = {"currency": currency, "bank_country_code": country, "bank_branch_code": "00012", "bank_code_type": ""}
        return told(BANK_ACCOUNT_CREATE, sent | {"bank_code_value": ""} | fields)

    def check(self) -> None:
        good = GOOD[BANK_ACCOUNT_CREATE] | {"bank_branch_code": "00012", "bank_code_type": self.kind}
        for currency, country in (*self.demanded, *self.free):
            here = good | {"currency": currency, "bank_country_code": country}
            for code in self.taken:
                made = self.told(currency, country, bank_code_type=self.kind, bank_code_value=code)
                assert made == here | {"bank_code_value": code}, (currency, country, code)
            for code in self.refused:
                made = self.told(currency, country, bank_code_type=self.kind, bank_code_value=code)
                assert made == wrong(f"bank_code_value {self.words}"), (currency, country, code)
        for currency, country in self.demanded:
            assert self.told(currency, country) == missing("bank_code_type")
            for other in {*CODES, "iban", self.kind.upper()} - {self.kind}:
                made = self.told(currency, country, bank_code_type=other, bank_code_value=CODES.get(other, "1"))
                assert made == wrong(f"bank_code_type must be one of {self.kind}"), other
        for currency, country in self.free:
            nothing = {"currency": currency, "bank_country_code": country, "bank_code_type": "", "bank_code_value": ""}
            assert self.told(currency, country) == good | nothing


def national(kind: str, *breaks: Break, **others: Any) -> Any:
    row = f"value {BANK_ACCOUNT_CREATE} bank_code_type {kind}"
    forgotten = append(FILE, f'del _FORMS["{kind}"]')
    return pytest.param(National(kind=kind, **others), id=row, marks=claims("uqpay", row, forgotten, *breaks))


def form(kind: str, old: str, new: str) -> Break:
    """The form of this kind of code is another one."""
    return append(FILE, f'_FORMS["{kind}"] = re.compile(NATIONAL_CODES["{kind}"].form.replace("{old}", "{new}"))')


def words(kind: str) -> Break:
    """What is told of a code of this kind is another text."""
    return append(FILE, f'NATIONAL_CODES["{kind}"] = msgspec.structs.replace(NATIONAL_CODES["{kind}"], rule="x")')


def undemanded(currency: str, country: str | None) -> Break:
    return append(TABLE, f"del _DEMANDED[{(currency, country)!r}]")


@pytest.mark.parametrize(
    "national",
    [
        national(
            "aba",
            form("aba", "9", "8,9"),
            words("aba"),
            undemanded("USD", "US"),
            append(TABLE, '_DEMANDED[("USD", None)] = "aba"'),
            demanded=(("USD", "US"),),
            free=(("USD", "GB"), ("SGD", "US"), ("SGD", "SG")),
            taken=("021000021", "000000000"),
            refused=("02100002", "0210000210", "02100002A", "０21000021"),
            words="must be 9 digits",
        ),
        national(
            "bank_code",
            form("bank_code", "3", "3,4"),
            words("bank_code"),
            undemanded("CAD", None),
            undemanded("HKD", None),
            demanded=(("CAD", "CA"), ("CAD", "US"), ("HKD", "HK"), ("HKD", "CN")),
            free=(("USD", "CA"), ("SGD", "HK")),
            taken=("003", "999"),
            refused=("03", "0003", "0A3"),
            words="must be 3 digits",
        ),
        national(
            "sort_code",
            form("sort_code", "6", "5,6"),
            words("sort_code"),
            undemanded("GBP", None),
            demanded=(("GBP", "GB"), ("GBP", "SG")),
            free=(("EUR", "GB"),),
            taken=("200000", "000000"),
            refused=("20000", "2000000", "20-00-00", "20000A"),
            words="must be 6 digits",
        ),
        national(
            "bsb_code",
            form("bsb_code", "6", "6,7"),
            words("bsb_code"),
            undemanded("AUD", None),
            demanded=(("AUD", "AU"), ("AUD", "NZ")),
            free=(("NZD", "AU"),),
            taken=("062000", "999999"),
            refused=("06200", "0620000", "062-000", "06200A"),
            words="must be 6 digits",
        ),
        national(
            "ifsc",
            form("ifsc", "0[", "[0-9]["),
            form("ifsc", "{6}", "{5,6}"),
            words("ifsc"),
            undemanded("INR", None),
            demanded=(("INR", "IN"), ("INR", "SG")),
            free=(("USD", "IN"),),
            taken=("SBIN0001234", "HDFC0ABC12Z"),
            refused=("SBIN1001234", "SBIN000123", "SBIN00012345", "SBI00001234", "sbin0001234", "SBIN000123-"),
            words="must be 4 capital letters, 0, and 6 capital letters or digits",
        ),
        national(
            "cnaps_number",
            form("cnaps_number", "12", "11,12"),
            words("cnaps_number"),
            undemanded("CNH", "CN"),
            demanded=(("CNH", "CN"),),
            free=(("CNH", "HK"), ("CNY", "CN")),
            taken=("102100099996", "000000000000"),
            refused=("10210009999", "1021000999960", "10210009999A"),
            words="must be 12 digits",
        ),
    ],
)
def test_a_kind_of_national_code_is_demanded_in_its_country_and_has_its_form(national: National) -> None:
    national.check()


TYPE_BREAKS = (
    field("bank_code_type", required=False),
    field("bank_code_type", choices=None),
    edit(FILE, "demanded is not None or given", "demanded is not None", within="_read_code"),
)


@claims(
    "uqpay",
    f"request {BANK_ACCOUNT_CREATE} bank_code_type",
    *TYPE_BREAKS,
    edit(FILE, "(demanded,) if demanded else tuple(NATIONAL_CODES)", "tuple(NATIONAL_CODES)", within="_read_code"),
)
def test_the_type_of_a_code_is_one_of_six_and_the_one_that_is_demanded() -> None:
    free = {"currency": "SGD", "bank_country_code": "SG"}
    for kind, code in CODES.items():
        fields = free | {"bank_code_type": kind, "bank_code_value": code}
        assert told(BANK_ACCOUNT_CREATE, fields) == GOOD[BANK_ACCOUNT_CREATE] | fields
    for kind in ("ABA", "iban", "aba ", "swift"):
        assert told(BANK_ACCOUNT_CREATE, free | {"bank_code_type": kind}) == wrong(f"bank_code_type {EVERY_TYPE}")
        assert told(BANK_ACCOUNT_CREATE, {"bank_code_type": kind}) == wrong("bank_code_type must be one of aba")
    for value in NO_TEXTS:
        assert told(BANK_ACCOUNT_CREATE, {"bank_code_type": value}) == wrong("bank_code_type must be a string")
    for nothing in (None, "", " "):
        assert told(BANK_ACCOUNT_CREATE, {"bank_code_type": nothing}) == missing("bank_code_type")
        # A value without its kind is missed anywhere; neither is demanded here.
        assert told(BANK_ACCOUNT_CREATE, free | {"bank_code_type": nothing}) == missing("bank_code_type")
        fields = free | {"bank_code_type": nothing, "bank_code_value": nothing}
        nothing_kept = free | {"bank_code_type": "", "bank_code_value": ""}
        assert told(BANK_ACCOUNT_CREATE, fields) == GOOD[BANK_ACCOUNT_CREATE] | nothing_kept


@claims(
    "uqpay",
    f"request {BANK_ACCOUNT_UPDATE} bank_code_type",
    *TYPE_BREAKS[1:],
    change_is_dropped("bank_code_type"),
    edit(FILE, "(demanded,) if demanded else tuple(NATIONAL_CODES)", "tuple(NATIONAL_CODES)", within="_read_code"),
)
def test_the_type_of_a_code_is_changed_to_one_of_six_and_where_one_is_demanded_to_that() -> None:
    free = present("SGD", "SG", "aba")
    here = GOOD[BANK_ACCOUNT_UPDATE] | {"bank_country_code": "SG"}
    for kind, code in CODES.items():
        fields = {"bank_code_type": kind, "bank_code_value": code}
        assert told(BANK_ACCOUNT_UPDATE, fields, free) == here | fields
    for kind in ("ABA", "iban", "aba "):
        fields = {"bank_code_type": kind}
        assert told(BANK_ACCOUNT_UPDATE, fields, free) == wrong(f"bank_code_type {EVERY_TYPE}")
        assert told(BANK_ACCOUNT_UPDATE, fields) == wrong("bank_code_type must be one of aba")
    for value in NO_TEXTS:
        assert told(BANK_ACCOUNT_UPDATE, {"bank_code_type": value}) == wrong("bank_code_type must be a string")
    for nothing in (None, "", " "):
        assert told(BANK_ACCOUNT_UPDATE, {"bank_code_type": nothing}) == GOOD[BANK_ACCOUNT_UPDATE]
    # A value that comes to an account without a code lacks its kind; and a country may come to demand one.
    without = present("SGD", "SG")
    assert told(BANK_ACCOUNT_UPDATE, {"bank_code_value": "021000021"}, without) == missing("bank_code_type")
    moved = present("USD", "SG")
    assert told(BANK_ACCOUNT_UPDATE, {"bank_country_code": "US"}, moved) == missing("bank_code_type")


VALUE_WORDS = {
    "aba": "must be 9 digits",
    "bank_code": "must be 3 digits",
    "sort_code": "must be 6 digits",
    "bsb_code": "must be 6 digits",
    "ifsc": "must be 4 capital letters, 0, and 6 capital letters or digits",
    "cnaps_number": "must be 12 digits",
}


@pytest.mark.parametrize(
    "endpoint",
    [
        pytest.param(
            endpoint,
            id=f"request {endpoint} bank_code_value",
            marks=claims(
                "uqpay",
                f"request {endpoint} bank_code_value",
                field("bank_code_value", pattern=None),
                field("bank_code_value", rule="x"),
                *(breaks_of(endpoint, "bank_code_value")),
            ),
        )
        for endpoint in BOTH
    ],
)
def test_the_value_of_a_code_has_the_form_of_its_type_and_comes_with_it(endpoint: str) -> None:
    where = {"currency": "SGD", "bank_country_code": "SG"} if endpoint == BANK_ACCOUNT_CREATE else {}
    there = present("SGD", "SG")
    here = GOOD[endpoint] | {"bank_country_code": "SG"} | where
    for kind, code in CODES.items():
        fields = {"bank_code_type": kind, "bank_code_value": code}
        assert told(endpoint, where | fields, there) == here | fields
        for bad in (code[:-1], code + "0", code[:-1] + "-"):
            refused = told(endpoint, where | {"bank_code_type": kind, "bank_code_value": bad}, there)
            assert refused == wrong(f"bank_code_value {VALUE_WORDS[kind]}")
        for nothing in (None, "", " "):
            fields = {"bank_code_type": kind, "bank_code_value": nothing}
            assert told(endpoint, where | fields, there) == missing("bank_code_value")
    for value in NO_TEXTS:
        fields = {"bank_code_type": "aba", "bank_code_value": value}
        assert told(endpoint, where | fields, there) == wrong("bank_code_value must be a string")
    if endpoint == BANK_ACCOUNT_UPDATE:
        # What is not sent stays.
        assert told(endpoint, {"bank_code_value": ""}) == GOOD[endpoint]


@pytest.mark.parametrize(
    "endpoint",
    [
        pytest.param(
            endpoint,
            id=f"request {endpoint} bank_branch_code",
            marks=claims(
                "uqpay",
                f"request {endpoint} bank_branch_code",
                edit(FILE, "{1,20}", "{1,21}", within="_BRANCH_CODE"),
                edit(FILE, "{1,20}", "{1,19}", within="_BRANCH_CODE"),
                edit(TABLE, '{"CAD"}', "()", within="BRANCH_CODE_CURRENCIES"),
                edit(TABLE, '{"CAD"}', '{"CAD", "SGD"}', within="BRANCH_CODE_CURRENCIES"),
                field("bank_branch_code", rule="x"),
                *breaks_of(endpoint, "bank_branch_code"),
            ),
        )
        for endpoint in BOTH
    ],
)
def test_a_branch_code_is_demanded_of_canadian_dollars_and_has_its_form_everywhere(endpoint: str) -> None:
    for currency, country, kind in (("CAD", "CA", "bank_code"), ("SGD", "SG", "aba")):
        fields = {"bank_country_code": country, "bank_code_type": kind, "bank_code_value": CODES[kind]}
        if endpoint == BANK_ACCOUNT_CREATE:
            fields["currency"] = currency
        here, there = GOOD[endpoint] | fields, present(currency, country, kind)

        def of(code: Any, there: OwnBankAccount = there, fields: dict[str, str] = fields) -> Any:
            return told(endpoint, fields | {"bank_branch_code": code}, there)

        for code in ("1", "00012", "ABCDEFGHIJ0123456789", "abc"):
            assert of(code) == here | {"bank_branch_code": code}
        for code in ("1" * 21, "00-12", "00 12", "０"):
            assert of(code) == wrong(f"bank_branch_code {BRANCH}")
        for value in NO_TEXTS:
            assert of(value) == wrong("bank_branch_code must be a string")
        for nothing in (None, "", " "):
            assert of(nothing) == (missing("bank_branch_code") if currency == "CAD" else here)
    if endpoint == BANK_ACCOUNT_UPDATE:
        fields = {"bank_country_code": "US", "bank_code_type": "bank_code", "bank_code_value": CODES["bank_code"]}
        kept = GOOD[endpoint] | fields | {"bank_branch_code": "00012"}
        there = present("CAD", "US", "bank_code", "00012")
        assert told(endpoint, {"bank_branch_code": ""}, there) == kept
