"""PIX keys: good and bad ones of every kind."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.core.pix import (
    PixKeyKind,
    canonical_pix_key,
    has_pix_key_form,
    is_valid_cnpj,
    is_valid_cpf,
    is_valid_pix_key,
)
from tests.support.rows import each_row

GOOD = [
    (PixKeyKind.CPF, "11144477735"),
    (PixKeyKind.CPF, "52998224725"),
    (PixKeyKind.CPF, "39053344705"),
    (PixKeyKind.CPF, "00000000191"),
    (PixKeyKind.CNPJ, "11222333000181"),
    (PixKeyKind.CNPJ, "11444777000161"),
    (PixKeyKind.CNPJ, "00000000000191"),
    (PixKeyKind.CNPJ, "12ABC34501DE35"),
    (PixKeyKind.PHONE, "+5511987654321"),
    (PixKeyKind.PHONE, "+5521912345678"),
    (PixKeyKind.EMAIL, "maria@example.com"),
    (PixKeyKind.EMAIL, "Maria.Oliveira+pix@Sub-domain.Example.com.br"),
    (PixKeyKind.EMAIL, "a@b.co"),
    (PixKeyKind.EMAIL, "a" * 65 + "@example.com"),
    (PixKeyKind.EVP, "123e4567-e89b-12d3-a456-426614174000"),
    (PixKeyKind.EVP, "123E4567-E89B-42D3-A456-426614174000"),
]
BAD = [
    (PixKeyKind.CPF, "11144477734"),
    (PixKeyKind.CPF, "11144477753"),
    (PixKeyKind.CPF, "111.444.777-35"),
    (PixKeyKind.CPF, "1114447773"),
    (PixKeyKind.CPF, "111444777350"),
    (PixKeyKind.CPF, "1114447773A"),
    *[(PixKeyKind.CPF, str(digit) * 11) for digit in range(10)],
    (PixKeyKind.CNPJ, "11222333000180"),
    (PixKeyKind.CNPJ, "11.222.333/0001-81"),
    (PixKeyKind.CNPJ, "1122233300018"),
    (PixKeyKind.CNPJ, "12abc34501de35"),
    (PixKeyKind.CNPJ, "12ABC34501DE36"),
    (PixKeyKind.CNPJ, "12ABC34501DE3A"),
    *[(PixKeyKind.CNPJ, str(digit) * 14) for digit in range(10)],
    (PixKeyKind.PHONE, "5511987654321"),
    (PixKeyKind.PHONE, "11987654321"),
    (PixKeyKind.PHONE, "+551198765432"),
    (PixKeyKind.PHONE, "+55119876543210"),
    (PixKeyKind.PHONE, "+55 11 98765-4321"),
    (PixKeyKind.PHONE, "+1 5551234567"),
    (PixKeyKind.EMAIL, "maria.example.com"),
    (PixKeyKind.EMAIL, "maria@@example.com"),
    (PixKeyKind.EMAIL, "maria@home@example.com"),
    (PixKeyKind.EMAIL, "@example.com"),
    (PixKeyKind.EMAIL, "maria@"),
    (PixKeyKind.EMAIL, "maria@example"),
    (PixKeyKind.EMAIL, "maria@.com"),
    (PixKeyKind.EMAIL, "maria@example..com"),
    (PixKeyKind.EMAIL, "maria@example.com."),
    (PixKeyKind.EMAIL, "maria@-example.com"),
    (PixKeyKind.EMAIL, "maria oliveira@example.com"),
    (PixKeyKind.EMAIL, "josé@example.com"),
    (PixKeyKind.EMAIL, "maria@exämple.com"),
    (PixKeyKind.EMAIL, '"maria"@example.com'),
    (PixKeyKind.EMAIL, "<maria@example.com>"),
    (PixKeyKind.EMAIL, "a" * 66 + "@example.com"),
    (PixKeyKind.EVP, "123e4567e89b12d3a456426614174000"),
    (PixKeyKind.EVP, "{123e4567-e89b-12d3-a456-426614174000}"),
    (PixKeyKind.EVP, "urn:uuid:123e4567-e89b-12d3-a456-426614174000"),
    (PixKeyKind.EVP, "123e4567-e89b-12d3-a456-42661417400g"),
    (PixKeyKind.EVP, "123e4567-e89b-12d3-a4564-26614174000"),
    *[(kind, "") for kind in PixKeyKind],
]


@each_row(("kind", "text"), GOOD)
def test_a_good_key_is_accepted(kind: PixKeyKind, text: str) -> None:
    assert is_valid_pix_key(kind, text)


@each_row(("kind", "text"), BAD)
def test_a_bad_key_is_refused(kind: PixKeyKind, text: str) -> None:
    assert not is_valid_pix_key(kind, text)
    with pytest.raises(ValueError, match="not a PIX key"):
        canonical_pix_key(kind, text)


@each_row(("kind", "text"), GOOD)
def test_a_key_has_the_form_of_the_given_kind_alone(kind: PixKeyKind, text: str) -> None:
    for other in PixKeyKind:
        assert has_pix_key_form(other, text) is (other is kind)


@each_row(("kind", "text"), GOOD)
def test_a_key_is_of_the_given_kind_alone(kind: PixKeyKind, text: str) -> None:
    for other in PixKeyKind:
        assert is_valid_pix_key(other, text) is (other is kind)


@each_row("extra", [" ", "\t", "\n", "\r\n", "\x00", "\x7f", "\u00a0", "\u200b", "\u3000", "\ufeff", "\ud800"])
def test_blanks_and_control_characters_are_refused_anywhere(extra: str) -> None:
    for kind, text in GOOD:
        for place in (0, len(text) // 2, len(text)):
            assert not is_valid_pix_key(kind, text[:place] + extra + text[place:]), kind


@each_row(("kind", "text"), GOOD)
def test_full_width_and_foreign_digits_are_refused(kind: PixKeyKind, text: str) -> None:
    wide = "".join(chr(ord(character) + 0xFEE0) for character in text)
    assert unicodedata.normalize("NFKC", wide) == text
    assert not is_valid_pix_key(kind, wide)
    assert not is_valid_pix_key(kind, wide[0] + text[1:])
    arabic = text.translate({ord("0") + digit: chr(0x0660 + digit) for digit in range(10)})
    assert arabic == text or not is_valid_pix_key(kind, arabic)


def test_letters_that_lower_to_ascii_do_not_make_a_key_good() -> None:
    kelvin = "mar\u212a@example.com"
    assert kelvin.lower() == "mark@example.com"
    with pytest.raises(ValueError, match="not a PIX key"):
        canonical_pix_key(PixKeyKind.EMAIL, kelvin)


def test_addresses_and_random_keys_compare_in_lower_case_and_others_as_they_stand() -> None:
    assert canonical_pix_key(PixKeyKind.EMAIL, "Maria@Example.COM") == "maria@example.com"
    assert canonical_pix_key(PixKeyKind.EVP, GOOD[-1][1]) == GOOD[-1][1].lower()
    assert canonical_pix_key(PixKeyKind.CNPJ, "12ABC34501DE35") == "12ABC34501DE35"
    assert canonical_pix_key(PixKeyKind.PHONE, "+5511987654321") == "+5511987654321"


def check_digits(body: str) -> str:
    """Modulo 11, told a second time: weights 2, 3, 4 … from the right; a CNPJ's weights begin again after 9."""
    highest = 11 if len(body) == 9 else 9
    for _ in range(2):
        weights = [2 + place % (highest - 1) for place in range(len(body))]
        rest = (
            sum((ord(character) - 48) * weight for character, weight in zip(reversed(body), weights, strict=True)) % 11
        )
        body += str(11 - rest if rest > 1 else 0)
    return body[-2:]


