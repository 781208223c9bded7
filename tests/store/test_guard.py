"""The guard: a revoked key gets no answer, a nonce gets one."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from outlay.core.payout import Payout
from outlay.store.credentials import mark_revoked
from outlay.store.guard import CredentialChanged, Guard, NonceRepeated
from outlay.store.read.reader import BalancesQuestion, PayoutFound, PayoutQuestion
from outlay.store.work import forget_old_nonces
from tests.support.world import World, at_once, kinds, order, order_ask


def with_nonce(guard: Guard, nonce: str, until_ms: int = 10**15) -> Guard:
    return replace(guard, nonce=nonce, nonce_until_ms=until_ms)


def question(guard: Guard) -> PayoutQuestion:
    return PayoutQuestion(guard.account_id, guard)


async def test_a_revoked_credential_gets_no_answer(world: World) -> None:
    account_id = await world.account(fund=100)
    guard = await world.credential(account_id)
    reader, other = world.runtime.reader, await world.process()
    await reader.guard(guard)
    assert isinstance(await order(other, account_id, order_ask(1, "before"), guard=guard), Payout)
    assert await mark_revoked(world.runtime.database, guard.key_id, world.clock())
    for asked in (
        reader.guard(guard),
        reader.payout(PayoutQuestion(account_id, guard, reference="before")),
        reader.balances(BalancesQuestion(account_id, guard)),
        order(other, account_id, order_ask(1, "after"), guard=guard),
    ):
        with pytest.raises(CredentialChanged):
            await asked
    assert await world.count("payouts") == 1


async def test_a_credential_of_another_version_gets_no_answer(world: World) -> None:
    guard = await world.credential(await world.account())
    await world.admin.execute("update credentials set version = 2")
    with pytest.raises(CredentialChanged):
        await world.runtime.reader.guard(guard)
    await world.runtime.reader.guard(replace(guard, version=2))


async def test_a_credential_that_is_revoked_gets_no_answer_though_its_version_stands(world: World) -> None:
    account_id = await world.account(fund=100)
    guard = await world.credential(account_id)
    await world.admin.execute("update credentials set revoked_ms = 1")
    with pytest.raises(CredentialChanged):
        await world.runtime.reader.guard(guard)
    with pytest.raises(CredentialChanged):
        await order(world.runtime, account_id, order_ask(1, "r"), guard=guard)


async def test_a_credential_that_does_not_exist_gets_no_answer(world: World) -> None:
    account_id = await world.account(fund=100)
    guard = Guard(account_id, "never issued", version=1)
    with pytest.raises(CredentialChanged):
        await world.runtime.reader.guard(guard)
    with pytest.raises(CredentialChanged):
        await order(world.runtime, account_id, order_ask(1, "r"), guard=guard)


async def test_a_guard_of_another_account_orders_nothing(world: World) -> None:
    """A master's guard is checked in its own lane, before: in the sub-account's it would be looked for in vain, or be
    another's."""
    account_id, stranger = await world.account(fund=100), await world.account()
    guard = await world.credential(stranger)
    with pytest.raises(AssertionError, match="lane of its own account"):
        await order(world.runtime, account_id, order_ask(1, "r"), guard=guard)
    assert await world.count("payouts") == 0


async def test_a_stale_credential_does_not_sink_its_batch(world: World) -> None:
    account_id = await world.account(fund=100)
    good = await world.credential(account_id, "good")
    stale = replace(await world.credential(account_id, "stale"), version=7)
    guards = [good, stale, good]
    answers = await at_once(
        *(order(world.runtime, account_id, order_ask(1, f"r{n}"), guard=guard) for n, guard in enumerate(guards))
    )
    assert kinds(answers) == {Payout: 2, CredentialChanged: 1}
    answers = await at_once(*(world.runtime.reader.payout(question(guard)) for guard in guards))
    assert kinds(answers) == {PayoutFound: 2, CredentialChanged: 1}


async def test_a_nonce_twice_in_one_batch_passes_once(world: World) -> None:
    account_id = await world.account(fund=100)
    guard = with_nonce(await world.credential(account_id), "n1")
    answers = await at_once(*(world.runtime.reader.payout(question(guard)) for _ in range(5)))
    assert [type(answer) for answer in answers] == [PayoutFound] + [NonceRepeated] * 4
    guard = with_nonce(guard, "n2")
    asks = [order_ask(1, f"r{n}") for n in range(5)]
    answers = await at_once(*(order(world.runtime, account_id, ask, guard=guard) for ask in asks))
    assert [type(answer) for answer in answers] == [Payout] + [NonceRepeated] * 4


