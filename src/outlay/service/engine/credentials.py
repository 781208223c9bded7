"""Load credentials for verification, and keep them.

Their secrets are sealed in the store; how they got there is told by service.operator.credentials. A loaded credential
is kept, parsed, until a request finds that its version has changed: the statement that serves a request also checks
that (store.guard), so a revoked key gets no answer although it is cached here. A request whose proof fails gets no such
statement, so `check` is for that.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from outlay.kit.secret import Secret
from outlay.kit.vault import CannotOpen, unseal
from outlay.service.runtime import Runtime
from outlay.store import credentials
from outlay.store.credentials import DialectKey, StoredCredential
from outlay.store.gather import Gatherer, all_or_one_by_one
from outlay.store.guard import CredentialChanged
from outlay.wire.dialect import AnyDialect, Credential

MOST_CACHED: Final = 50_000
MOST_AT_ONCE: Final = 256
"""Keys in one statement."""
MOST_LOOK_UPS: Final = 2_000
"""Keys that may wait for one."""


class CredentialDamaged(RuntimeError):
    """What is stored of a credential does not open, though the key is the right one: it was changed, or belongs to
    another row or dialect."""

    def __init__(self, account_id: UUID, key_id: str) -> None:
        super().__init__(f"what is stored of the credential {key_id} of account {account_id} does not open")
        self.account_id, self.key_id = account_id, key_id


class CredentialCache:
    """Parsed credentials by dialect and key id; the least recently used go first. Unknown keys are not remembered: one
    that was just made must work at once. So whoever makes keys up causes look-ups; those that wait share a statement,
    and above MOST_LOOK_UPS the next one hears `Busy`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._known: OrderedDict[DialectKey, Credential[Any]] = OrderedDict()
        self._stored: Gatherer[DialectKey, StoredCredential | None] = Gatherer(
            self._find, most=MOST_AT_ONCE, waiting=MOST_LOOK_UPS, patience_s=runtime.callers.patience_s
        )

    async def get(self, dialect: AnyDialect, key_id: str) -> Credential[Any] | None:
        """Raises Unavailable; Busy; CredentialDamaged."""
        place = (dialect.name, key_id)
        known = self._known.get(place)
        if known is not None:
            self._known.move_to_end(place)
            return known
        stored = await self._stored.ask(place)
        if stored is None:
            return None
        known = self._known.get(place)  # others may have asked for the same one meanwhile
        if known is None or not _is_same(known, stored):
            known = self._known[place] = self._open(dialect, stored)
            if len(self._known) > MOST_CACHED:
                self._known.popitem(last=False)
        return known

    async def check(self, dialect: AnyDialect, credential: Credential[Any]) -> None:
        """Raises CredentialChanged where what is stored now is another one or none; Unavailable; Busy."""
        stored = await self._stored.ask((dialect.name, credential.key_id))
        if stored is None or not _is_same(credential, stored):
            raise CredentialChanged

    def drop(self, dialect: AnyDialect, key_id: str) -> None:
        self._known.pop((dialect.name, key_id), None)

    def _open(self, dialect: AnyDialect, stored: StoredCredential) -> Credential[Any]:
        account_id, key_id = stored.account.account_id, stored.key_id
        try:
            plain = unseal(bytes.fromhex(self._runtime.vault_key.reveal()), stored.sealed, row_name(account_id, key_id))
            secrets = {name: Secret(text) for name, text in msgspec.json.decode(plain, type=dict[str, str]).items()}
            opened = dialect.open_credential(secrets)
        except (CannotOpen, msgspec.DecodeError, LookupError, ValueError):
            # Not even as a cause: what was opened for the wrong dialect may stand in it.
            raise CredentialDamaged(account_id, key_id) from None
        return Credential(
            stored.key_id, stored.account, stored.version, opened, stored.holder, secrets, stored.has_subs
        )

    async def _find(self, keys: Sequence[DialectKey]) -> Sequence[StoredCredential | BaseException | None]:
        async def ask(some: Sequence[DialectKey]) -> Sequence[StoredCredential | BaseException | None]:
            found = await credentials.find_credentials(self._runtime.callers, list(set(some)))
            return [found.get(key) for key in some]

        return await all_or_one_by_one(keys, ask)


def _is_same(known: Credential[Any], stored: StoredCredential) -> bool:
    return known.version == stored.version and known.account.account_id == stored.account.account_id


def row_name(account_id: UUID, key_id: str) -> str:
    return f"credential:{account_id}:{key_id}"
