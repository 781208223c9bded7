"""Whether a key is the one that this database's secrets are sealed with.

The database keeps a check value, a known text sealed with that key. A database of an earlier version has none: there a
stored credential that opens is the proof. Where nothing that is still of use is sealed at all, any key is as good as
another, and the first one stays.

Leaves to others: where a key comes from, and what is said where it is another one (outlay.process.key_file).

The trap: two servers may begin at once with two keys. The one row decides, so it is read again after it was written.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from outlay.kit.secret import Secret
from outlay.kit.vault import NONCE_BYTES, CannotOpen, seal, unseal
from outlay.service.engine.credentials import row_name
from outlay.store.credentials import all_sealed
from outlay.store.database import Database
from outlay.store.installation import add_key_check, read_key_check

_CHECK_ROW: Final = "installation"
_CHECK_TEXT: Final = b"the key of this installation"


class Fit(Enum):
    """How a key and what is stored go together."""

    RECORDED = auto()
    """It opens the check value."""
    PROVED = auto()
    """There is no check value yet; it opens a stored credential."""
    FIRST = auto()
    """There is no check value, and no live credential: nothing that anybody could miss is sealed."""
    FOREIGN = auto()
    """It opens nothing here, or there is no key and one is needed."""


async def fit_of(database: Database, key: Secret | None) -> Fit:
    """`key`: 32 bytes, as hex; None where there is none. Raises Unavailable."""
    key_check = await read_key_check(database)
    if key_check is not None:
        return Fit.RECORDED if _opens(key, key_check, _CHECK_ROW) else Fit.FOREIGN
    fit = Fit.FIRST
    async for stored in all_sealed(database):
        if _opens(key, stored.sealed, row_name(stored.account_id, stored.key_id)):
            return Fit.PROVED
        if stored.is_live:
            fit = Fit.FOREIGN
    return fit


async def record_key(database: Database, key: Secret, entropy: Callable[[int], bytes]) -> Fit:
    """From now on this key is the one; FOREIGN where another was recorded first. `entropy(n)`: n random bytes. Raises
    Unavailable: then it may have been recorded."""
    await add_key_check(database, seal(_bytes(key), entropy(NONCE_BYTES), _CHECK_TEXT, _CHECK_ROW))
    return await fit_of(database, key)


def _opens(key: Secret | None, sealed: bytes, row: str) -> bool:
    if key is None:
        return False
    try:
        unseal(_bytes(key), sealed, row)
    except CannotOpen:
        return False
    return True


def _bytes(key: Secret) -> bytes:
    return bytes.fromhex(key.reveal())
