"""What the front itself says no to: requests that never become one, so no API is asked.

The trap: nothing of what was sent may stand in such an answer; it says what is allowed.
"""

from __future__ import annotations

import http
from typing import Final

import msgspec


def _status_line(status: int) -> bytes:
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode("ascii")


STATUS_LINES: Final = {status: _status_line(status) for status in range(100, 600)}


class Rejection(msgspec.Struct, frozen=True):
    """`status` and a sentence for whoever wrote the client. The connection is closed behind it."""

    status: int
    sentence: str

    def raw(self, date_line: bytes) -> bytes:
        """The whole answer, as it goes to the socket."""
        body = msgspec.json.encode({"error": self.sentence})
        return (b"%bcontent-type: application/json\r\ncontent-length: %d\r\n%bconnection: close\r\n\r\n%b") % (
            STATUS_LINES[self.status],
            len(body),
            date_line,
            body,
        )


NOT_HTTP: Final = Rejection(400, "not a well-formed HTTP/1.1 request")
BAD_TARGET: Final = Rejection(400, "the request target must be a path in ASCII, with percent-encoding for the rest")
NOT_ONE_HOST: Final = Rejection(400, "exactly one Host header is needed")
CHUNKS_IN_1_0: Final = Rejection(400, "Transfer-Encoding needs HTTP/1.1")
HEAD_TOO_SLOW: Final = Rejection(408, "the request line and the headers took too long")
BODY_TOO_SLOW: Final = Rejection(408, "the body took too long or came too slowly")
TARGET_TOO_LONG: Final = Rejection(414, "the request target is too long")
HEAD_TOO_LONG: Final = Rejection(431, "the request line and the headers are too long, or too many")
FAILED: Final = Rejection(
    500, "a fault of ours; nobody can say whether the request took effect: query before you repeat it"
)
CONNECT: Final = Rejection(501, "CONNECT is not served")
CUT_SHORT: Final = Rejection(503, "the server is stopping; the outcome is unknown: query before you repeat the request")
VERSION: Final = Rejection(505, "HTTP/1.1 and HTTP/1.0 are served")
