"""What a process drives its rails with: one thing for each row, under the terms of that row (process.run)."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from outlay.core.attempt import RailTerms
from outlay.core.progress import State
from outlay.kit.secret import Secret
from outlay.process.run import bank_of, make_rails
from outlay.process.settings import Settings
from outlay.rails.internal import InternalRail
from outlay.sandbox.bank import NotPossible, SandboxBank
from outlay.service.operator.rails import set_rails
from outlay.store.rails import read_rails
from tests.support.rails import submitter_of
from tests.support.world import VAULT_KEY, World


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.read(data=tmp_path, secret_key=Secret(VAULT_KEY), sandbox_delay_ms=0)


async def test_every_row_of_a_kind_that_is_known_is_a_rail_under_its_own_terms(
    plain_world: World, settings: Settings
) -> None:
    await plain_world.admin.execute(
        "insert into rails (name, kind, timeout_ms, send_within_ms) values ('slow', 'sandbox', 60000, 9000)"
    )
    rails = make_rails(settings, plain_world.runtime, await read_rails(plain_world.runtime.database))
    assert {name: type(rail) for name, rail in rails.items()} == {
        "internal": InternalRail,
        "sandbox": SandboxBank,
        "slow": SandboxBank,
    }
    assert all(rail.terms.name == name for name, rail in rails.items())
    assert rails["slow"].terms == RailTerms("slow", timeout_ms=60_000, send_within_ms=9_000)


async def test_a_rail_of_an_unknown_kind_is_left_out_and_said_so(plain_world: World, settings: Settings) -> None:
    await plain_world.admin.execute("insert into rails (name, kind) values ('north', 'carrier pigeon')")
    with capture_logs() as lines:
        rails = make_rails(settings, plain_world.runtime, await read_rails(plain_world.runtime.database))
    assert set(rails) == {"internal", "sandbox"}
    [told] = lines
    assert (told["log_level"], told["rail"], told["kind"]) == ("warning", "north", "carrier pigeon")


async def test_several_rails_of_the_sandbox_pay_side_by_side_and_after_one_another(
    world: World, settings: Settings
) -> None:
    """An amount that ends in 65 is refused with a reason of the closed list, at whichever of them."""
    await world.admin.execute("insert into rails (name, kind) values ('second', 'sandbox')")
    both, other = await world.account(fund=100_00), await world.account(fund=100_00)
    await set_rails(world.runtime, both, ["sandbox", "second"])
    await set_rails(world.runtime, other, ["second"])
    rails = make_rails(settings, world.runtime, await read_rails(world.runtime.database))
    bank = rails["second"]
    assert isinstance(bank, SandboxBank)
    paid, elsewhere = await world.order(other, 10_00), await world.order(both, 10_65)
    submitter = submitter_of(world.runtime, rails)
    for _ in range(5):
        await submitter.run_due()
        await bank.deliver_due()
    assert (await world.payout(paid)).state is State.PAID
    now = await world.payout(elsewhere)
    assert [attempt.rail for attempt in now.attempts] == ["sandbox", "second"]
    assert len({attempt.reference for attempt in now.attempts}) == 2


async def test_the_bank_of_a_payout_is_that_of_its_latest_rail_of_the_sandbox(
    plain_world: World, settings: Settings
) -> None:
    await plain_world.admin.execute("insert into rails (name, kind) values ('second', 'sandbox'), ('north', 'pigeon')")
    account_id = await plain_world.account(fund=100)
    names = {}
    for name in ("second", "north"):
        await set_rails(plain_world.runtime, account_id, [name])
        names[name] = await plain_world.order(account_id, 10)
    assert (await bank_of(settings, plain_world.runtime, names["second"])).terms.name == "second"
    with pytest.raises(NotPossible, match="it goes over the rail north"):
        await bank_of(settings, plain_world.runtime, names["north"])
