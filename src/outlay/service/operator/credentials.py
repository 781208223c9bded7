"""Issue credentials, and take them away.

The secrets are sealed before they reach the store; how they are opened again is told by service.engine.credentials.

The trap: what a credential shows must be shown now, it cannot be read again. Whoever could not show it takes it away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from outlay.core.refusal import Refusal
from outlay.kit.vault import NONCE_BYTES, seal
from outlay.service.engine.credentials import row_name
from outlay.service.runtime import Runtime
from outlay.store import accounts, credentials
from outlay.wire.dialect import AnyDialect, BadCredentialRequest, CredentialRequest, IssuedCredential

_ENTROPY_BYTES: Final = 64


async def issue_credential(
    runtime: Runtime,
    dialect: AnyDialect,
    account_id: UUID,
    public_key_pem: str | None = None,
    holder: str | None = None,
    *,
    brought: Mapping[str, str] | None = None,
) -> IssuedCredential | Refusal:
    """A new credential, or one of keys that the merchant brought; what it shows must be shown now, it cannot be read
    again. `holder`: who keeps it, and so may not approve what is ordered with it. Raises BadCredentialRequest, also
    where the key's id is taken: it must stand for one merchant."""
    account = await accounts.read_account(runtime.database, account_id)
    if account is None:
        return Refusal.ACCOUNT_NOT_FOUND
    now_ms = runtime.now_ms()
    request = CredentialRequest(account, runtime.entropy(_ENTROPY_BYTES), now_ms, public_key_pem, brought or {})
    issued = dialect.issue_credential(request)
    sealed = seal(
        bytes.fromhex(runtime.vault_key.reveal()),
        runtime.entropy(NONCE_BYTES),
        msgspec.json.encode(dict(issued.sealed)),
        row_name(account_id, issued.key_id),
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


async def revoke_credential(runtime: Runtime, key_id: str) -> bool:
    """From the next request on its key gets no answer. False where no live credential has this key id."""
    return await credentials.mark_revoked(runtime.database, key_id, runtime.now_ms())
