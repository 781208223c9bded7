"""The digest of an instruction covers all of it, and what it is computed from is readable for ever."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import (
    AccountKind,
    Bank,
    BankAccount,
    BankCode,
    BankCodeKind,
    CryptoAddress,
    KeyKind,
    PixKey,
)
from outlay.core.facts import Fact, FactKind
from outlay.core.ids import earliest_id
from outlay.core.instruction import Instruction, canonical, digest_of, instruction_of, look_at_digest
from outlay.core.life import order
from outlay.core.origin import Origin, Remarks
from outlay.core.party import Address, Document, DocumentKind, Party, PartyKind, Phone
from outlay.core.seals import Seal, SealKey, look_at_fact, seal_of, unpacked
from tests.core.payout_stories import ACCOUNT, NOW_MS, TERMS, WHAT, accept

KEY = SealKey(bytes(range(32)))
SMALL = Instruction(
    account_id=UUID(int=1),
    payout_id=7,
    reference="R-1",
    currency="BRL",
    amount_minor=100,
    fee_minor=7,
    fee_fixed_minor=2,
    fee_rate_ppm=50_000,
    beneficiary=Beneficiary(destination=PixKey(key="ana@example.com")),
    created_ms=1,
)
FULL = replace(
    SMALL,
    batch_id=6,
    ordered_by='Ana "A" Müller',
    beneficiary=Beneficiary(
        destination=BankAccount(
            country="BR",
            bank=Bank(
                name="B",
                code="2",
                swift="3",
                codes=(BankCode(BankCodeKind.ABA, "4"),),
                branch_name="N",
                branch_code="5",
                province="P",
                city="C",
            ),
            number="1",
            iban="I",
            interbank_number="6",
            key_kind=KeyKind.ANY,
            account_kind=AccountKind.SAVINGS,
            purpose_code="7",
        ),
        party=Party(
            kind=PartyKind.INDIVIDUAL,
            name="João da Silva",
            first_name="João",
            last_name="da Silva",
            birth_date="1991-03-07",
            nationality="BR",
            email="j@example.com",
            phone=Phone(calling_code="55", number="119"),
            address=Address(country="BR", state="SP", city="São Paulo", postal_code="0", line1="l", line2="m"),
            documents=(Document(DocumentKind.CPF, "11144477735"),),
        ),
        others={"b": "2", "a": "1"},
    ),
    remarks=Remarks(
        description="d",
        product_name="p",
        statement_descriptor="s",
        internal_note="n",
        purpose="u",
        method="m",
        method_group="g",
        network="w",
        others={"x": "y"},
    ),
    notify_url="https://m.example/",
    origin=Origin("lesspay", "k"),
    expires_ms=9,
)
# Pinned for ever: whoever must change one of these needs a form of another number, beside this one.
SMALL_TEXT = (
    '{"account_id":"00000000-0000-0000-0000-000000000001","amount_minor":100,"beneficiary":{"destination"'
    ':{"key":"ana@example.com","kind":"pix"}},"created_ms":1,"currency":"BRL","fee_fixed_minor":2,"fee_mi'
    'nor":7,"fee_rate_ppm":50000,"payout_id":7,"reference":"R-1"}'
)
FULL_TEXT = (
    '{"account_id":"00000000-0000-0000-0000-000000000001","amount_minor":100,"batch_id":6,"beneficiary":{'
    '"destination":{"account_kind":"savings","bank":{"branch_code":"5","branch_name":"N","city":"C","code'
    '":"2","codes":[{"kind":"aba","value":"4"}],"name":"B","province":"P","swift":"3"},"country":"BR","ib'
    'an":"I","interbank_number":"6","key_kind":"any","kind":"bank","number":"1","purpose_code":"7"},"othe'
    'rs":{"a":"1","b":"2"},"party":{"address":{"city":"São Paulo","country":"BR","line1":"l","line2":"m",'
    '"postal_code":"0","state":"SP"},"birth_date":"1991-03-07","documents":[{"kind":"cpf","number":"11144'
    '477735"}],"email":"j@example.com","first_name":"João","kind":"individual","last_name":"da Silva","na'
    'me":"João da Silva","nationality":"BR","phone":{"calling_code":"55","number":"119"}}},"created_ms":1'
    ',"currency":"BRL","expires_ms":9,"fee_fixed_minor":2,"fee_minor":7,"fee_rate_ppm":50000,"notify_url"'
    ':"https://m.example/","ordered_by":"Ana \\"A\\" Müller","origin":{"dialect":"lesspay","key_id":"k"},"p'
    'ayout_id":7,"reference":"R-1","remarks":{"description":"d","internal_note":"n","method":"m","method_'
    'group":"g","network":"w","others":{"x":"y"},"product_name":"p","purpose":"u","statement_descriptor":'
    '"s"}}'
)
SMALL_DIGEST = "1:2f01cb7347cd479e0609bcbd82aa6e1ceb88dfca183bad7643e0a6e5885a1dfd"
FULL_DIGEST = "1:131a1edaf842575a89d6b5b300a491865f90921d2b0ee3a2da97409e05ccb1b7"
FACT_SEAL = "5b2e53ab251f9b88e36bb125ba8a9047"


@pytest.mark.parametrize(
    ("instruction", "text", "digest"), [(SMALL, SMALL_TEXT, SMALL_DIGEST), (FULL, FULL_TEXT, FULL_DIGEST)]
)
def test_the_first_form_and_its_digest_are_what_they_always_were(
    instruction: Instruction, text: str, digest: str
) -> None:
    assert canonical(instruction) == text.encode()
    assert digest_of(instruction, KEY) == digest
    assert look_at_digest(instruction, digest, KEY) is Seal.WHOLE


def test_a_message_is_authenticated_as_the_standard_says() -> None:
    for message in (b"", b"m", b"m" * 1_000):
        assert KEY.mac(message) == hmac.digest(bytes(range(32)), message, "sha256")


def changed(value: Any) -> Iterator[Any]:
    """With one change, anywhere in it; whatever can be left out, left out as well."""
    match value:
        case msgspec.Struct():
            for name in value.__struct_fields__:
                yield from (replace(value, **{name: other}) for other in changed(getattr(value, name)))
        case StrEnum():
            yield next(other for other in type(value) if other is not value)
        case UUID():
            yield UUID(int=value.int + 1)
        case int():
            yield value + 1
        case str():
            yield value + "x"
        case dict():
            yield value | {"new": ""}
            yield {}
        case (one,):
            yield from ((other,) for other in changed(one))
            yield (one, one)
            yield ()
        case _:
            raise AssertionError(value)


def test_a_change_in_any_field_of_it_is_seen() -> None:
    digest = digest_of(FULL, KEY)
    others = list(changed(FULL))
    others += [replace(FULL, **{name: None}) for name in ("batch_id", "expires_ms", "notify_url", "origin")]
    to = FULL.beneficiary
    others += [
        replace(FULL, beneficiary=replace(to, destination=CryptoAddress(address="1"))),
        replace(FULL, beneficiary=replace(to, party=replace(to.party, name="João da Silv", first_name="aJoão"))),
    ]
    assert len(others) > 50
    assert {look_at_digest(other, digest, KEY) for other in others} == {Seal.BROKEN}
    assert len({digest_of(other, KEY) for other in others}) == len(others)


def test_another_key_another_payouts_digest_and_an_unknown_form_are_seen() -> None:
    digest = digest_of(FULL, KEY)
    assert look_at_digest(FULL, digest, SealKey(b"z" * 32)) is Seal.BROKEN
    assert look_at_digest(FULL, digest_of(SMALL, KEY), KEY) is Seal.BROKEN
    assert look_at_digest(FULL, f"2:{digest[2:]}", KEY) is Seal.BROKEN
    assert look_at_digest(FULL, "", KEY) is Seal.BROKEN


def test_only_what_is_older_than_the_key_may_have_no_digest() -> None:
    made_ms = 1_700_000_000_000
    made = replace(FULL, payout_id=earliest_id(made_ms), created_ms=1)
    assert look_at_digest(made, None, SealKey(b"z" * 32, made_ms + 1)) is Seal.OLDER
    assert look_at_digest(made, None, SealKey(b"z" * 32, made_ms)) is Seal.MISSING, "whatever its row says of its time"
    assert look_at_digest(FULL, digest_of(SMALL, KEY), SealKey(b"z" * 32, 10**15)) is Seal.BROKEN


def test_an_instruction_has_every_field_of_a_payout_that_never_changes() -> None:
    payout = accept(order(WHAT, ACCOUNT, TERMS, 42, NOW_MS, batch_id=41, ordered_by="ana", seal_key=KEY)).payout
    held = instruction_of(payout)
    same = {name for name in Instruction.__struct_fields__ if not name.startswith("fee_")}
    assert {name: getattr(held, name) for name in same} == {name: getattr(payout, name) for name in same}
    assert (held.fee_minor, held.fee_fixed_minor, held.fee_rate_ppm) == msgspec.structs.astuple(payout.fee)
    moving = {
        "fee", "rail", "state", "review", "rail_reference", "receipt_url", "failure", "completed_ms", "returned_minor",
        "returns", "attempts", "fact_count", "case_count", "cases", "pending", "epoch",
    }  # fmt: skip
    assert set(type(payout).__struct_fields__) == same | moving, "a new field is instructed, or it moves"


def records_in(kind: Any) -> set[Any]:
    info = msgspec.inspect.type_info(kind)
    found: set[Any] = set()

    def look(each: Any) -> None:
        if isinstance(each, msgspec.inspect.StructType) and each.cls not in found:
            found.add(each.cls)
            for field in each.fields:
                look(field.type)
        for name in ("types", "item_types"):
            for inner in getattr(each, name, ()):
                look(inner)
        for name in ("item_type", "key_type", "value_type"):
            if (one := getattr(each, name, None)) is not None:
                look(one)

    look(info)
    return found


def test_every_record_in_it_leaves_out_its_defaults_so_that_a_field_that_is_added_changes_no_digest() -> None:
    found = records_in(Instruction)
    assert {Instruction, Beneficiary} <= found
    assert all(kind.__struct_config__.omit_defaults for kind in found)


def test_a_seal_covers_every_part_of_its_fact() -> None:
    fact = Fact(3, FactKind.PAID, 5, {"b": "2", "a": "1"})
    seal = seal_of(KEY, UUID(int=1), 7, fact)
    assert seal.hex() == FACT_SEAL
    assert seal == seal_of(KEY, UUID(int=1), 7, replace(fact, data={"a": "1", "b": "2"})), "in any order of its names"
    assert look_at_fact(KEY, UUID(int=1), 7, fact, seal) is Seal.WHOLE
    others: list[dict[str, Any]] = [
        {"number": 4},
        {"kind": FactKind.FAILED},
        {"at_ms": 6},
        {"data": {"a": "1", "b": "3"}},
        {"data": {"a": "1"}},
        {"data": {}},
    ]
    for other in others:
        assert look_at_fact(KEY, UUID(int=1), 7, replace(fact, **other), seal) is Seal.BROKEN, other
    assert look_at_fact(KEY, UUID(int=2), 7, fact, seal) is Seal.BROKEN
    assert look_at_fact(KEY, UUID(int=1), 8, fact, seal) is Seal.BROKEN
    assert look_at_fact(SealKey(b"z" * 32), UUID(int=1), 7, fact, seal) is Seal.BROKEN
    assert look_at_fact(KEY, UUID(int=1), 7, fact, None) is Seal.MISSING


def test_a_fact_without_a_seal_is_older_than_the_key_only_as_its_payout_is() -> None:
    made_ms = 1_700_000_000_000
    fact, payout_id = Fact(2, FactKind.PAID, made_ms + 5, {}), earliest_id(made_ms)
    assert look_at_fact(SealKey(b"z" * 32, made_ms + 6), UUID(int=1), payout_id, fact, None) is Seal.OLDER
    assert look_at_fact(SealKey(b"z" * 32, made_ms + 5), UUID(int=1), payout_id, fact, None) is Seal.MISSING
    early = replace(fact, at_ms=1)
    assert look_at_fact(SealKey(b"z" * 32, made_ms), UUID(int=1), payout_id, early, None) is Seal.MISSING


def test_a_key_never_shows_itself_and_comes_back_as_it_was_kept() -> None:
    key = SealKey(bytes(range(32)), 5)
    assert "***" in repr(key)
    again = unpacked(key.packed())
    assert (again.since_ms, again.mac(b"m")) == (5, key.mac(b"m"))
    for wrong in (b"", key.packed()[:-1], key.packed() + b"x"):
        with pytest.raises(ValueError, match="no key"):
            unpacked(wrong)
    with pytest.raises(ValueError, match="32 bytes"):
        SealKey(b"short")
