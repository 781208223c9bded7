"""Known people: one person whatever the spelling, a key that is kept nowhere, and who may decide about money."""

from __future__ import annotations

import base64
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from outlay.cli.common import CommandFailed
from outlay.cli.people import decided_by
from outlay.core.people import Keyed, Person, Role
from outlay.core.refusal import No, Objection
from outlay.kit.secret import Secret
from outlay.process.settings import Settings
from outlay.service.operator.people import (
    add_person,
    disable_person,
    has_people,
    list_people,
    prove_person,
    renew_key,
)
from tests.support.databases import rows
from tests.support.world import World, at_once, kinds

BOBS = ["Bob", "bob", " BOB ", "\uff22ob", "B\u200bob"]


async def added(world: World, name: str, role: Role = Role.APPROVER) -> Keyed:
    made = await add_person(world.runtime, name, role)
    assert isinstance(made, Keyed)
    return made


async def everything_stored(world: World) -> str:
    """Every row of every table, as text."""
    tables = await rows(
        world.admin,
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')",
    )
    return "\n".join(
        [str(row) for (table,) in tables for row in await rows(world.admin, f'select t::text from "{table}" t')]
    )


@pytest.mark.parametrize("spelling", BOBS)
async def test_a_person_is_proved_by_their_key_in_every_spelling_of_their_name(world: World, spelling: str) -> None:
    bob, ana = await added(world, "Bob"), await added(world, "Ana")
    assert await prove_person(world.runtime, spelling, bob.key) == Person("Bob", Role.APPROVER)
    assert await prove_person(world.runtime, spelling, ana.key) is Objection.PERSON_UNKNOWN
    other = await world.process()
    assert await prove_person(other, spelling, Secret(bob.key.reveal())) == Person("Bob", Role.APPROVER)


async def test_an_unknown_name_and_a_wrong_key_are_one_answer_and_each_is_logged_without_the_key(world: World) -> None:
    bob = await added(world, "Bob")
    wrong = bob.key.reveal()[:-1] + "!"
    tries = [("Bob", Secret(wrong)), ("Bob", None), ("Bob", Secret("\ud800é")), ("Eve", bob.key), ("", bob.key)]
    with capture_logs() as lines:
        answers = [await prove_person(world.runtime, name, key) for name, key in tries]
    assert answers == [Objection.PERSON_UNKNOWN] * len(tries)
    assert [(line["log_level"], line["person"]) for line in lines] == [("warning", name) for name, _ in tries]
    assert not any(key.reveal() in str(lines) for _, key in tries if key is not None)


async def test_only_who_shows_the_key_learns_that_a_person_may_not_decide(world: World) -> None:
    vic, gone = await added(world, "Vic", Role.VIEWER), await added(world, "Gone")
    await disable_person(world.runtime, "GONE")
    assert await prove_person(world.runtime, "Vic", vic.key) is Objection.NOT_ALLOWED
    assert await prove_person(world.runtime, "Gone", gone.key) is Objection.PERSON_DISABLED
    for name in ("Vic", "Gone"):
        assert await prove_person(world.runtime, name, Secret("x")) is Objection.PERSON_UNKNOWN


async def test_no_key_stands_in_the_database_nor_in_what_shows_a_person(world: World) -> None:
    made = [await added(world, "Bob"), await added(world, "Vic", Role.VIEWER)]
    renewed = await renew_key(world.runtime, "bob")
    assert isinstance(renewed, Keyed)
    stored = await everything_stored(world)
    assert "Bob" in stored, "the control"
    for key in [each.key.reveal() for each in [*made, renewed]]:
        raw = base64.urlsafe_b64decode(key + "=")
        assert len(raw) == 32
        for text in (key, key.encode().hex(), raw.hex()):
            assert text not in stored
        assert key not in repr([*made, renewed]) + repr(await list_people(world.runtime))


async def test_a_name_stays_one_persons_also_after_they_are_disabled(world: World) -> None:
    await added(world, "Bob")
    await disable_person(world.runtime, "Bob")
    for spelling in BOBS:
        assert await add_person(world.runtime, spelling, Role.APPROVER) is Objection.PERSON_EXISTS
        assert await renew_key(world.runtime, spelling) is Objection.PERSON_DISABLED
    (bob,) = await list_people(world.runtime)
    assert (bob.name, bob.disabled_ms) == ("Bob", world.clock())


