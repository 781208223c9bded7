"""UQPAY Global Acquiring v1.6: a merchant withdraws its balance to its own account. README.md has the sources."""

from outlay.dialects.uqpay.inbound import DIALECT

__all__ = ["DIALECT"]
