"""The key of the installation's seals: made once, kept in the database as the vault seals it, never made again.

Another vault key would change the row that it is kept in, and nothing that was sealed with it.

The trap: two servers may begin at once with no key. The one row decides, so it is read again after it was written; and
the faster one may have sealed something by the time the slower one looks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from outlay.core.seals import KEY_BYTES, SealKey, unpacked
from outlay.kit.for_people import ForPeople
from outlay.kit.secret import Secret
from outlay.kit.vault import NONCE_BYTES, CannotOpen, seal, unseal
from outlay.store.database import Database
from outlay.store.installation import add_key, is_anything_sealed, last_recorded_ms, read_key

_NAME: Final = "seals"
FROM_THE_BEGINNING: Final = -(2**63)
"""The time from which on nothing is without a seal, where there was nothing before."""
_NEVER: Final = 2**63 - 1
_ROW: Final = "installation_keys/seals"


class SealKeyDamaged(ForPeople):
    """What is stored of it does not open, though the vault's key is the right one: it was changed. Or it is gone,
    though something was sealed with it: another one would call everything of before changed."""

    def __init__(self, what: str = "does not open: its row in installation_keys was changed") -> None:
        super().__init__(
            f"the key that instructions and facts are sealed with {what}. Put the database back from a backup"
        )


async def known_seal_key(database: Database, vault_key: Secret) -> SealKey:
    """The one that is kept, for who only looks; where nothing was ever sealed, one by which nothing is. Raises
    SealKeyDamaged, Unavailable."""
    kept = await read_key(database, _NAME)
    if kept is not None:
        return unlocked(kept, vault_key)
    if await is_anything_sealed(database):
        raise SealKeyDamaged("is gone: its row in installation_keys is not there")
    return SealKey(bytes(KEY_BYTES), _NEVER)


async def seal_key(database: Database, vault_key: Secret, entropy: Callable[[int], bytes], now_ms: int) -> SealKey:
    """`now_ms`: the installation's clock. `entropy(n)`: n random bytes. Raises SealKeyDamaged, Unavailable."""
    kept = await read_key(database, _NAME)
    if kept is None:
        # What is there already has no seal, also what a clock that was wrong dated later than now.
        last_ms = await last_recorded_ms(database)
        if await is_anything_sealed(database):  # perhaps by one who made a key just now
            if (kept := await read_key(database, _NAME)) is None:
                raise SealKeyDamaged("is gone: its row in installation_keys is not there")
            return unlocked(kept, vault_key)
        made = SealKey(entropy(KEY_BYTES), FROM_THE_BEGINNING if last_ms is None else max(now_ms, last_ms + 1))
        await add_key(database, _NAME, locked(made, vault_key, entropy(NONCE_BYTES)))
        kept = await read_key(database, _NAME)
    return unlocked(kept or b"", vault_key)


def locked(key: SealKey, vault_key: Secret, nonce: bytes) -> bytes:
    """As it is kept."""
    return seal(bytes.fromhex(vault_key.reveal()), nonce, key.packed(), _ROW)


def unlocked(kept: bytes, vault_key: Secret) -> SealKey:
    """Raises SealKeyDamaged."""
    try:
        return unpacked(unseal(bytes.fromhex(vault_key.reveal()), kept, _ROW))
    except (CannotOpen, ValueError):
        raise SealKeyDamaged from None
