"""TeemoPay's wire API, for all its countries. README.md tells facts from decisions."""

from typing import Final

from outlay.dialects.teemopay import callers, codes, envelope, inbound, schema
from outlay.dialects.teemopay.samples import SampleCalls
from outlay.wire.dialect import Dialect

DIALECT: Final = Dialect(
    name="teemopay",
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
