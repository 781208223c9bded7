"""What merchants' own software for any API needs, as somebody would write it from the providers' documents.

Nothing here, or in `merchant.py` of an API, comes from Outlay. So an error that Outlay makes on both sides of its own
code cannot hide. The signers are held against the providers' vectors by the tests that use them.

The trap: numbers are signed by their spelling, so a body is parsed with its literals kept and never printed again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

CPF = "11144477735"
EVP = "7d9f0335-8dcc-4054-9bf9-0dbd61d36906"
BRL_FEE = {"BRL": ("5.00", "0.0500")}
Body = Mapping[str, Any] | bytes


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def new_reference(prefix: str = "T") -> str:
    return f"{prefix}-{uuid4().hex[:24]}"


def as_bytes(body: Body) -> bytes:
    """JSON in UTF-8. An unpaired surrogate has no UTF-8: then everything is escaped."""
    if isinstance(body, bytes):
        return body
    try:
        return json.dumps(body, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(body).encode("ascii")


class Literal(str):
    """A number of a JSON text, as it was written."""

    __slots__ = ()


def parse(text: str) -> Any:
    return json.loads(text, parse_int=Literal, parse_float=Literal, parse_constant=Literal)


def scalar_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return java_number(value) if isinstance(value, Literal) else str(value)


def java_number(literal: str) -> str:
    """What Java prints for a number that it read from this literal."""
    mantissa, _, exponent = literal.lower().partition("e")
    if mantissa == literal and "." not in literal:
        return "0" if literal == "-0" else literal
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0") or "0"
    scale = len(fraction) - int(exponent or "0")
    adjusted = len(digits) - 1 - scale
    if scale == 0:
        text = digits
    elif scale > 0 and adjusted >= -6:
        padded = digits.rjust(scale + 1, "0")
        text = f"{padded[:-scale]}.{padded[-scale:]}"
    else:
        text = digits[0] + (f".{digits[1:]}" if digits[1:] else "") + (f"E{adjusted:+d}" if adjusted else "")
    return f"-{text}" if literal.startswith("-") and digits != "0" else text
