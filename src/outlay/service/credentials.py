"""Issue credentials, and load them for verification.

The secrets are sealed before they reach the store. A loaded credential is kept, parsed, until a request finds that its
version has changed: the statement that serves a request also checks that (store.guard), so a revoked key gets no answer
although it is cached here. A request whose proof fails gets no such statement, so `check` is for that.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from outlay.core.refusal import Refusal
from outlay.kit.secret import Secret
from outlay.kit.vault import NONCE_BYTES, seal, unseal
from outlay.service.runtime import Runtime
from outlay.store import accounts, credentials
from outlay.store.guard import CredentialChanged
from outlay.wire.dialect import BadCredentialRequest, Credential, CredentialRequest, Dialect, IssuedCredential

MOST_CACHED: Final = 50_000
_ENTROPY_BYTES: Final = 64


async def issue_credential(
    runtime: Runtime,
    dialect: Dialect,
    account_id: UUID,
    public_key_pem: str | None = None,
    holder: str | None = None,
    *,
    brought: Mapping[str, str] | None = None,
) -> IssuedCredential | Refusal:
    """A new credential, or one of keys that the merchant brought; what it shows must be shown now, it cannot be read
    again. `holder`: who keeps it, and so may not approve what is ordered with it. Raises BadCredentialRequest, also
    where the key's id is taken: it must stand for one merchant."""
    account = await accounts.find_account(runtime.database, account_id)
    if account is None:
        return Refusal.ACCOUNT_NOT_FOUND
    now_ms = runtime.now_ms()
    request = CredentialRequest(account, runtime.entropy(_ENTROPY_BYTES), now_ms, public_key_pem, brought or {})
    issued = dialect.issue_credential(request)
    sealed = seal(
        bytes.fromhex(runtime.vault_key.reveal()),
        runtime.entropy(NONCE_BYTES),
        msgspec.json.encode(dict(issued.sealed)),
        _row_name(account_id, issued.key_id),
    )
    is_new = await credentials.add_credential(
        runtime.database,
        account_id=account_id,
        key_id=issued.key_id,
        dialect=dialect.name,
        sealed=sealed,
        now_ms=now_ms,
        holder=holder,
    )
    if not is_new:
        raise BadCredentialRequest("the key's id is in use here already; `outlay credential revoke` ends that first")
    return issued


class CredentialCache:
    """Parsed credentials by dialect and key id; the least recently used go first. Unknown keys are not remembered."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._known: OrderedDict[tuple[str, str], Credential] = OrderedDict()

    async def get(self, dialect: Dialect, key_id: str) -> Credential | None:
        """Raises Unavailable; CannotOpen where the vault key is not the one it was sealed with."""
        place = (dialect.name, key_id)
        known = self._known.get(place)
        if known is not None:
            self._known.move_to_end(place)
            return known
        loaded = await self._load(dialect, key_id)
        if loaded is not None:
            self._known[place] = loaded
            if len(self._known) > MOST_CACHED:
                self._known.popitem(last=False)
        return loaded

    async def check(self, credential: Credential) -> None:
        """Raises CredentialChanged where what is stored now is another one or none; Unavailable."""
        account_id = credential.account.account_id
        stored = await credentials.find_version(self._runtime.callers, account_id, credential.key_id)
        if stored != credential.version:
            raise CredentialChanged

    def drop(self, dialect: Dialect, key_id: str) -> None:
        self._known.pop((dialect.name, key_id), None)

    async def _load(self, dialect: Dialect, key_id: str) -> Credential | None:
        stored = await credentials.find_credential(self._runtime.callers, dialect.name, key_id)
        if stored is None:
            return None
        row = _row_name(stored.account.account_id, key_id)
        plain = unseal(bytes.fromhex(self._runtime.vault_key.reveal()), stored.sealed, row)
        secrets = {name: Secret(text) for name, text in msgspec.json.decode(plain, type=dict[str, str]).items()}
        opened = dialect.open_credential(secrets)
        return Credential(key_id, stored.account, stored.version, opened, stored.holder)


def _row_name(account_id: UUID, key_id: str) -> str:
    return f"credential:{account_id}:{key_id}"
