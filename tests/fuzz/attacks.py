"""What `shapes.py` in the folder of an API tells the fuzzer beside its endpoints: how requests are signed, how errors
look, and what a merchant has done before the first spoiled request goes out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

import msgspec

from tests.apis.found import all_names, part_of
from tests.fuzz.drafts import Draft, Target
from tests.fuzz.senders import Keys, Signed


class Waiting(msgspec.Struct, frozen=True):
    """What was ordered while the master's orders need a review: ids of payouts, five of which are good for long, and of
    batches."""

    payouts: Sequence[int]
    batches: Sequence[int]


def _is_401(status: int, _document: Any) -> bool:
    return status == 401


def _nothing(*_given: Any) -> None:
    return None


class Attack(msgspec.Struct, frozen=True, kw_only=True):
    """ATTACK of that module.

    targets       every endpoint
    sign          headers and body, ready to be sent; a fresh proof each time
    error         the code in an error of one of the documented shapes. Raises ValidationError
    statuses      HTTP statuses of the documented codes
    running       status and code of what is sent once more while the first one is being made
    denies_proof  whether an error says that the proof is wrong

    who           signs for the master account; `also`: other names in `Draft.who` for the same key
    holder        of the master's key
    others        more accounts, each with a key of this API: by the name that signs, their country and currencies

    pools         what the valid requests choose from, made anew for each stage
    begin         opens a session
    wait          orders while the master's orders need a review
    play          orders afterwards
    look          when all have ended: what there is to choose from
    """

    targets: tuple[Target, ...]
    sign: Callable[[Draft, Keys], Signed]
    error: Callable[[bytes], Any]
    statuses: frozenset[int]
    running: frozenset[tuple[int, Any]] = frozenset()
    denies_proof: Callable[[int, Any], bool] = _is_401
    who: str
    also: tuple[str, ...] = ()
    holder: str | None = None
    others: Mapping[str, tuple[str, Sequence[str]]] = {}
    pools: Callable[[], Any]
    begin: Callable[[Any], None] = _nothing
    wait: Callable[[Any, Random], Waiting] | None = None
    play: Callable[[Any, Random], None] = _nothing
    look: Callable[[Any, Random], None] = _nothing


def attack_of(name: str) -> Attack:
    attack: Attack = part_of(name, "shapes").ATTACK
    return attack


def all_targets() -> tuple[Target, ...]:
    return tuple(target for name in all_names() for target in attack_of(name).targets)
