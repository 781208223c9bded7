"""TeemoPay's wire API, for all its countries. README.md tells facts from decisions."""

from outlay.dialects.teemopay.inbound import DIALECT

__all__ = ["DIALECT"]
