"""What every dialect promises of what became of a payout: every standing and every story of the bank, in its words.

Played by `exercise`, which tells how.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from outlay.core.events import Approve, BeginAttempt, Cancel, Event, Expire, Heard, Reject
from outlay.core.outcome import Accepted, Failure, FailureReason, Paid, Refused, Returned
from outlay.core.payout import Payout
from outlay.core.progress import Standing
from outlay.sandbox.bank import SandboxBank
from outlay.sandbox.stories import DAY_MS, REFUSALS
from tests.apis.desk import Desk, Party
from tests.apis.seen import Seen, expect, only
from tests.e2e.raw_http import Answer
from tests.support.rails import SANDBOX_TERMS, submitter_of
from tests.support.situations import moved

_SENT: Final = (BeginAttempt(), Heard(1, Accepted("CH-88123")))
PAID: Final = (*_SENT, Heard(1, Paid("CH-88123")))
_NO: Final = Heard(1, Refused(Failure(FailureReason.OTHER, "no")))
_LIVES: Final[Mapping[Standing, tuple[Event, ...]]] = {
    Standing.RESERVED: (),
    Standing.PROCESSING: _SENT,
    Standing.PAID: PAID,
    Standing.PARTLY_RETURNED: (*PAID, Heard(1, Returned("R-1", 4_00))),
    Standing.RETURNED: (*PAID, Heard(1, Returned("R-1", 4_00)), Heard(1, Returned("R-2", 6_00))),
    Standing.FAILED: (*_SENT, _NO),
    Standing.CANCELLED: (Cancel("ana"),),
    Standing.EXPIRED: (Expire(),),
}


async def every_standing_is_told_in_its_words(desk: Desk) -> None:
    party = await desk.party()
    for standing, events in _LIVES.items():
        reference = f"S-{standing.value.replace('_', '-')}"
        seen, made = await party.order(reference)
        payout = await paid_out(desk, party, only(seen).payout_id, *events)
        assert payout.standing is standing
        agrees(payout, await party.query(reference, made))
    reviewed = await desk.party(needs_review=True)
    for name, events in (("waits", ()), ("rejected", (Reject("ana", "not ours"),)), ("approved", (Approve("ana"),))):
        seen, made = await reviewed.order(f"V-{name}")
        payout = await paid_out(desk, reviewed, only(seen).payout_id, *events)
        agrees(payout, await reviewed.query(f"V-{name}", made))


async def paid_out(desk: Desk, party: Party, payout_id: int, *events: Event) -> Payout:
    payout = await desk.payout(party.account_id, payout_id)
    return await moved(desk.world, payout, *events)


def agrees(payout: Payout, seen: Seen, view: str = "") -> None:
    """What the API says of a payout is true, as far as it can say it. Raises Disagreement."""
    about = (view, seen, payout)
    expect(seen.payout_id == payout.payout_id, about)
    expect(seen.reference in (None, payout.reference), about)
    expect(seen.currency in (None, payout.currency), about)
    expect(seen.amount_minor == payout.amount_minor, about)
    expect(payout.standing.value in seen.standings, about)
    expect(seen.returned_minor in (None, payout.returned_minor), about)
    expect(seen.created_s in (None, payout.created_ms // 1000), about)
    if seen.fee_minor is not None:
        is_free = payout.standing in (Standing.FAILED, Standing.CANCELLED, Standing.EXPIRED)
        expect(seen.fee_minor == (0 if is_free else payout.fee.total_minor), about)
    if seen.ended_s is not None:
        ends = {payout.completed_ms, *(each.at_ms for each in payout.returns)}
        expect(seen.ended_s in {at_ms // 1000 for at_ms in ends if at_ms is not None}, about)


async def every_story_of_the_bank_is_told_to_its_end(desk: Desk) -> None:
    """Ordered, sent and answered by the bank: what a merchant rehearses is what they see."""
    party, world = await desk.party(), desk.world
    bank = SandboxBank(world.runtime, 0, SANDBOX_TERMS)
    submitter = submitter_of(world.runtime, {"sandbox": bank}, "worker")
    orders: dict[int, tuple[int, Answer]] = {}
    for cents in sorted({0, 69, 73, 74, 81, 82, 83, 87, *REFUSALS}):
        amount = f"50.{cents:02}"
        seen, made = await party.order(f"B-{cents}", amount)
        orders[cents] = only(seen).payout_id, made
    for _ in range(3):
        while await submitter.run_due() + await bank.deliver_due():
            pass
        world.clock.advance(DAY_MS)
    reached = set()
    await party.open()
    for cents, (payout_id, made) in orders.items():
        payout = await desk.payout(party.account_id, payout_id)
        seen = await party.query(f"B-{cents}", made)
        agrees(payout, seen)
        is_told_why = desk.documented.tells_reasons and payout.standing is Standing.FAILED
        assert not is_told_why or seen.reason, (cents, seen)
        reached.add(payout.standing)
    assert reached >= {Standing.PAID, Standing.PARTLY_RETURNED, Standing.RETURNED, Standing.FAILED, Standing.PROCESSING}
