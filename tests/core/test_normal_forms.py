"""Normal forms: every spelling that a person would read as one number or one name is one, and nothing else is."""

from __future__ import annotations

import itertools
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.core.names import name_form
from outlay.core.normal_forms import (
    address_forms,
    block_forms,
    block_key,
    number_forms,
    phone_forms,
    word_forms,
)
from tests.support.rows import each_row

INVISIBLE = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\xad", "\u200e", "\u202a", "\u202c", "\u034f", "\u3164"]
INVISIBLE += ["\ufe00", "\ufe0f", "\u180b", "\u17b4", "\U000e0100"]
BLANKS = [" ", "\u00a0", "\u2009", "\u202f", "\u3000", "\t"]
SEPARATORS = [*BLANKS, *INVISIBLE, "-", ".", "/", "\u2011", "\u2013", "_"]
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
SOLANA = "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PsVFinB"
TON = "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N"
ETHER = "0xdAC17F958D2ee523a2206206994597C13D831ec7"
EVP = "123e4567-e89b-12d3-a456-426655440000"
IBAN = "GB82WEST12345698765432"

NUMBERS = [
    "12345678901",
    "11144477735",
    "11222333000181",
    "12ABC34501DE35",
    IBAN,
    "DE02120300000000202051",
    "032180000118359719",
    EVP,
    "00123",
    ETHER,
]


def full_width(character: str) -> str:
    return chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character


def arabic(character: str) -> str:
    return chr(0x0660 + int(character)) if character in string.digits else character


SPELLINGS = [str.lower, str.upper, full_width, arabic, str]


@st.composite
def spelt(draw: st.DrawFn, number: str, between: list[str]) -> str:
    """`number` as somebody else may write it: every character in another way, with something between them."""
    written = ""
    for character in number:
        written += draw(st.sampled_from(["", "", "", *between])) + draw(st.sampled_from(SPELLINGS))(character)
    return written + draw(st.sampled_from(["", *between]))


@given(st.data(), st.sampled_from(NUMBERS))
def test_what_a_person_reads_as_one_number_is_one(data: st.DataObject, number: str) -> None:
    other = data.draw(spelt(number, SEPARATORS))
    assert number_forms(other) == number_forms(number)
    assert block_key(other) == block_key(number)
    assert not block_forms(number).isdisjoint(number_forms(other))
    assert not block_forms(other).isdisjoint(number_forms(number))


@given(
    st.data(),
    st.sampled_from(
        ["Maria.Silva+1@Example.com", "Maria.Alessandra.da.Silva@Correio.example", "maria_ok@upi", "@maria123"]
    ),
)
def test_of_an_e_mail_or_another_handle_case_alone_is_nothing(data: st.DataObject, handle: str) -> None:
    other = data.draw(spelt(handle, INVISIBLE))
    assert block_key(other) == block_key(handle)
    assert not block_forms(handle).isdisjoint(number_forms(other))
    assert block_forms(handle).isdisjoint(number_forms(handle.replace("a", "a.", 1)))


@pytest.mark.parametrize("address", [TRON, SOLANA, TON])
def test_an_address_in_base58_is_another_one_in_other_letters(address: str) -> None:
    assert not block_forms(address).isdisjoint(address_forms(address))
    assert not block_forms(f" \u200b{address}\ufeff ").isdisjoint(address_forms(address))
    one_letter = address[:-1] + address[-1].swapcase()
    for other in (address.lower(), address.upper(), address.swapcase(), one_letter):
        assert block_forms(address).isdisjoint(address_forms(other)), other
        assert block_forms(other).isdisjoint(address_forms(address)), other
        assert block_key(other) != block_key(address)
        assert not block_forms(other).isdisjoint(address_forms(other)), "what is blocked is always met"


