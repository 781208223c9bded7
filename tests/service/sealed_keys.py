"""A dialect that shows what it was given, and keys sealed with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outlay.kit.secret import Secret
from outlay.service.operator.credentials import issue_credential
from outlay.wire.dialect import CredentialRequest, IssuedCredential
from tests.support.world import World


class Testing:
    """A dialect as far as credentials go: one secret, made from the chance it is given."""

    __test__ = False
    opened = 0

    def __init__(self, name: str = "testing") -> None:
        self.name = name

    def issue_credential(self, request: CredentialRequest) -> IssuedCredential:
        secret = request.entropy.hex()
        key_id = f"id-{secret[:8]}"
        return IssuedCredential(key_id, {"secret": secret}, {"id": key_id, "secret": secret})

    def open_credential(self, sealed: Mapping[str, Secret]) -> Any:
        self.opened += 1
        return sealed["secret"].reveal()


async def issue(world: World, dialect: Any) -> IssuedCredential:
    issued = await issue_credential(world.runtime, dialect, await world.account())
    assert isinstance(issued, IssuedCredential)
    return issued
