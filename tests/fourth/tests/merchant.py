"""A merchant's own software for Harbour Pay: its signer is written from the document."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from tests.apis.contract import Making, Software
from tests.apis.software import as_bytes
from tests.e2e.raw_http import Call


class HarbourSoftware(Software):
    def __init__(self, shown: Mapping[str, str]) -> None:
        self._client, self._secret = shown["client"], shown["secret"]
        self.secrets = frozenset({self._secret})

    def call(self, making: Making, now_ms: int) -> Call:
        body = b"" if making.body is None else as_bytes(making.body)
        signed_as = body if making.signed_as is None else as_bytes(making.signed_as)
        if making.sent_as is not None or making.padded_to:  # whatever goes out is what is signed
            signed_as = making.finished(Call(making.method, making.path, {}, body)).body
        headers = self.signed(making.method, making.path, str(now_ms // 1000), signed_as)
        if making.body is not None:
            headers["content-type"] = "application/json"
        return Call(making.method, making.path, headers, body)

    def signed(self, method: str, path: str, time: str, body: bytes) -> dict[str, str]:
        text = f"{method}\n{path}\n{time}\n".encode() + body + b"\n"
        proof = hmac.new(self._secret.encode(), text, hashlib.sha256).hexdigest()
        return {"harbour-client": self._client, "harbour-time": time, "harbour-proof": proof}
