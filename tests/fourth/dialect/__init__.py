"""Harbour Pay v1: payouts to an IBAN, asked for under the merchant's own reference."""

from __future__ import annotations

from typing import Final

from outlay.dialects.harbour import callers, codes, envelope, schema
from outlay.dialects.harbour.inbound import ROUTES
from outlay.dialects.harbour.samples import SampleCalls
from outlay.wire.dialect import Dialect

__all__ = ["DIALECT"]

DIALECT: Final = Dialect(
    name="harbour",
    prefixes=(schema.PREFIX,),
    routes=ROUTES,
    samples=SampleCalls(),
    refuse=lambda refusal, _ask, _key: codes.REFUSALS[refusal],
    trouble=codes.trouble,
    write_fault=envelope.write_fault,
    issue_credential=callers.issue_credential,
    open_credential=callers.open_credential,
)
