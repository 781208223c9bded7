"""TeemoPay's wire API, for all its countries. README.md tells facts from decisions."""

from typing import Final

from outlay.dialects.teemopay import callers, codes, inbound, schema
from outlay.dialects.teemopay.samples import TeemoPaySamples
from outlay.wire.dialect import Dialect

DIALECT: Final = Dialect(
    name="teemopay",
    prefixes=(schema.PREFIX,),
    routes=inbound.ROUTES,
    samples=TeemoPaySamples(),
    refuse=inbound.refuse,
    trouble=codes.trouble_fault,
    write_fault=inbound.write_fault,
    issue_credential=callers.issue,
    open_credential=callers.open_app,
)

__all__ = ["DIALECT"]