@pytest.mark.parametrize("address", [ETHER, "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "0x1"])
def test_an_address_in_hexadecimal_digits_or_of_one_case_is_the_same_in_any_case(address: str) -> None:
    for other in (address.lower(), address.upper(), address):
        assert not block_forms(address).isdisjoint(address_forms(other))
        assert not block_forms(other).isdisjoint(address_forms(address))
        assert block_key(other) == block_key(address)


def test_a_long_account_number_is_no_address_for_being_long() -> None:
    iban = "MT84MALT011000012345MTLCAST001S"
    for other in (iban.lower(), "Mt84 Malt 0110 0001 2345 Mtlc Ast0 01s"):
        assert block_key(other) == block_key(iban)


DIFFERENT = [
    *NUMBERS,
    "12345678902",
    "1234567890",
    "0012345678901",
    "21987654321",
    "123",
    "0123",
    "11222333000182",
    "GB82WEST12345698765433",
    "GB82WESU12345698765432",
    TRON,
    TRON.lower(),
    SOLANA,
    ETHER[:-1] + "8",
    EVP[:-1] + "1",
    "maria@example.com",
    "maria@example.co",
    "mar.ia@example.com",
    "maria+1@example.com",
    "mariaexample.com",
    "@maria123",
    "maria123",
    "---",
    "--",
    "É1",
    "E1",
]


@each_row("one", DIFFERENT)
def test_different_numbers_stay_different(one: str) -> None:
    for other in DIFFERENT:
        if other == one:
            continue
        assert block_key(one) != block_key(other)
        assert block_forms(one).isdisjoint(address_forms(other)), other
        if {one, other} != {TRON, TRON.lower()}:  # as a bank's number they are one
            assert block_forms(one).isdisjoint(number_forms(other)), other


# -- phones -------------------------------------------------------------------------------------------------------

BRAZILIAN = ["+55 11 98765-4321", "(+55) 11 987654321", "＋５５ 11 98765 4321", "+5511987654321"]


@each_row("blocked", [*BRAZILIAN, "11987654321", "011 98765-4321", "5511987654321", "005511987654321"])
@each_row(
    ("ordered", "country"),
    [
        ("11987654321", "BR"),
        ("011987654321", "BR"),
        ("5511987654321", "BR"),
        ("+5511987654321", None),
        ("+55 (11) 98765-4321", "MX"),
    ],
)
def test_a_phone_is_met_with_and_without_the_code_of_its_country(blocked: str, ordered: str, country: str) -> None:
    assert not block_forms(blocked).isdisjoint(phone_forms(ordered, country))


@pytest.mark.parametrize("blocked", BRAZILIAN)
def test_a_phone_of_a_country_is_none_of_another_in_which_the_digits_are_the_same(blocked: str) -> None:
    assert block_forms(blocked).isdisjoint(phone_forms("11987654321", "MX"))
    assert block_forms(blocked).isdisjoint(phone_forms("+5211987654321", None))
    assert block_forms(blocked).isdisjoint(phone_forms("11987654322", "BR"))
    assert block_forms(blocked).isdisjoint(number_forms("11987654321")), "a document that reads the same"


def test_where_an_order_says_no_country_the_digits_decide() -> None:
    for blocked in (*BRAZILIAN, "11987654321"):
        assert not block_forms(blocked).isdisjoint(phone_forms("11987654321", None))
        assert block_forms(blocked).isdisjoint(phone_forms("21987654321", None))
    assert not block_forms("+254 712 345678").isdisjoint(phone_forms("0712345678", None))
    assert not block_forms("0712 345 678").isdisjoint(phone_forms("+254712345678", None))


@pytest.mark.parametrize("blocked", [*BRAZILIAN, "11987654321"])
def test_a_blocked_phone_has_one_key_in_every_spelling(blocked: str) -> None:
    assert (block_key(blocked) == block_key(BRAZILIAN[0])) == blocked.startswith(("+", "(", "＋"))
    assert block_key("5511987654321") == block_key(BRAZILIAN[0])
    for other in ("+44 (0)20 7946 0958", "(+44) 020 7946 0958", "[+44] 20 7946 0958"):
        assert block_key(other) == block_key("+442079460958")


# -- whatever is blocked ------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40) | st.text(
    string.digits + "+-. @xAa", min_size=1, max_size=40
)


@given(TEXTS)
def test_what_is_blocked_is_always_met_in_the_same_spelling(text: str) -> None:
    for forms in (number_forms(text), address_forms(text), word_forms(text), phone_forms(text, None)):
        assert not block_forms(text).isdisjoint(forms)
    for country in ("BR", "KE", "US"):
        assert not block_forms(text).isdisjoint(phone_forms(text, country))


@given(TEXTS)
def test_a_block_in_other_letters_blocks_what_it_did_before_there_were_forms(text: str) -> None:
    """Case did not count then, in anything; since then it does in addresses."""
    for other in {text.casefold(), text.lower(), text.upper()}:
        if other.casefold() == text.casefold():
            assert not block_forms(text).isdisjoint(number_forms(other))
            assert not block_forms(text).isdisjoint(word_forms(other))


# -- names --------------------------------------------------------------------------------------------------------

NAMES = ["José Álvarez", "Alice Lim", "Nguyễn Thị Hương", "Ana Straße", "山田 太郎", "Ångström", "علی رضا", "Ὀδυσσεύς"]


@st.composite
def spelt_name(draw: st.DrawFn, name: str) -> str:
    form = draw(st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
    written = ""
    for character in unicodedata.normalize(form, name):
        way = draw(st.sampled_from([str, str.casefold, str.upper, full_width]))
        written += draw(st.sampled_from(["", "", "", *INVISIBLE])) if character != " " else ""
        blanks = st.text(st.sampled_from(BLANKS), min_size=1, max_size=3)
        written += draw(blanks) if character == " " else way(character)
    return draw(st.sampled_from(["", *BLANKS])) + written + draw(st.sampled_from(["", *BLANKS, *INVISIBLE]))


@given(st.data(), st.sampled_from(NAMES))
def test_what_a_person_reads_as_one_name_is_one(data: st.DataObject, name: str) -> None:
    assert name_form(data.draw(spelt_name(name))) == name_form(name)


@each_row(
    ("one", "other"),
    list(
        itertools.combinations(
            [*NAMES, "Jose Alvarez", "José Alvarez", "JoséÁlvarez", "Alice Lin", "Alice Lim 2", "A Lim", "Ana Strase"],
            2,
        )
    ),
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert name_form(one) != name_form(other)


@given(TEXTS)
def test_a_form_is_its_own_form(text: str) -> None:
    assert name_form(name_form(text)) == name_form(text)
    assert number_forms(text) == number_forms(unicodedata.normalize("NFD", text))


@pytest.mark.parametrize("name", ["", " ", "\u200b", "\u3164\u00a0", "\u2060 \xad", "\u115f"])
def test_a_name_that_nobody_can_see_is_none(name: str) -> None:
    assert name_form(name) == ""
