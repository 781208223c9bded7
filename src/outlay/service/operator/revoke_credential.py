"""Take a credential away: from the next request on its key gets no answer."""

from __future__ import annotations

from outlay.service.runtime import Runtime
from outlay.store import credentials


async def revoke_credential(runtime: Runtime, key_id: str) -> bool:
    """False where no live credential has this key id."""
    return await credentials.revoke_credential(runtime.database, key_id, runtime.now_ms())
