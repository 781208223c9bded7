"""LessPay 2.0: see README.md beside this file for its endpoints, sources and decisions."""

from typing import Final

from outlay.dialects.lesspay import callers, codes, envelope, inbound, schema
from outlay.dialects.lesspay.samples import SampleCalls
from outlay.wire.dialect import Dialect

DIALECT: Final = Dialect(
    name="lesspay",
    prefixes=schema.PREFIXES,
    routes=inbound.ROUTES,
    samples=SampleCalls(),
    refuse=codes.refuse,
    trouble=codes.trouble,
    write_fault=envelope.write_fault,
    issue_credential=callers.issue,
    open_credential=callers.open_credential,
)

__all__ = ["DIALECT"]