@given(st.text("0123456789", min_size=9, max_size=9).filter(lambda body: len(set(body)) > 1), st.integers(0, 99))
def test_a_cpf_has_one_good_pair_of_check_digits(body: str, other: int) -> None:
    good = check_digits(body)
    assert is_valid_cpf(body + good)
    assert is_valid_cpf(f"{body}{other:02d}") is (f"{other:02d}" == good)


@given(
    st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12).filter(lambda body: len(set(body)) > 1),
    st.integers(0, 99),
)
def test_a_cnpj_has_one_good_pair_of_check_digits_also_with_letters(body: str, other: int) -> None:
    good = check_digits(body)
    assert is_valid_cnpj(body + good)
    assert is_valid_cnpj(f"{body}{other:02d}") is (f"{other:02d}" == good)


@given(st.sampled_from(PixKeyKind), st.text(max_size=90))
def test_any_text_gets_an_answer_and_a_good_one_is_short_plain_ascii(kind: PixKeyKind, text: str) -> None:
    if is_valid_pix_key(kind, text):
        assert text.isascii()
        assert text.isprintable()
        assert len(text) <= 77


@given(st.uuids(), st.booleans())
def test_every_uuid_is_a_random_key_and_its_canonical_form_is_a_fixpoint(key: object, upper: bool) -> None:
    text = str(key).upper() if upper else str(key)
    once = canonical_pix_key(PixKeyKind.EVP, text)
    assert once == str(key)
    assert canonical_pix_key(PixKeyKind.EVP, once) == once


# -- the form alone ---------------------------------------------------------------------------------------------------

_WRONG_DIGITS_ONLY = [
    (PixKeyKind.CPF, "11144477734"),
    (PixKeyKind.CPF, "12345678901"),
    (PixKeyKind.CPF, "1" * 11),
    (PixKeyKind.CNPJ, "11222333000180"),
    (PixKeyKind.CNPJ, "12ABC34501DE36"),
    (PixKeyKind.CNPJ, "0" * 14),
]


@pytest.mark.parametrize(("kind", "text"), _WRONG_DIGITS_ONLY)
def test_wrong_check_digits_are_no_matter_of_the_form(kind: PixKeyKind, text: str) -> None:
    assert has_pix_key_form(kind, text)
    assert not is_valid_pix_key(kind, text)


@each_row(
    ("kind", "text"),
    [
        (PixKeyKind.CPF, "1114447773"),
        (PixKeyKind.CPF, "111.444.777-35"),
        (PixKeyKind.CPF, "１１１４４４７７７３５"),
        (PixKeyKind.CNPJ, "1122233300018"),
        (PixKeyKind.CNPJ, "12abc34501de35"),
        (PixKeyKind.CNPJ, "12ABC34501DE3A"),
        (PixKeyKind.PHONE, "+551198765432"),
        (PixKeyKind.EMAIL, "maria@@example.com"),
        (PixKeyKind.EMAIL, "m" * 66 + "@example.com"),
        (PixKeyKind.EVP, "123e4567e89b12d3a456426614174000"),
    ],
)
def test_another_form_is_told(kind: PixKeyKind, text: str) -> None:
    assert not has_pix_key_form(kind, text)
