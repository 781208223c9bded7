"""A request's head between the parser and the application: what may stand in one, and the scope that ASGI wants.

The parser (llhttp) sees to the syntax and to lengths that contradict each other. What HTTP demands of a head besides is
here.

The trap: an offer to upgrade. A server may pass it over and must then read the body as usual, but the parser takes
everything behind such a head for another protocol. So it is given the head once more without the offer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote

import httptools

from outlay.api import rejections
from outlay.api.rejections import Rejection

Headers = list[tuple[bytes, bytes]]
"""Names in lower case; values without the blanks around them."""

_ASGI: Final = {"version": "3.0", "spec_version": "2.3"}
_LINE_EXTRAS: Final = 4
"""Colon, blank and line end."""


def fault_of(version: str, headers: Headers) -> Rejection | None:
    """What is wrong with a head that can be parsed."""
    names = [name for name, _ in headers]
    hosts = names.count(b"host")
    if version == "1.1":
        return None if hosts == 1 else rejections.NOT_ONE_HOST
    if version != "1.0":
        return rejections.VERSION
    if hosts > 1:
        return rejections.NOT_ONE_HOST
    return rejections.CHUNKS_IN_1_0 if b"transfer-encoding" in names else None


def scope_of(
    method: bytes, url: bytes, version: str, headers: Headers, ends: tuple[object, object]
) -> dict[str, Any] | None:
    """`ends`: our address and the peer's, as the socket gives them. None where the target is no path."""
    try:
        parsed = httptools.parse_url(url)
        raw_path = parsed.path or b"/"
        path = raw_path.decode("ascii")
    except (httptools.HttpParserInvalidURLError, UnicodeDecodeError):
        return None
    return {
        "type": "http",
        "asgi": _ASGI,
        "http_version": version,
        "server": ends[0],
        "client": ends[1],
        "scheme": "http",
        "method": method.decode("ascii"),
        "root_path": "",
        "path": unquote(path) if "%" in path else path,
        "raw_path": raw_path,
        "query_string": parsed.query or b"",
        "headers": headers,
    }


def size_of(method: bytes, url: bytes, headers: Headers) -> int:
    """Bytes, to within the blanks around values."""
    lines = sum(len(name) + len(value) + _LINE_EXTRAS for name, value in headers)
    return len(method) + len(url) + len(b"  HTTP/1.1\r\n") + lines


def without_offer(method: bytes, url: bytes, version: str, headers: Headers) -> bytes:
    """The same head, offering nothing: it ends with its empty line."""
    lines = [b"%b %b HTTP/%b" % (method, url, version.encode("ascii"))]
    for name, value in headers:
        if name == b"connection":
            tokens = _tokens_but_upgrade(value)
            if tokens:
                lines.append(b"connection: " + b", ".join(tokens))
        elif name != b"upgrade":
            lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join([*lines, b"", b""])


def _tokens_but_upgrade(value: bytes) -> Sequence[bytes]:
    tokens = [token.strip(b" \t") for token in value.split(b",")]
    return [token for token in tokens if token and token.lower() != b"upgrade"]
