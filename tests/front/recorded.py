"""Bytes that clients sent, as they came from the socket: Java's HttpClient (17), curl 7.88.1 and Node 20, and what each
meant. A tuple of pieces is what came at once; between two of them the client waited for something, or took its time."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Recorded(msgspec.Struct, frozen=True):
    """`meant`: the method and the body of each request."""

    pieces: Sequence[bytes]
    meant: Sequence[tuple[str, bytes]]


_TARGET = b"/api/pay/payout/query/v1"
_JAVA_OFFER = (
    b"HTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA\r\nUpgrade: h2c\r\n"
    b"User-Agent: Java-http-client/17.0.15\r\n"
)
_JAVA = (
    b" "
    + _TARGET
    + b" HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: %d\r\nHost: 127.0.0.1:36747\r\n"
)
_JAVA_POST = b"POST" + _JAVA + _JAVA_OFFER + b"Content-Type: application/json\r\n\r\n"
_JAVA_GET = b"GET" + _JAVA + _JAVA_OFFER + b"\r\n"
_CURL = _TARGET + b" HTTP/1.1\r\nHost: 127.0.0.1:34357\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n"
_CURL_OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
_JSON = b"Content-Type: application/json\r\n"
_NODE = (
    b" HTTP/1.1\r\nhost: 127.0.0.1:46831\r\nconnection: keep-alive\r\ncontent-type: application/json\r\naccept: */*\r\n"
    b"accept-language: *\r\nsec-fetch-mode: cors\r\nuser-agent: node\r\naccept-encoding: gzip, deflate\r\n"
)
_BODY = b'{"a":1}'

RECORDED = {
    "Java, two posts and a get": Recorded(
        (
            _JAVA_POST % 11, b'{"first":1}', _JAVA_POST % 13 + b'{"second":22}', _JAVA_GET % 0,
        ),
        (("POST", b'{"first":1}'), ("POST", b'{"second":22}'), ("GET", b"")),
    ),
    "curl --http2, post": Recorded(
        (b"POST " + _CURL + _CURL_OFFER + _JSON + b"Content-Length: 7\r\n\r\n" + _BODY,), (("POST", _BODY),)
    ),
    "curl --http2, get": Recorded((b"GET " + _CURL + _CURL_OFFER + b"\r\n",), (("GET", b""),)),
    "curl -0": Recorded(
        (b"POST " + _CURL.replace(b"HTTP/1.1", b"HTTP/1.0") + _JSON + b"Content-Length: 7\r\n\r\n" + _BODY,),
        (("POST", _BODY),),
    ),
    "curl, chunked": Recorded(
        (b"POST " + _CURL + b"Transfer-Encoding: chunked\r\n" + _JSON + b"\r\n7\r\n" + _BODY + b"\r\n0\r\n\r\n",),
        (("POST", _BODY),),
    ),
    "curl, waiting for 100": Recorded(
        (b"POST " + _CURL + b"Expect: 100-continue\r\n" + _JSON + b"Content-Length: 7\r\n\r\n", _BODY),
        (("POST", _BODY),),
    ),
    "Node, fetch": Recorded((b"POST " + _TARGET + _NODE + b"content-length: 7\r\n\r\n" + _BODY,), (("POST", _BODY),)),
    "Node, http": Recorded(
        (
            b"POST " + _TARGET + b" HTTP/1.1\r\ncontent-type: application/json\r\nHost: 127.0.0.1:42043\r\n"
            b"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + _BODY[:5] + b"\r\n2\r\n" + _BODY[5:]
            + b"\r\n0\r\n\r\n",
        ),
        (("POST", _BODY),),
    ),
}  # fmt: skip
