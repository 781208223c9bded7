"""A person or a company that is paid: what an order says of them, in neutral form. Empty is what it does not say."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class PartyKind(StrEnum):
    INDIVIDUAL = "individual"
    BUSINESS = "business"


class DocumentKind(StrEnum):
    """Closed: a document that no API here knows cannot be ordered with."""

    TAX_ID = "tax_id"
    """A tax number, of whatever country."""
    NATIONAL_ID = "national_id"
    """An identity card, of whatever country."""
    UNNAMED = "unnamed"
    """A number of which the order does not say what it is."""
    PASSPORT = "passport"
    FOREIGNER_ID = "foreigner_id"
    """Of people who live in a country that is not theirs."""
    CPF = "cpf"  # Brazil
    CNPJ = "cnpj"
    DNI = "dni"  # Argentina, Peru
    CUIL = "cuil"
    CUIT = "cuit"
    RUC = "ruc"
    CC = "cc"  # Colombia
    NIT = "nit"
    RUT = "rut"  # Chile
    RUN = "run"
    CNIC = "cnic"  # Pakistan
    RRN = "rrn"  # Korea
    COMPANY = "company_registration"
    VERIFIED_CUSTOMER = "verified_customer"
    """No document but the merchant's own name for its customer, whose identity it has checked."""
    UNVERIFIED_CUSTOMER = "unverified_customer"


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: DocumentKind
    number: str = ""
    """Empty where only the kind is said."""


class Phone(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    calling_code: str = ""
    """Digits without +. Empty where the number is in the form of the country that is paid to."""
    number: str = ""


class Address(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    country: str = ""
    state: str = ""
    city: str = ""
    postal_code: str = ""
    line1: str = ""
    line2: str = ""


class Party(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`name` is the whole name where it was given as one, and says more than its two parts."""

    kind: PartyKind | None = None
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    birth_date: str = ""
    """YYYY-MM-DD."""
    nationality: str = ""
    email: str = ""
    phone: Phone | None = None
    address: Address | None = None
    documents: tuple[Document, ...] = ()

    @property
    def full_name(self) -> str:
        if self.name or not self.first_name:
            return self.name
        return f"{self.first_name} {self.last_name}"

    @property
    def document_kinds(self) -> frozenset[DocumentKind]:
        return frozenset(document.kind for document in self.documents)


NOBODY = Party()
"""Of whom nothing is said."""
