"""TeemoPay's wire API, served for Brazil. README.md tells facts from decisions."""

from outlay.dialects.teemopay.inbound import DIALECT

__all__ = ["DIALECT"]
