"""Some moments in every run, other ones for every state of the sources and the tests; `./run kills` has them all.

And the controls: harm that is planted, a rule that is taken out, and a server that did not die where it should must all
be noticed.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator

import pytest

from outlay.running.moments import Moment
from tests.e2e.after_a_kill import copy_of
from tests.e2e.checker import books_of
from tests.e2e.server import quiet_folder, wait_until
from tests.kills.campaign import Play, campaign
from tests.kills.controls import CONTROLS, tried
from tests.kills.dies_at import dying_at, last_words
from tests.kills.judge import faults_of
from tests.kills.merchants import PAID_HERE, TRANSFERRED, Order
from tests.kills.mortal import MortalServer
from tests.support.seeds import seed_of_tree

SEED = seed_of_tree()
FEW = 2
CHANCE = random.Random(SEED)
CHOSEN = CHANCE.sample(list(Moment), FEW)
CONTROL = CHANCE.choice(CONTROLS)


@pytest.mark.slow
@pytest.mark.longest
def test_nothing_is_lost_or_paid_twice_when_servers_are_killed_at_some_moments() -> None:
    outcome = campaign(CHOSEN, SEED, lambda _what: None, is_short=True)
    assert [kill for kill in outcome.kills if not kill.is_hit] == []
    assert outcome.faults == []
    assert len(outcome.kills) >= FEW
    assert outcome.orders


@pytest.mark.slow
@pytest.mark.longest
def test_a_rule_that_is_taken_out_of_the_server_that_dies_is_noticed() -> None:
    outcome = tried(CONTROL, SEED, lambda _what: None)
    assert CONTROL.is_noticed(outcome), (CONTROL.rule, outcome)


@pytest.mark.slow
def test_what_is_lost_doubled_changed_or_left_to_people_is_noticed_and_so_is_a_server_that_lived() -> None:
    with quiet_folder() as folder:
        server = MortalServer(folder / "data")
        play = Play(server, random.Random(SEED))
        assert not play.kill_at(Moment.BANK_FORGOT, within_s=0.0).is_hit, "nobody has ordered"
        assert server.begin(Moment.BANK_FORGOT, 1)
        os.kill(server.pid, signal.SIGKILL)
        wait_until(server.is_dead, 10.0, "it dies, of somebody else's kill")
        assert not server.died_at(Moment.BANK_FORGOT, 1)
        assert play.kill_at(Moment.LEARNT).is_hit
        server.start()
        play.end_leases()
        assert play.prove() == []
        with books_of(server.data) as books:
            known: list[str] = []
            for order, statement, harm in planted(play.orders):
                (found,) = books.rows(CLAIMED, order.account_id, order.reference)
                books.rows(statement, *found)
                faults = faults_of(books, play.orders)
                new = [line for line in faults if line not in known]
                assert any(harm in line for line in new), (harm, new)
                known = faults
            books.rows(UNREADABLE)
        told = " ".join(play.what_else())
        assert "ledger verify --replay" in told
        assert "cases and nothing else" in told
        assert server.stop() == 0


CLAIMED = "select subject_id from claims where account_id = $1::text::uuid and reference = $2"
UNREADABLE = """
insert into unreadable (account_id, payout_id, why, since_ms, seen_ms)
select account_id, payout_id, 'planted', created_ms, created_ms from payouts limit 1
"""
TOOK = " where subject_id = $1 and source = 'transfers'"
A_CASE = """
insert into cases (account_id, payout_id, number, kind, attempt_number, what, fact_number, since_ms)
select account_id, payout_id, 1, 'late_send', null, 'planted', 1, created_ms from payouts where payout_id = $1
"""
AT_BANK = (
    (copy_of("bank_orders", "'reference', reference || 'x'") + " where payout_id = $1", "has orders at the bank"),
    (copy_of("postings", "'line', 99") + " where subject_id = $1 and target like 'clearing:%'", "left the books 2"),
    ("update payouts set state = 'failed', failure_reason = 'other' where payout_id = $1", "is failed, it should be"),
    ("update payouts set returned_minor = 1 where payout_id = $1", "has been returned 1"),
)
"""Each wave has as many orders that are paid there."""
HERE = (
    ("delete from postings" + TOOK, "was taken by another account 0"),
    (A_CASE, "has the cases ('late_send',)"),
    ("update payouts set amount_minor = amount_minor + 1 where payout_id = $1", "became one of"),
    ("update payouts set reference = reference || 'x' where payout_id = $1", "that nobody gave"),
)
GIVEN = (
    (copy_of("postings", "'line', 99") + TOOK, "was taken by another account 2"),
    ("delete from transfers where transfer_id = $1 and direction = 'in'", "accounts here took"),
    ("delete from transfers where transfer_id = $1 and direction = 'out'", "is there 0 times"),
)


def planted(orders: list[Order]) -> Iterator[tuple[Order, str, str]]:
    """An order, what is done to it, and what must be said of that."""
    paid = [order for order in orders if order.story.at_bank == (1, 1) and not order.story.share_returned]
    for order, (statement, harm) in zip(paid, AT_BANK, strict=False):
        yield order, statement, harm
    for faults, story in ((HERE, PAID_HERE), (GIVEN, TRANSFERRED)):
        order = next(order for order in orders if order.story is story)
        for statement, harm in faults:
            yield order, statement, harm


def test_a_server_dies_at_its_moment_and_at_no_other_and_at_the_time_that_it_is_told() -> None:
    said: list[str] = []
    look = dying_at(Moment.BEGUN, 2, said.append)
    look(Moment.TAKEN, 1)
    look(Moment.BEGUN, 1)
    look(Moment.SENT_AGAIN, 1)
    assert said == []
    look(Moment.BEGUN, 2)
    assert said == [last_words(Moment.BEGUN, 2)]


def test_there_are_more_than_thirty_moments_to_die_at() -> None:
    assert len(Moment) > 30
