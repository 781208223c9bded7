"""The contract of a dialect: what a folder under `dialects/` must offer, so that one gateway pipeline serves them all.

The pipeline (api.gateway) for each request:

    route → identify → load the credential → verify (over the received bytes) → replay check → read → use case → write

Work is done in order of trust: `identify` reads the head of a request only, so a stranger's body is parsed by nobody;
it is parsed once, by `verify` where the proof is over its fields, else by `read`.

Everything here is pure: the time, the chance and the credential come in as values. A dialect's package exposes one
object named `DIALECT` that satisfies `Dialect`; the registry finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec

from outlay.core.account import Account
from outlay.core.refusal import Refusal
from outlay.kit.characters import is_blank
from outlay.kit.jsontext import JsonObject
from outlay.kit.secret import Secret
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, Trouble
from outlay.wire.samples import Samples
from outlay.wire.sizes import NO_BODY
from outlay.wire.usecases import Answer, Ask


class Call(msgspec.Struct, frozen=True):
    """A request whose sender has said who they are. `claims` is whatever else `identify` learnt, for the dialect's own
    later steps; `body` what the proof was over, empty until then and where the proof needs no body."""

    request: Request
    key_id: str
    if_unknown: Fault
    """The answer where no credential has this `key_id`, or where it was revoked."""
    claims: Any = None
    body: JsonObject = {}

    def proved(self, verified: Verified) -> Call:
        """The same call with what was read on the way to its proof."""
        return msgspec.structs.replace(self, body=verified.body)


class Now(msgspec.Struct, frozen=True):
    """One moment by two clocks, Unix milliseconds: the installation's, which a sandbox can move ahead and which payouts
    bear, and the real one, which callers have."""

    here_ms: int
    real_ms: int


class Credential(msgspec.Struct, frozen=True):
    """What a caller proves themselves with. `opened` is what the dialect's `open_credential` made of the stored
    secrets, once, when the credential was loaded. `holder`: the person or team that keeps it, where that is known."""

    key_id: str
    account: Account
    """The account that the credential belongs to (for a sub-account's call: the master)."""
    version: int
    opened: Any
    holder: str | None = None
    secrets: Mapping[str, Secret] = {}
    """What `opened` was made of, in memory only: another process opens it for itself."""


class Verified(msgspec.Struct, frozen=True):
    """A proved call. `nonce` must not have been used before by this credential until `nonce_until_ms`; `on_behalf_of`
    names the sub-account addressed instead of the caller's own account, by its id or by its short form as text, which
    `service` checks; `body` is the parsed body, where the proof is over its fields."""

    nonce: str | None = None
    nonce_until_ms: int = 0
    on_behalf_of: UUID | str | None = None
    body: JsonObject = {}


class Context(msgspec.Struct, frozen=True):
    """What an answer may be made from. `now_ms` is the real time; `entropy` holds 16 fresh random bytes for trace ids
    and the like."""

    credential: Credential
    call: Call
    account_id: UUID
    """The account addressed: the caller's own, or the sub-account."""
    now_ms: int
    entropy: bytes


class Route(msgspec.Struct, frozen=True):
    """One documented endpoint. `path` may have parts in braces; they match one segment each.

    identify  who is asking, from the headers alone: a Call, or the Fault to answer.
    verify    the proof, over what was received, at the real time; keys compared in constant time. Parses the body where
              its fields are what is signed.
    read      the fields of the proved call: an Ask, or the Fault.
    write     the answer, also for refusals and faults of the use case: bytes, signed where the API signs.
    """

    method: str
    path: str
    identify: Callable[[Request], Call | Fault]
    verify: Callable[[Call, Credential, int], Verified | Fault]
    read: Callable[[Call, Credential, Now], Ask | Fault]
    write: Callable[[Answer, Context], Response]
    opens: bool = False
    """This call gives what the others need (a token): its rate is limited by itself."""
    longest_body: int = NO_BODY
    """Bytes of the longest request that is documented here, however it is spelt (see wire.sizes)."""


class IssuedCredential(msgspec.Struct, frozen=True):
    """A new credential: `sealed` is stored encrypted, `shown` is printed once (a mapping of names to texts): all that a
    client needs, or of keys that the merchant brought only what is new to them. `advice`: what else they must know."""

    key_id: str
    sealed: Mapping[str, str]
    shown: Mapping[str, str]
    advice: str = ""

    def __repr__(self) -> str:
        return f"IssuedCredential({self.key_id!r}, ***)"


class CredentialRequest(msgspec.Struct, frozen=True):
    """`entropy`: 64 random bytes. `public_key_pem`: the merchant's own key, where the dialect takes one. `brought`: the
    keys that the merchant has already, by the names in which `shown` has them; empty: all are made anew."""

    account: Account
    entropy: bytes
    now_ms: int
    public_key_pem: str | None = None
    brought: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return f"CredentialRequest({self.account.account_id}, ***)"


class BadCredentialRequest(ValueError):
    """The request for a credential cannot be met; the message says what is allowed."""


def check_brought(brought: Mapping[str, str], *, needed: Collection[str], known: Collection[str] = ()) -> None:
    """See that the keys which a merchant brought are all there, and none of another API. Raises BadCredentialRequest,
    which names the fields and never repeats what stands in them."""
    if missing := [name for name in needed if not brought.get(name)]:
        raise BadCredentialRequest(f"{', '.join(missing)} is missing")
    if unknown := sorted(set(brought) - {*needed, *known}):
        raise BadCredentialRequest(
            f"{len(unknown)} fields are none of this API's: it knows {', '.join((*needed, *known))}"
        )
    for name, text in brought.items():
        if len(text) > LONGEST_BROUGHT or is_blank(text):
            raise BadCredentialRequest(f"{name} must have 1 to {LONGEST_BROUGHT} characters")


LONGEST_BROUGHT: Final = 8192
"""Characters; a key of 4096 bits has about 3200."""


class Dialect(Protocol):
    """One wire API, its server half."""

    @property
    def name(self) -> str:
        """The folder's name, as `credential create --dialect` takes it."""

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Path prefixes whose errors this dialect words, also for paths that it does not serve."""

    @property
    def routes(self) -> tuple[Route, ...]: ...

    @property
    def samples(self) -> Samples: ...

    def refuse(self, refusal: Refusal) -> Fault:
        """Total: every refusal has an answer."""

    def trouble(self, trouble: Trouble) -> Fault:
        """Total: every trouble has an answer."""

    def write_fault(self, fault: Fault, now_ms: int, entropy: bytes) -> Response:
        """The error form of this API."""

    def issue_credential(self, request: CredentialRequest) -> IssuedCredential:
        """Raises BadCredentialRequest."""

    def open_credential(self, sealed: Mapping[str, Secret]) -> Any:
        """Parse the stored secrets into what `verify` and `write` use."""
