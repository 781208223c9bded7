"""The beneficiary of a single payout: LessPay's fields of it, and what each is in neutral form, both ways by the same
tables. A batch has fields of its own, and of these the party, the keys and the wallets.

Not kept as they were said: a day of birth in the other spelling (YYYY-MM-DD is kept), a name that is only the two parts
of it, a PIX key that stands in both of its fields, and the case in which a provider is spelt PIX.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from outlay.core.beneficiary import OWN_ACCOUNT, Beneficiary
from outlay.core.destination import (
    AccountHere,
    AccountKind,
    Bank,
    BankAccount,
    BankCode,
    BankCodeKind,
    Card,
    CryptoAddress,
    KeyKind,
    OwnAccount,
    PixKey,
    Wallet,
)
from outlay.core.party import Address, Document, DocumentKind, Party, PartyKind, Phone
from outlay.core.pix import PixKeyKind
from outlay.dialects.lesspay import schema
from outlay.dialects.lesspay.values.fields import Fields, Names, nested, take_texts, texts_of
from outlay.dialects.lesspay.values.numbers import (
    is_brazilian_tax_id,
    is_pix_key,
    is_valid_iban,
    is_valid_wallet_address,
)
from outlay.wire.fields import Content, FieldReader

_Parts = dict[str, dict[str, Any]]

PARTY: Final[Names] = {
    "first_name": "first_name",
    "last_name": "last_name",
    "date_of_birth": "birth_date",
    "email": "email",
    "nationality": "nationality",
}
DOCUMENTS: Final = {"tax_id": DocumentKind.TAX_ID, "national_id": DocumentKind.NATIONAL_ID}
PHONE: Final[Names] = {"phone.calling_code": "calling_code", "phone.number": "number"}
ADDRESS: Final[Names] = {
    f"address.{name}": name for name in ("country", "state", "city", "postal_code", "line1", "line2")
}
BANK: Final[Names] = {
    "bank.bank_name": "name",
    "bank.bank_province": "province",
    "bank.bank_city": "city",
    "bank.branch_name": "branch_name",
    "bank_codes.bank_code": "code",
    "bank_codes.swift_code": "swift",
    "bank_codes.branch_code": "branch_code",
}
BANK_CODES: Final = {
    "bank_codes.ifsc_code": BankCodeKind.IFSC,
    "bank_codes.aba_code": BankCodeKind.ABA,
    "bank_codes.sort_code": BankCodeKind.SORT_CODE,
    "bank_codes.bsb_code": BankCodeKind.BSB,
    "bank_codes.cnaps": BankCodeKind.CNAPS,
}
BANK_ACCOUNT: Final[Names] = {
    "bank.account_number": "number",
    "bank.iban": "iban",
    "bank.country": "country",
    "bank.purpose_code": "purpose_code",
}
WALLET: Final[Names] = {"e_wallet.account_number": "number", "e_wallet.deposit_key": "key"}
KEY_KINDS: Final = {
    "cpf": KeyKind.CPF,
    "cnpj": KeyKind.CNPJ,
    "email": KeyKind.EMAIL,
    "phone": KeyKind.PHONE,
    "random": KeyKind.RANDOM,
    "pix_key": KeyKind.ANY,
    "upi_handle": KeyKind.HANDLE,
}
_KEY_WORDS: Final = {kind: word for word, kind in KEY_KINDS.items()}
_PIX_KINDS: Final = {
    "cpf": PixKeyKind.CPF,
    "cnpj": PixKeyKind.CNPJ,
    "email": PixKeyKind.EMAIL,
    "phone": PixKeyKind.PHONE,
    "random": PixKeyKind.EVP,  # LessPay's word for an EVP (vendor code)
}
_PARTY_KINDS: Final = {kind.value: kind for kind in PartyKind}
_ACCOUNT_KINDS: Final = {kind.value: kind for kind in AccountKind}


def _places(**tables: Names) -> dict[str, tuple[str, str]]:
    """By field: the struct that it belongs to, and its name there."""
    return {field: (part, neutral) for part, names in tables.items() for field, neutral in names.items()}


_OF_PARTY: Final = _places(party=PARTY, phone=PHONE, address=ADDRESS)
_OF_ACCOUNT: Final = _places(account=BANK_ACCOUNT, bank=BANK)


def read_beneficiary(reader: FieldReader, currency: str, strict: bool) -> Beneficiary:
    """The beneficiary; with faults noted, whatever could be read of it."""
    outer = reader.object("beneficiary")
    holder = outer.text("beneficiary_type", choices=schema.HOLDERS)
    details: dict[str, str] = {}
    destination = outer.object("destination")
    kind = destination.text("type", choices=schema.DESTINATION_TYPES)
    info = outer.object("beneficiary_info")
    name = _read_info(info, details)
    if strict and currency == "BRL" and "tax_id" in details and not is_brazilian_tax_id(details["tax_id"]):
        info.fault("tax_id", schema.TAX_ID_RULE)
    if kind in schema.BANK_TYPES:
        return _read_bank(destination.object("bank"), holder, name, details, strict)
    if kind == "ewallet":
        return _read_e_wallet(destination.object("e_wallet"), holder, name, details, strict)
    if kind == "crypto_wallet":
        return _read_crypto(destination.object("crypto_wallet"), holder, name, details, strict)
    return OWN_ACCOUNT  # never used: the type is a fault that is noted already


def write_beneficiary(beneficiary: Beneficiary) -> Fields | None:
    """The object `beneficiary`; None where this API has no such destination."""
    destination = _write_destination(beneficiary)
    if destination is None:
        return None
    whole = {"name": beneficiary.party.name} if beneficiary.party.name else {}
    return {
        "beneficiary_type": beneficiary.holder,
        "beneficiary_info": whole | nested(_write_info(beneficiary)),
        "destination": destination,
    }


# -- the party --------------------------------------------------------------------------------------------------------


def _read_info(info: FieldReader, details: dict[str, str]) -> str:
    """The holder's name; what else is known of them goes into `details`. The date of birth is never required: a comment
    demands it for a person with a wallet, but the demo's own bodies leave it out (vendor code; decision)."""
    name = info.text("name", required=False)
    first = info.text("first_name", required=False)
    last = info.text("last_name", required=False)
    if not info.has("name") and not (info.has("first_name") and info.has("last_name")):  # (decision)
        info.fault("name", "or first_name and last_name are required", missing=True)
    if first:
        details["first_name"] = first
    if last:
        details["last_name"] = last
    take_texts(info, schema.INFO_FIELDS, "", details)
    born = info.text("date_of_birth", required=False)
    if born and not _is_date(born):
        info.fault("date_of_birth", "must be a date, YYYY-MM-DD or DD-MM-YYYY")
    elif born:
        details["date_of_birth"] = born
    for part, fields in (("phone", schema.PHONE_FIELDS), ("address", schema.ADDRESS_FIELDS)):
        if info.has(part):
            take_texts(info.object(part), fields, f"{part}.", details)
    return name or f"{first} {last}"


