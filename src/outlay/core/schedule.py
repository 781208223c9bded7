"""The asking policy: what to do next about an attempt whose end is not known. Pure, and the one place of its intervals.

Three moves there are: ask at a time, send again, or park (leave the next step to a person; the rail is still
asked, once a day). Questions back off with the attempt's age and never end silently: a parked payout is a case.

The dangerous move is "send again". Its conditions are numbered in `why_not_send_again`. Never does one become of: time
alone, an answer that did not come, a "not found" that was asked too early, a refusal, an acceptance, a person's word.

The trap: intervals are counted in real time, which a sandbox does not move.
"""

from __future__ import annotations

from typing import Final

import msgspec

from outlay.core.attempt import CLOCKS_DIFFER_MS, Attempt, AttemptState, RailTerms, ask_again_ms
from outlay.core.cases import PARKING, CaseKind
from outlay.core.hearing import NOT_FOUND_TIMES
from outlay.core.payout import Payout
from outlay.core.progress import Inquiry, State

SECOND_MS: Final = 1_000
HOUR_MS: Final = 3_600 * SECOND_MS
DAY_MS: Final = 24 * HOUR_MS

UNKNOWN_AGAIN_MS: Final = HOUR_MS
"""Between two questions about an attempt of which nothing is known, when it is old. When it is young, its rail says it
(`ask_again_ms`)."""
ACCEPTED_AGAIN_MS: Final = (60 * SECOND_MS, 6 * HOUR_MS)
"""About one that the rail has taken, young and old: it will tell by itself. Neither is less than its rail says."""
SHARE_OF_AGE: Final = 4
"""Between the two, an interval is this part of the attempt's age."""
SHARE_OF_CALM: Final = 2
"""And no longer than this part of the time that the clock must be calm for, until a question has counted."""
PARKED_AGAIN_MS: Final = DAY_MS
JITTER_SHARE: Final = 10
"""Intervals differ from payout to payout by up to this part: what failed together is not asked about together."""
UNKNOWN_PARKS_MS: Final = 3 * DAY_MS
ACCEPTED_PARKS_MS: Final = 14 * DAY_MS
MOST_SENDS: Final = 5


class AskNow(msgspec.Struct, frozen=True):
    """Real time."""

    at_ms: int


class Again(msgspec.Struct, frozen=True):
    """Send the same reference again, now."""


class Leave(msgspec.Struct, frozen=True):
    """To a person: a case is opened."""

    why: str


NextMove = AskNow | Again | Leave


def next_move(
    payout: Payout, attempt: Attempt, rail: RailTerms, now_ms: int, real_ms: int, asked_ms: int | None = None
) -> NextMove:
    """About the payout's open attempt. `now_ms`: the installation's time, by which orders expire. `asked_ms`: when it
    was asked about just now, by whatever clock: also what never counts as evidence ends with people."""
    if is_parked(payout, attempt):
        return AskNow(parked_at_ms(payout, real_ms))
    if not attempt.is_live:
        return Leave("what was heard of it contradicts that it is dead")
    if attempt.state is not AttemptState.ACCEPTED and len(attempt.not_found_ms) >= NOT_FOUND_TIMES:
        why_not = why_not_send_again(payout, attempt, rail, now_ms, real_ms)
        return Again() if why_not is None else Leave(f"the rail does not know it, and {why_not}")
    parks_ms = ACCEPTED_PARKS_MS if attempt.state is AttemptState.ACCEPTED else UNKNOWN_PARKS_MS
    # Not before it was asked so late: after a standstill of days the rail may well know.
    asked_ms = attempt.asked_ms if asked_ms is None else asked_ms
    if _is_overdue(asked_ms, attempt.asked_ms, attempt.first_sent_ms, parks_ms):
        return Leave(f"after {parks_ms // DAY_MS} days the rail has not said what became of it")
    return AskNow(ask_at_ms(payout, attempt, real_ms, rail))


def _is_overdue(asked_ms: int | None, counted_ms: int | None, began_ms: int, parks_ms: int) -> bool:
    """Whether it was asked about so long after its beginning, by whatever clock; or, by one that counts, so long before
    it: then it began under a clock that was wrong, and would wait until that time comes."""
    is_late = asked_ms is not None and asked_ms - began_ms >= parks_ms
    return is_late or (counted_ms is not None and began_ms - counted_ms >= parks_ms)


