"""People who are known here, as documents.

The trap: one of them holds a key. It is made only for whoever shows the key at once, and is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from outlay.core.people import Keyed, KnownPerson, Role
from outlay.present.values import utc_json


class PersonDocument(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    role: Role
    added_at: str
    key_at: str
    disabled_at: str | None


class PersonListDocument(msgspec.Struct, frozen=True, kw_only=True):
    users: tuple[PersonDocument, ...]


class KeyDocument(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    role: Role
    key: str


class PersonDisabledDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`changed`: whether that is new."""

    name: str
    result: str = "disabled"
    changed: bool


def person_list_document(people: Iterable[KnownPerson]) -> PersonListDocument:
    return PersonListDocument(users=tuple(map(_person_document, people)))


def _person_document(person: KnownPerson) -> PersonDocument:
    return PersonDocument(
        name=person.name,
        role=person.role,
        added_at=utc_json(person.added_ms),
        key_at=utc_json(person.key_ms),
        disabled_at=utc_json(person.disabled_ms),
    )


def key_document(made: Keyed) -> KeyDocument:
    return KeyDocument(name=made.name, role=made.role, key=made.key.reveal())
