"""LessPay 2.0: see README.md beside this file for its endpoints, sources and decisions."""

from typing import Final

from outlay.dialects.lesspay import callers, codes, inbound, schema
from outlay.dialects.lesspay.samples import LessPaySamples
from outlay.wire.dialect import Dialect

DIALECT: Final = Dialect(
    name="lesspay",
    prefixes=schema.PREFIXES,
    routes=inbound.ROUTES,
    samples=LessPaySamples(),
    refuse=inbound.refuse,
    trouble=codes.trouble,
    write_fault=inbound.write_fault,
    issue_credential=callers.issue,
    open_credential=callers.open_secret,
)

__all__ = ["DIALECT"]