def _write_info(beneficiary: Beneficiary) -> Mapping[str, str]:
    party = beneficiary.party
    fields = texts_of(PARTY, party)
    fields |= {name: held.number for held in party.documents for name, kind in DOCUMENTS.items() if held.kind is kind}
    return fields | texts_of(PHONE, party.phone) | texts_of(ADDRESS, party.address)


def party_of(holder: str, name: str, details: Mapping[str, str]) -> Party:
    said: _Parts = {"party": {}, "phone": {}, "address": {}}
    _sort(details, _OF_PARTY, said)
    party, phone, address = said["party"], said["phone"], said["address"]
    if "birth_date" in party:
        party["birth_date"] = _day(party["birth_date"])
    return Party(
        kind=_PARTY_KINDS.get(holder),
        name="" if name == f"{party.get('first_name')} {party.get('last_name')}" else name,
        phone=Phone(**phone) if phone else None,
        address=Address(**address) if address else None,
        documents=tuple([Document(kind, details[field]) for field, kind in DOCUMENTS.items() if field in details]),
        **party,
    )


def _is_date(text: str) -> bool:
    for form in schema.DATE_FORMS:
        if found := form.fullmatch(text):
            try:
                date(int(found["year"]), int(found["month"]), int(found["day"]))
            except ValueError:
                return False
            return True
    return False


def _day(text: str) -> str:
    """A date of either form, as YYYY-MM-DD; of a wrong one, whose fault is noted, whatever it says."""
    if text[4:5] == "-":
        return text
    day, _, rest = text.partition("-")
    month, _, year = rest.partition("-")
    return f"{year}-{month}-{day}"


# -- the destination --------------------------------------------------------------------------------------------------


def _read_bank(bank: FieldReader, holder: str, name: str, details: dict[str, str], strict: bool) -> Beneficiary:
    take_texts(bank, schema.BANK_FIELDS, "bank.", details)
    if not bank.has("account_number") and not bank.has("iban"):
        bank.fault("account_number", "or iban is required", missing=True)
    if strict and "bank.iban" in details and not is_valid_iban(details["bank.iban"]):
        bank.fault("iban", schema.IBAN_RULE)
    if bank.has("bank_codes"):
        take_texts(bank.object("bank_codes"), schema.BANK_CODE_FIELDS, "bank_codes.", details)
    return Beneficiary(destination=_bank_account_of(details), party=party_of(holder, name, details))


def _read_e_wallet(wallet: FieldReader, holder: str, name: str, details: dict[str, str], strict: bool) -> Beneficiary:
    """A wallet, or a PIX key: both come as `e_wallet`, told apart by the provider (vendor code)."""
    provider = wallet.text("ewallet_provider")
    take_texts(wallet, schema.E_WALLET_FIELDS, "e_wallet.", details)
    if not wallet.has("account_number") and not wallet.has("deposit_key"):
        wallet.fault("account_number", "or deposit_key is required", missing=True)
    account_number = details.get("e_wallet.account_number") or details.get("e_wallet.deposit_key", "")
    is_pix = provider.upper() == schema.PIX_PROVIDER
    if is_pix:
        _check_pix_key(wallet, account_number, details, strict)
    word = details.get("e_wallet.account_type")
    return Beneficiary(
        destination=pix_key_of(account_number, provider, word) if is_pix else wallet_of(provider, word, details),
        party=party_of(holder, name, details),
    )