async def test_of_many_who_add_one_name_at_once_one_gets_a_key(world: World) -> None:
    processes = [await world.process() for _ in range(len(BOBS))]
    answers = await at_once(
        *(add_person(each, name, Role.APPROVER) for each, name in zip(processes, BOBS, strict=True))
    )
    assert kinds(answers) == {Keyed: 1, Objection.PERSON_EXISTS: len(BOBS) - 1}
    (made,) = [answer for answer in answers if isinstance(answer, Keyed)]
    assert isinstance(await prove_person(world.runtime, "bob", made.key), Person)


async def test_a_new_key_voids_the_one_before(world: World) -> None:
    bob = await added(world, "Bob")
    world.clock.advance(5)
    renewed = await renew_key(world.runtime, "BOB")
    assert isinstance(renewed, Keyed)
    assert renewed.name == "Bob"
    assert await prove_person(world.runtime, "Bob", bob.key) is Objection.PERSON_UNKNOWN
    assert isinstance(await prove_person(world.runtime, "Bob", renewed.key), Person)
    (known,) = await list_people(world.runtime)
    assert known.key_ms == known.added_ms + 5


async def test_nobody_who_is_not_there_is_disabled_or_keyed(world: World) -> None:
    await added(world, "Bob")
    assert await renew_key(world.runtime, "Eve") is Objection.PERSON_UNKNOWN
    assert await disable_person(world.runtime, "Eve") is Objection.PERSON_UNKNOWN
    for is_new in (True, False):
        done = await disable_person(world.runtime, "Bob")
        assert not isinstance(done, No)
        assert done[1] is is_new


async def test_people_are_known_for_good_once_there_was_one(world: World) -> None:
    """Else whoever disables the last one could decide under any name."""
    assert not await has_people(world.runtime)
    assert await prove_person(world.runtime, "Bob", Secret("x")) is Objection.NO_PEOPLE
    bob = await added(world, "Bob")
    assert await has_people(world.runtime)
    await disable_person(world.runtime, "Bob")
    assert await has_people(world.runtime)
    assert await prove_person(world.runtime, "Bob", bob.key) is Objection.PERSON_DISABLED


async def test_the_database_knows_no_other_role_and_no_person_without_a_name_or_key(world: World) -> None:
    await added(world, "Bob")
    for wrong, rule in {
        "role = 'owner'": "users_role_check",
        "form = ''": "users_form_check",
        "name = ''": "users_name_check",
        "key_digest = 'x'": "users_key_digest_check",
    }.items():
        with pytest.raises(asyncpg.CheckViolationError) as caught:
            await world.admin.execute(f"update users set {wrong}")
        assert caught.value.constraint_name == rule


# What a command goes by


async def decides(world: World, by: str, key: str | None = None, *, needs_two: bool = False) -> Any:
    """The name that goes on record, or what the command says."""
    settings = Settings.read(user_key=key)
    try:
        return await decided_by(world.runtime, settings, by, as_json=True, needs_two=needs_two)
    except CommandFailed as failed:
        return failed


async def test_while_nobody_is_known_a_name_is_believed_but_for_what_takes_two(world: World) -> None:
    assert await decides(world, " anybody ") == " anybody "
    said = await decides(world, "anybody", "x", needs_two=True)
    assert "two people" in str(said)
    assert "`outlay user add NAME`" in str(said)


@pytest.mark.parametrize("needs_two", [False, True])
async def test_as_soon_as_somebody_is_known_a_decision_takes_their_key(world: World, needs_two: bool) -> None:
    bob = await added(world, "Bob")
    assert await decides(world, "bOB", bob.key.reveal(), needs_two=needs_two) == "Bob"
    assert "OUTLAY_USER_KEY" in str(await decides(world, "Bob", needs_two=needs_two))
    assert "no known person" in str(await decides(world, "Eve", bob.key.reveal(), needs_two=needs_two))
