"""The smallest dialect that can be, so that the gateway is tested without any of the real ones: a key in a header,
and a secret word that proves it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from outlay.core.refusal import Refusal
from outlay.kit.secret import Secret
from outlay.wire.dialect import Call, Context, Credential, CredentialRequest, IssuedCredential, Now, Route, Verified
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, Trouble
from outlay.wire.usecases import Answer, Ask, Greet

LONGEST_BODY = 10_000_000
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


class PlainDialect:
    """`read` can be set by a test; `seen` are the times at which the steps were told that it is."""

    name = "plain"
    prefixes = ("/plain/",)

    def __init__(self) -> None:
        self.read: Callable[[Call], Ask | Fault] = lambda _call: Greet()
        self.seen: dict[str, int] = {}
        self.routes = tuple(
            Route(method, path, self._identify, self._verify, self._read, self._write, opens, LONGEST_BODY)
            for method, path, opens in (
                ("GET", "/plain/things", False),
                ("POST", "/plain/things", False),
                ("GET", "/plain/things/{thing_id}", False),
                ("POST", "/plain/token", True),
            )
        )

    @property
    def samples(self) -> Any:
        raise NotImplementedError("the gateway sends nothing")

    def _identify(self, request: Request) -> Call | Fault:
        key_id = request.headers.get("x-key")
        return Call(request, key_id, NOBODY) if key_id else Fault(401, "no key", "x-key is required")

    def _verify(self, call: Call, credential: Credential, now_ms: int) -> Verified | Fault:
        self.seen["verify"] = now_ms
        if call.request.headers.get("x-word") != credential.opened.reveal():
            return NOT_PROVED
        return Verified(call.request.headers.get("x-nonce"), 10**15)

    def _read(self, call: Call, _credential: Credential, now: Now) -> Ask | Fault:
        self.seen |= {"read here": now.here_ms, "read": now.real_ms}
        return self.read(call)

    def _write(self, answer: Answer, context: Context) -> Response:
        self.seen["write"] = context.now_ms
        if isinstance(answer, Fault):
            return self.write_fault(answer, context.now_ms, context.entropy)
        if isinstance(answer, Refusal):
            return self.write_fault(self.refuse(answer), context.now_ms, context.entropy)
        parameters = context.call.request.parameters
        return Response(200, f"{type(answer).__name__} {dict(parameters)}".encode())

    def refuse(self, refusal: Refusal) -> Fault:
        return Fault(400, refusal.name, "refused")

    def trouble(self, trouble: Trouble) -> Fault:
        return Fault(STATUS.get(trouble, 400), trouble.name, "trouble")

    def write_fault(self, fault: Fault, now_ms: int, _entropy: bytes) -> Response:
        self.seen["fault"] = now_ms
        return Response(fault.status, str(fault.code).encode(), (("x-kind", "fault"),), fault)

    def issue_credential(self, request: CredentialRequest) -> IssuedCredential:
        key_id = request.entropy[:8].hex()
        return IssuedCredential(key_id, {"word": WORD}, {"key": key_id, "word": WORD})

    def open_credential(self, sealed: Mapping[str, Secret]) -> Secret:
        return sealed["word"]
