"""Stored credentials: sealed, bound to their row, opened only with the right key."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from outlay.core.refusal import Refusal
from outlay.kit.secret import Secret
from outlay.service.engine.credentials import CredentialCache, CredentialDamaged
from outlay.service.operator.credentials import issue_credential
from outlay.store.credentials import mark_revoked
from outlay.wire.dialect import IssuedCredential
from tests.service.sealed_keys import Testing, issue
from tests.support.world import World


async def test_an_issued_credential_opens_to_what_was_shown(world: World) -> None:
    dialect: Any = Testing()
    issued = await issue(world, dialect)
    credential = await CredentialCache(await world.process()).get(dialect, issued.key_id)
    assert credential is not None
    assert credential.opened == issued.shown["secret"]
    assert (credential.version, credential.account.name) == (1, "Merchant")


async def test_the_secret_stands_nowhere_in_the_database(world: World) -> None:
    dialect: Any = Testing()
    issued = await issue(world, dialect)
    secret = issued.shown["secret"]
    row = await world.admin.fetchrow("select * from credentials")
    assert row is not None
    stored = b"|".join(value if isinstance(value, bytes) else str(value).encode() for value in row.values())
    assert issued.key_id.encode() in stored, "the control: what is not secret is found"
    for form in (secret.encode(), bytes.fromhex(secret), secret[8:40].encode()):
        assert form not in stored


async def test_two_credentials_of_the_same_secret_look_different(world: World) -> None:
    dialect: Any = Testing()
    account_id = await world.account()
    runtime = msgspec.structs.replace(world.runtime, entropy=lambda count: b"\x07" * count)
    assert isinstance(await issue_credential(runtime, dialect, account_id), IssuedCredential)
    await world.admin.execute("update credentials set revoked_ms = 1")  # one live credential an id
    other = await world.account()
    assert isinstance(await issue_credential(runtime, dialect, other), IssuedCredential)
    sealed = [row["sealed"] for row in await world.admin.fetch("select sealed from credentials")]
    assert sealed[0] != sealed[1], "the row's name is part of it"


async def test_another_vault_key_opens_nothing(world: World) -> None:
    dialect: Any = Testing()
    issued = await issue(world, dialect)
    other = msgspec.structs.replace(world.runtime, vault_key=Secret("5b" * 32))
    with pytest.raises(CredentialDamaged, match=issued.key_id):
        await CredentialCache(other).get(dialect, issued.key_id)


async def test_a_sealed_text_that_is_copied_to_another_row_does_not_open(world: World) -> None:
    dialect: Any = Testing()
    mine, victim = await issue(world, dialect), await issue(world, dialect)
    await world.admin.execute(
        "update credentials set sealed = (select sealed from credentials where key_id = $1) where key_id = $2",
        mine.key_id,
        victim.key_id,
    )
    with pytest.raises(CredentialDamaged):
        await CredentialCache(world.runtime).get(dialect, victim.key_id)


async def test_a_sealed_text_that_was_changed_does_not_open(world: World) -> None:
    dialect: Any = Testing()
    issued = await issue(world, dialect)
    await world.admin.execute("update credentials set sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))")
    with pytest.raises(CredentialDamaged):
        await CredentialCache(world.runtime).get(dialect, issued.key_id)


async def test_what_was_sealed_for_another_dialect_is_damage_and_its_secret_is_not_told(world: World) -> None:
    class Demanding(Testing):
        def open_credential(self, sealed: Mapping[str, Secret]) -> Any:
            if list(sealed) != ["another"]:
                raise ValueError(f"not mine: {sealed['secret'].reveal()}")

    dialect: Any = Demanding()
    issued = await issue(world, dialect)
    with pytest.raises(CredentialDamaged) as damaged:
        await CredentialCache(world.runtime).get(dialect, issued.key_id)
    assert issued.shown["secret"] not in "".join(traceback.format_exception(damaged.value))
    await world.admin.execute("update credentials set dialect = 'other'")
    other: Any = Testing("other")
    other.open_credential = lambda sealed: sealed["word"]
    with pytest.raises(CredentialDamaged):
        await CredentialCache(world.runtime).get(other, issued.key_id)


async def test_a_key_opens_only_in_its_own_dialect(world: World) -> None:
    issued = await issue(world, Testing())
    other: Any = Testing("another")
    assert await CredentialCache(world.runtime).get(other, issued.key_id) is None


async def test_a_credential_is_parsed_once_and_again_after_it_was_dropped(world: World) -> None:
    dialect: Any = Testing()
    issued = await issue(world, dialect)
    cache = CredentialCache(world.runtime)
    for _ in range(3):
        assert await cache.get(dialect, issued.key_id) is not None
    assert dialect.opened == 1
    await mark_revoked(world.runtime.database, issued.key_id, world.clock())
    assert await cache.get(dialect, issued.key_id) is not None, "what is cached is checked where it is used"
    cache.drop(dialect, issued.key_id)
    assert await cache.get(dialect, issued.key_id) is None


async def test_an_unknown_key_is_nobody_and_is_not_remembered(world: World) -> None:
    dialect: Any = Testing()
    cache = CredentialCache(world.runtime)
    for key_id in ("unknown", "", "é" * 300):
        assert await cache.get(dialect, key_id) is None
    assert cache._known == {}


async def test_no_credential_is_issued_for_an_account_that_is_not_there(world: World) -> None:
    dialect: Any = Testing()
    assert await issue_credential(world.runtime, dialect, uuid4()) is Refusal.ACCOUNT_NOT_FOUND
    assert await world.count("credentials") == 0
