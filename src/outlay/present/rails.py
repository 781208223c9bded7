"""Rails as documents: what each promises, and how much of it may be used at once."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from outlay.core.outcome import FailureReason
from outlay.core.rail import RailRecord, RailShown


class RailDocument(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    kind: str
    dialect: str | None
    send_within_ms: int
    timeout_ms: int
    finality_ms: int
    ask_again_ms: int
    refuses_duplicates: bool
    dedupe_ms: int | None
    places: int
    calls_per_second: int | None
    elsewhere: tuple[FailureReason, ...]


class RailShownDocument(RailDocument, frozen=True, kw_only=True):
    accounts: int


class RailListDocument(msgspec.Struct, frozen=True, kw_only=True):
    rails: tuple[RailDocument, ...]


def rail_document(rail: RailRecord) -> RailDocument:
    return RailDocument(
        name=rail.name,
        kind=rail.kind,
        dialect=rail.dialect,
        send_within_ms=rail.terms.send_within_ms,
        timeout_ms=rail.terms.timeout_ms,
        finality_ms=rail.terms.finality_ms,
        ask_again_ms=rail.terms.ask_again_ms,
        refuses_duplicates=rail.terms.refuses_duplicates,
        dedupe_ms=rail.terms.dedupe_ms,
        places=rail.places,
        calls_per_second=rail.calls_per_second,
        elsewhere=tuple(sorted(rail.terms.elsewhere)),
    )


def rail_list_document(rails: Iterable[RailRecord]) -> RailListDocument:
    return RailListDocument(rails=tuple(map(rail_document, rails)))


def rail_shown_document(found: RailShown) -> RailShownDocument:
    return RailShownDocument(**msgspec.structs.asdict(rail_document(found.record)), accounts=found.accounts)