def _read_crypto(wallet: FieldReader, holder: str, name: str, details: dict[str, str], strict: bool) -> Beneficiary:
    address = wallet.text("wallet_address", longest=schema.ACCOUNT_LONGEST, content=Content.NUMBER)
    network = wallet.text("network", choices=schema.NETWORKS)
    if strict and address and network and not is_valid_wallet_address(network, address):
        wallet.fault("wallet_address", "must be an address of the network in network")
    return Beneficiary(
        destination=CryptoAddress(address=address, network=network), party=party_of(holder, name, details)
    )


def _write_destination(beneficiary: Beneficiary) -> Fields | None:
    place = beneficiary.destination
    match place:
        case BankAccount():
            fields = texts_of(BANK_ACCOUNT, place) | texts_of(BANK, place.bank)
            if place.account_kind is not None:
                fields["bank.account_type"] = place.account_kind.value
            for code in place.bank.codes if place.bank is not None else ():
                fields |= {name: code.value for name, kind in BANK_CODES.items() if code.kind is kind}
            parts = nested(fields)
            codes = parts.pop("bank_codes", None)
            return {"type": "bank", "bank": parts["bank"] | ({"bank_codes": codes} if codes else {})}
        case PixKey():
            wallet = {"ewallet_provider": place.provider or schema.PIX_PROVIDER, "account_number": place.key}
            return {"type": "ewallet", "e_wallet": wallet | key_word("account_type", place.key_kind)}
        case Wallet():
            wallet = {"ewallet_provider": place.provider, **nested(texts_of(WALLET, place))["e_wallet"]}
            return {"type": "ewallet", "e_wallet": wallet | key_word("account_type", place.key_kind)}
        case CryptoAddress():
            wallet = {"wallet_address": place.address, "network": place.network}
            return {"type": "crypto_wallet", "crypto_wallet": wallet}
        case Card() | OwnAccount() | AccountHere():
            return None


def _bank_account_of(details: Mapping[str, str]) -> BankAccount:
    said: _Parts = {"account": {}, "bank": {}}
    _sort(details, _OF_ACCOUNT, said)
    codes = tuple([BankCode(kind, details[field]) for field, kind in BANK_CODES.items() if field in details])
    return BankAccount(
        bank=Bank(codes=codes, **said["bank"]) if codes or said["bank"] else None,
        account_kind=_ACCOUNT_KINDS.get(details.get("bank.account_type", "")),
        **said["account"],
    )


def wallet_of(provider: str, word: str | None, details: Mapping[str, str], country: str = "") -> Wallet:
    named: dict[str, Any] = {WALLET[field]: details[field] for field in WALLET if field in details}
    return Wallet(provider=provider, key_kind=KEY_KINDS.get(word or ""), country=country, **named)


# -- keys -------------------------------------------------------------------------------------------------------------


def _check_pix_key(wallet: FieldReader, key: str, details: dict[str, str], strict: bool) -> None:
    """The key, of the kind that `account_type` names; in account_number (vendor code) or deposit_key."""
    kind = details.get("e_wallet.account_type")
    if kind is None:
        if not wallet.has("account_type"):
            wallet.fault("account_type", "is required for PIX", missing=True)
    elif key and not is_pix_key([_PIX_KINDS[kind]], key, strict=strict):
        named = "account_number" if "e_wallet.account_number" in details else "deposit_key"
        wallet.fault(named, "must be a PIX key of the kind in account_type")
    check_key_twice(wallet, key, details.get("e_wallet.deposit_key"))


def check_key_twice(wallet: FieldReader, key: str, deposit_key: str | None) -> None:
    """A PIX key may stand in both of its fields; two different ones would leave open who is paid (decision)."""
    if deposit_key is not None and deposit_key != key:
        wallet.fault("deposit_key", "must equal account_number for PIX")


def pix_key_of(key: str, provider: str, word: str | None, country: str = "") -> PixKey:
    other = "" if provider.upper() == schema.PIX_PROVIDER else provider
    return PixKey(key=key, key_kind=KEY_KINDS.get(word or ""), provider=other, country=country)


def key_word(field: str, kind: KeyKind | None) -> dict[str, str]:
    return {field: _KEY_WORDS[kind]} if kind is not None else {}


def _sort(details: Mapping[str, str], places: Mapping[str, tuple[str, str]], into: _Parts) -> None:
    """One pass over what was said: this is the hot path, and most fields are left out."""
    for field, text in details.items():
        if place := places.get(field):
            into[place[0]][place[1]] = text
