"""UQPAY Global Acquiring v1.6: a merchant withdraws its balance to its own account. README.md has the sources."""

from typing import Final

from outlay.dialects.uqpay import callers, codes, envelope, inbound, schema
from outlay.dialects.uqpay.samples import SampleCalls
from outlay.wire.dialect import Dialect

DIALECT: Final = Dialect(
    name="uqpay",
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