async def test_a_credential_that_has_changed_spends_no_nonce(world: World) -> None:
    """So the same request can be verified once more, with what is stored now."""
    account_id = await world.account(fund=100)
    guard = with_nonce(await world.credential(account_id), "n1")
    await world.admin.execute("update credentials set version = 2")
    now = replace(guard, version=2)
    with pytest.raises(CredentialChanged):
        await world.runtime.reader.guard(guard)
    await world.runtime.reader.guard(now)
    stale, now = with_nonce(guard, "n2"), with_nonce(now, "n2")
    with pytest.raises(CredentialChanged):
        await order(world.runtime, account_id, order_ask(1, "a"), guard=stale)
    assert isinstance(await order(world.runtime, account_id, order_ask(1, "a"), guard=now), Payout)
    with pytest.raises(NonceRepeated):
        await world.runtime.reader.guard(now)


async def test_a_nonce_is_spent_for_later_batches_of_readers_and_clerks(world: World) -> None:
    account_id = await world.account(fund=100)
    guard = with_nonce(await world.credential(account_id), "n1")
    await world.runtime.reader.guard(guard)
    other = await world.process()
    for asked in (
        other.reader.guard(guard),
        other.reader.balances(BalancesQuestion(account_id, guard)),
        order(world.runtime, account_id, order_ask(1, "a"), guard=guard),
    ):
        with pytest.raises(NonceRepeated):
            await asked
    guard = with_nonce(guard, "n2")
    assert isinstance(await order(other, account_id, order_ask(1, "b"), guard=guard), Payout)
    with pytest.raises(NonceRepeated):
        await world.runtime.reader.guard(guard)


async def test_a_nonce_at_readers_and_clerks_at_once_passes_once(world: World) -> None:
    account_id = await world.account(fund=1000)
    credential = await world.credential(account_id)
    processes = [await world.process() for _ in range(4)]
    for n in range(6):
        guard = with_nonce(credential, f"n{n}")
        work: list[Any] = [process.reader.guard(guard) for process in processes]
        work += [
            order(process, account_id, order_ask(1, f"{n}-{m}"), guard=guard) for m, process in enumerate(processes)
        ]
        answers = await at_once(*work)
        assert [isinstance(answer, NonceRepeated) for answer in answers].count(False) == 1, answers


async def test_nonces_of_two_credentials_do_not_collide(world: World) -> None:
    first, second = await world.account(), await world.account()
    guards = [
        await world.credential(first, "a"),
        await world.credential(first, "b"),
        await world.credential(second, "c"),
    ]
    answers = await at_once(*(world.runtime.reader.payout(question(with_nonce(guard, "same"))) for guard in guards))
    assert kinds(answers) == {PayoutFound: 3}


async def test_a_refused_order_spends_its_nonce_too(world: World) -> None:
    account_id = await world.account()
    guard = with_nonce(await world.credential(account_id), "n1")
    await order(world.runtime, account_id, order_ask(1, "too poor"), guard=guard)
    with pytest.raises(NonceRepeated):
        await order(world.runtime, account_id, order_ask(1, "again"), guard=guard)


async def test_a_batch_that_is_tried_again_one_by_one_does_not_meet_its_own_nonces(world: World) -> None:
    account_id = await world.account(fund=100)
    credential = await world.credential(account_id)
    references = ["a", "no text \0", "b"]
    answers = await at_once(
        *(
            order(world.runtime, account_id, order_ask(1, reference), guard=with_nonce(credential, f"n{n}"))
            for n, reference in enumerate(references)
        )
    )
    assert [isinstance(answer, Payout) for answer in answers] == [True, False, True]
    answers = await at_once(
        *(
            world.runtime.reader.payout(PayoutQuestion(account_id, with_nonce(credential, f"m{n}"), None, reference))
            for n, reference in enumerate(references)
        )
    )
    assert [isinstance(answer, PayoutFound) for answer in answers] == [True, False, True]


async def test_old_nonces_are_forgotten_and_young_ones_kept(world: World) -> None:
    guard = await world.credential(await world.account())
    reader = world.runtime.reader
    await reader.guard(with_nonce(guard, "old", world.clock() - 1))
    await reader.guard(with_nonce(guard, "young", world.clock()))
    await forget_old_nonces(world.runtime.database, world.clock())
    await reader.guard(with_nonce(guard, "old", world.clock() - 1))
    with pytest.raises(NonceRepeated):
        await reader.guard(with_nonce(guard, "young", world.clock()))


async def test_replays_in_opposite_orders_do_not_deadlock(world: World) -> None:
    """Two processes that meet the same nonces the other way round would wait for each other, were they not sorted."""
    guard = await world.credential(await world.account())
    left, right = await world.process(), await world.process()
    for n in range(5):
        guards = [with_nonce(guard, f"{n}-{m}") for m in range(150)]
        answers = await at_once(
            *(left.reader.payout(question(guard)) for guard in guards),
            *(right.reader.payout(question(guard)) for guard in reversed(guards)),
        )
        assert kinds(answers) == {PayoutFound: 150, NonceRepeated: 150}
    deadlocks = "select deadlocks from pg_stat_database where datname = current_database()"
    assert await world.admin.fetchval(deadlocks) == 0
