"""The proof: HMAC-SHA256 over the method, the path, the time and the body's bytes, each followed by a line break."""

from __future__ import annotations

import hmac
from hashlib import sha256


def proof_of(secret: str, method: str, path: str, time: str, body: bytes) -> str:
    signed = b"".join(part + b"\n" for part in (method.encode(), path.encode(), time.encode(), body))
    return hmac.new(secret.encode(), signed, sha256).hexdigest()
