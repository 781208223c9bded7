"""The smallest dialect that can be, so that the gateway is tested without any of the real ones: a key in a header,
and a secret word that proves it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from outlay.core.asks import Ask, Greet
from outlay.kit.secret import Secret
from outlay.wire.dialect import (
    Asked,
    Call,
    Context,
    Credential,
    CredentialRequest,
    Dialect,
    IssuedCredential,
    Now,
    Verified,
    proof,
    route,
)
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, Trouble

WORD = "open sesame"
LONGEST_BODY = 1_000_000
NOBODY = Fault(401, "nobody", "x-key is not known")
NOT_PROVED = Fault(401, "not proved", "x-word is wrong")
STATUS = {
    Trouble.NO_SUCH_PATH: 404,
    Trouble.WRONG_METHOD: 405,
    Trouble.TOO_MANY_REQUESTS: 429,
    Trouble.NOT_CARRIED_OUT: 503,
    Trouble.UNAVAILABLE: 503,
    Trouble.INTERNAL: 500,
    Trouble.NONCE_REPEATED: 409,
    Trouble.BODY_ENCODED: 415,
}
NO_SAMPLES: Any = None
"""The gateway sends nothing."""


class PlainDialect:
    """`record` is the dialect. `read` can be set by a test; `seen` are the times at which the steps were told that it
    is."""

    def __init__(self) -> None:
        self.read: Callable[[Request], Ask[Any] | Fault] = lambda _request: Greet()
        self.seen: dict[str, int] = {}
        by_word = proof(_identify, self._verify)
        self.record = Dialect(
            name="plain",
            prefixes=("/plain/",),
            routes=tuple(
                route(method, path, by_word, self._read, self._write, opens=opens, longest_body=LONGEST_BODY)
                for method, path, opens in (
                    ("GET", "/plain/things", False),
                    ("POST", "/plain/things", False),
                    ("GET", "/plain/things/{thing_id}", False),
                    ("POST", "/plain/token", True),
                )
            ),
            samples=NO_SAMPLES,
            refuse=lambda refusal, _ask, _word: Fault(400, refusal.name, "refused"),
            trouble=lambda trouble: Fault(STATUS.get(trouble, 400), trouble.name, "trouble"),
            write_fault=self._write_fault,
            issue_credential=_issue,
            open_credential=lambda sealed: sealed["word"],
        )

    def _verify(self, call: Call[None], credential: Credential[Secret], now_ms: int) -> Verified[Request] | Fault:
        self.seen["verify"] = now_ms
        if call.request.headers.get("x-word") != credential.opened.reveal():
            return NOT_PROVED
        return Verified(call.request, call.request.headers.get("x-nonce"), 10**15)

    def _read(
        self, request: Request, _credential: Credential[Secret], now: Now
    ) -> Asked[Any, Mapping[str, str]] | Fault:
        self.seen |= {"read here": now.here_ms, "read": now.real_ms}
        ask = self.read(request)
        return ask if isinstance(ask, Fault) else Asked(ask, request.parameters)

    def _write(self, answer: Any, parameters: Mapping[str, str], context: Context[Secret]) -> Response:
        self.seen["write"] = context.now_ms
        return Response(200, f"{type(answer).__name__} {dict(parameters)}".encode())

    def _write_fault(self, fault: Fault, now_ms: int, _entropy: bytes) -> Response:
        self.seen["fault"] = now_ms
        return Response(fault.status, str(fault.code).encode(), (("x-kind", "fault"),))


def _identify(request: Request) -> Call[None] | Fault:
    key_id = request.headers.get("x-key")
    return Call(request, key_id, NOBODY, None) if key_id else Fault(401, "no key", "x-key is required")


def _issue(request: CredentialRequest) -> IssuedCredential:
    key_id = request.entropy[:8].hex()
    return IssuedCredential(key_id, {"word": WORD}, {"key": key_id, "word": WORD})