def ask_at_ms(payout: Payout, attempt: Attempt, real_ms: int, rail: RailTerms | None = None) -> int:
    """When to ask next, real time, where the last thing was heard (or the last send made) at `real_ms`. `rail`: the
    terms that are at hand (see `ask_again_ms`)."""
    if attempt.state is AttemptState.BEGUN and real_ms < attempt.final_ms:  # somebody is sending it: they tell us
        return attempt.final_ms
    can_mean_more = bool(attempt.refusals) or attempt.is_silent
    again_ms = ask_again_ms(rail, attempt.rail)
    is_accepted = attempt.state is AttemptState.ACCEPTED
    shortest_ms, longest_ms = ACCEPTED_AGAIN_MS if is_accepted else (again_ms, UNKNOWN_AGAIN_MS)
    if can_mean_more and _is_yet_to_count(attempt.asked_ms, attempt.final_ms, real_ms):
        longest_ms = min(max(attempt.calm_needed_ms // SHARE_OF_CALM, shortest_ms), longest_ms)
    age_ms = max(real_ms - attempt.first_sent_ms, 0)
    interval_ms = min(max(age_ms // SHARE_OF_AGE, shortest_ms), longest_ms)
    at_ms = real_ms + _jittered(max(interval_ms, again_ms), payout)
    if can_mean_more:
        decisive_ms = attempt.final_ms
        if attempt.not_found_ms:
            decisive_ms = max(decisive_ms, attempt.not_found_ms[-1] + again_ms)
        if real_ms < decisive_ms < at_ms + again_ms:  # from then on an answer means more: none is asked shortly before
            return decisive_ms
    return at_ms


def _is_yet_to_count(asked_ms: int | None, final_ms: int, real_ms: int) -> bool:
    """Whether no question was asked yet whose answer counts, though it is time: whoever asked could not trust its clock
    yet, after its start or a step. It soon can."""
    return real_ms >= final_ms and (asked_ms is None or asked_ms < final_ms)


def parked_at_ms(payout: Payout, real_ms: int) -> int:
    return real_ms + _jittered(PARKED_AGAIN_MS, payout)


def next_inquiry(payout: Payout, inquiry: Inquiry, real_ms: int, asked_ms: int | None = None) -> AskNow | Leave:
    """Of a payout that is older than the epoch, and of whose next reference the rail is asked. `asked_ms`: see
    next_move."""
    asked_ms = inquiry.asked_ms if asked_ms is None else asked_ms
    is_old = _is_overdue(asked_ms, inquiry.asked_ms, inquiry.began_ms, UNKNOWN_PARKS_MS)
    # After a standstill of days the first answer comes late: what it says for the first time is asked once more.
    has_just_said = bool(inquiry.not_found_ms) and inquiry.not_found_ms[-1] == asked_ms
    if is_old and not has_just_said and not is_parked(payout, None):
        return Leave(f"after {UNKNOWN_PARKS_MS // DAY_MS} days the rail has not said whether anything was sent")
    return AskNow(inquire_at_ms(payout, inquiry, real_ms))


def inquire_at_ms(payout: Payout, inquiry: Inquiry, real_ms: int, rail: RailTerms | None = None) -> int:
    """When to ask next, real time, where the last answer came at `real_ms`. `rail`: see `ask_at_ms`."""
    again_ms = ask_again_ms(rail, payout.rail)
    longest_ms = UNKNOWN_AGAIN_MS
    is_yet_to_count = _is_yet_to_count(inquiry.asked_ms, inquiry.final_ms, real_ms)
    if is_parked(payout, None):  # it may be that nobody here can ask
        return real_ms + _jittered(longest_ms, payout) if is_yet_to_count else parked_at_ms(payout, real_ms)
    if is_yet_to_count:
        longest_ms = min(inquiry.calm_needed_ms // SHARE_OF_CALM, longest_ms)
    age_ms = max(real_ms - inquiry.began_ms, 0)
    at_ms = real_ms + _jittered(max(min(age_ms // SHARE_OF_AGE, longest_ms), again_ms), payout)
    decisive_ms = inquiry.final_ms
    if inquiry.not_found_ms:
        decisive_ms = max(decisive_ms, inquiry.not_found_ms[-1] + again_ms)
    return decisive_ms if real_ms < decisive_ms < at_ms + again_ms else at_ms


def is_parked(payout: Payout, attempt: Attempt | None) -> bool:
    """`attempt` None: whether the payout could not be sent at all."""
    return any(is_parked_as(payout, attempt, kind) for kind in PARKING)


def is_parked_as(payout: Payout, attempt: Attempt | None, kind: CaseKind) -> bool:
    number = attempt.number if attempt is not None else None
    return any(case.is_open and case.kind is kind and case.attempt_number == number for case in payout.cases)


def why_not_send_again(payout: Payout, attempt: Attempt, rail: RailTerms, now_ms: int, real_ms: int) -> str | None:
    """None where the same reference may be sent to the same rail once more, which takes all of these:

    1. The payout is on its way, and the attempt its latest one, and live.
    2. The rail has never said anything of it but "not found".
    3. Every send was fenced: none left late.
    4. "Not found" was heard twice, apart, in answer to questions that were asked when nothing of any send could still
       be on its way and the rail had had its time (`Attempt.final_ms`), since the last send.
    5. The rail refuses duplicates, and will still do so when the request reaches it.
    6. The order has not expired.
    7. It was sent fewer than MOST_SENDS times.
    """
    if payout.state is not State.PROCESSING or attempt != payout.attempt or not attempt.is_live:
        return "it is not the live attempt of a payout on its way"
    if not attempt.is_silent or attempt.is_contested or attempt.refusals:
        return "the rail has said something else of it before"
    if any(send.is_late for send in attempt.sends):
        return "a send of it left late"
    if len(attempt.not_found_ms) < NOT_FOUND_TIMES:
        return "it was not asked about often enough"
    if not rail.refuses_duplicates:
        return "the rail does not refuse duplicates"
    arrives_ms = real_ms + rail.send_within_ms + rail.timeout_ms + CLOCKS_DIFFER_MS
    if rail.dedupe_ms is not None and arrives_ms > attempt.first_sent_ms + rail.dedupe_ms:
        return "the rail refuses duplicates no longer"
    if payout.expires_ms is not None and payout.expires_ms <= now_ms:
        return "the order has expired"
    if attempt.sends and attempt.sends[-1].number >= MOST_SENDS:
        return f"it was sent {MOST_SENDS} times"
    return None


def _jittered(interval_ms: int, payout: Payout) -> int:
    """Longer by a part that is the payout's own, the same each time it is computed."""
    questions = sum(attempt.questions for attempt in payout.attempts)
    if payout.pending.inquiry is not None:
        questions += payout.pending.inquiry.questions
    scattered = (payout.payout_id * 2_654_435_761 + questions * 40_503) & 0xFFFF
    return interval_ms + interval_ms * scattered // (0xFFFF * JITTER_SHARE)
