"""UQPAY Global Acquiring v1.6: a merchant withdraws its balance to its own account. README.md has the sources."""

from typing import Final

from outlay.dialects.uqpay import answers, callers, codes, inbound, schema
from outlay.dialects.uqpay.samples import UqpaySamples
from outlay.wire.dialect import Dialect

DIALECT: Final = Dialect(
    name="uqpay",
    prefixes=schema.API_PREFIXES,
    routes=inbound.ROUTES,
    samples=UqpaySamples(),
    refuse=codes.refuse_ask,
    trouble=codes.trouble,
    write_fault=answers.write_fault,
    issue_credential=callers.issue,
    open_credential=callers.open_keys,
)

__all__ = ["DIALECT"]
