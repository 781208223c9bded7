"""What is sealed, read row by row with its seal: the instructions of payouts, and facts. In bounded memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

import msgspec

from outlay.core.facts import Fact
from outlay.core.instruction import Instruction
from outlay.store.read.recorded import Snapshot
from outlay.store.rows import fact_from, instruction_from
from outlay.store.tables import FACTS, PAYOUTS, names_of

# Facts in the order in which they lie: no index is needed to look at each by itself.
_FACTS: Final = f"select {names_of(FACTS.columns)} from facts"  # noqa: S608 (names of ours)
_INSTRUCTIONS: Final = f"""
select {names_of((*PAYOUTS.key, *PAYOUTS.fixed), "p.")}, f.data->>'digest' as digest
from payouts p left join facts f
    on f.account_id = p.account_id and f.payout_id = p.payout_id and f.number = 1
"""  # noqa: S608 (names of ours)


class SealedFact(msgspec.Struct, frozen=True):
    """`fact` None: it cannot be read."""

    account_id: UUID
    payout_id: int
    number: int
    fact: Fact | None
    seal: bytes | None


class SealedInstruction(msgspec.Struct, frozen=True):
    """`instruction` None: it cannot be read."""

    account_id: UUID
    payout_id: int
    instruction: Instruction | None
    digest: str | None


async def sealed_facts(snap: Snapshot) -> AsyncIterator[SealedFact]:
    async for row in snap.rows(_FACTS):
        try:
            fact = fact_from(row)
        except (ValueError, msgspec.MsgspecError):
            fact = None
        yield SealedFact(row["account_id"], row["payout_id"], row["number"], fact, row["seal"])


async def sealed_instructions(snap: Snapshot) -> AsyncIterator[SealedInstruction]:
    async for row in snap.rows(_INSTRUCTIONS):
        try:
            instruction = instruction_from(row)
        except (ValueError, msgspec.MsgspecError):
            instruction = None
        yield SealedInstruction(row["account_id"], row["payout_id"], instruction, row["digest"])
