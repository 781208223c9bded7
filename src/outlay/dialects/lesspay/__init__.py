"""LessPay 2.0: see README.md beside this file for its endpoints, sources and decisions."""

from outlay.dialects.lesspay.inbound import DIALECT

__all__ = ["DIALECT"]
