"""The contract of a dialect: what a folder under `dialects/` must offer, so that one gateway pipeline serves them all.

The pipeline (api.gateway) for each request:

    route → identify → load the credential → verify (over the received bytes) → replay check → read → use case → write

Work is done in order of trust: `identify` reads the head of a request only, so a stranger's body is parsed by nobody;
it is parsed once, by `verify` where the proof is over its fields, else by `read`. Each step hands on what it learnt, so
that none of them reads anything again.

Everything here is pure: the time, the chance and the credential come in as values. A dialect's folder exposes one
object named `DIALECT`, which `outlay.dialects` finds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec

from outlay.core.account import Account
from outlay.core.asks import A, Ask
from outlay.core.refusal import Refusal
from outlay.kit.characters import is_blank
from outlay.kit.secret import Secret
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, Trouble
from outlay.wire.samples import Samples
from outlay.wire.sizes import NO_BODY

Head = TypeVar("Head")
"""What `identify` read of a head, and nobody has proved."""
Said = TypeVar("Said")
"""What `verify` read on the way to the proof."""
Opened = TypeVar("Opened")
"""What `open_credential` makes of the stored secrets."""
Echo = TypeVar("Echo")
"""What `read` hands on for `write`."""


class Call(msgspec.Struct, Generic[Head], frozen=True):
    """A request whose sender has said who they are. `head`: what else `identify` read of it, for `verify`."""

    request: Request
    key_id: str
    if_unknown: Fault
    """The answer where no credential has this `key_id`, or where it was revoked."""
    head: Head


class Now(msgspec.Struct, frozen=True):
    """One moment by two clocks, Unix milliseconds: the installation's, which a sandbox can move ahead and which payouts
    bear, and the real one, which callers have."""

    here_ms: int
    real_ms: int


class Credential(msgspec.Struct, Generic[Opened], frozen=True):
    """What a caller proves themselves with. `opened` is what the dialect's `open_credential` made of the stored
    secrets, once, when the credential was loaded. `holder`: the person or team that keeps it, where that is known."""

    key_id: str
    account: Account
    """The account that the credential belongs to (for a sub-account's call: the master)."""
    version: int
    opened: Opened
    holder: str | None = None
    secrets: Mapping[str, Secret] = {}
    """What `opened` was made of, in memory only: another process opens it for itself."""
    has_subs: bool = True
    """Whether there may be accounts under that account: False only where it is known that there are none."""


class Verified(msgspec.Struct, Generic[Said], frozen=True):
    """A proved call, and what was read on the way to its proof: `said`, for `read`. `nonce` must not have been used
    before by this credential until `nonce_until_ms`; `on_behalf_of` names the sub-account addressed instead of the
    caller's own account, by its id or by its short form as text, which `service` checks."""

    said: Said
    nonce: str | None = None
    nonce_until_ms: int = 0
    on_behalf_of: UUID | str | None = None


class Proof(msgspec.Struct, Generic[Said, Opened], frozen=True):
    """How a call is proved.

    identify  who is asking, from the head alone: a Call, or the Fault to answer.
    verify    the proof, over what was received, at the real time (Unix milliseconds); keys compared in constant time.
              Parses the body where its fields are what is signed.

    Made by `proof`, which sees that the two fit."""

    identify: Callable[[Request], Call[Any] | Fault]
    verify: Callable[[Call[Any], Credential[Opened], int], Verified[Said] | Fault]


def proof(
    identify: Callable[[Request], Call[Head] | Fault],
    verify: Callable[[Call[Head], Credential[Opened], int], Verified[Said] | Fault],
) -> Proof[Said, Opened]:
    """A proof whose `verify` takes what its `identify` gives."""
    return Proof(identify, verify)


class Asked(msgspec.Struct, Generic[A, Echo], frozen=True):
    """What a proved call asks of Outlay, and what its answer may repeat of it. Where the fields of an ask that makes
    something are wrong, the ask is empty and the echo holds what is wrong."""

    ask: Ask[A]
    echo: Echo


class Context(msgspec.Struct, Generic[Opened], frozen=True):
    """What else an answer may be made from. `now_ms` is the real time; `entropy` holds 16 fresh random bytes for trace
    ids and the like."""

    credential: Credential[Opened]
    account_id: UUID
    """The account addressed: the caller's own, or the sub-account."""
    now_ms: int
    entropy: bytes


class Route(msgspec.Struct, Generic[Said, Opened, A, Echo], frozen=True):
    """One documented endpoint. `path` may have parts in braces; they match one segment each.

    proof     who is asking, and that they are.
    read      the fields of the proved call: what is asked and what the answer may repeat, or the Fault.
    write     the answer to that ask: bytes, signed where the API signs, or a Fault where it is one in this API. A
              refusal never comes here: the gateway words it through the dialect.

    Made by `route`, which sees that the three fit."""

    method: str
    path: str
    proof: Proof[Said, Opened]
    read: Callable[[Said, Credential[Opened], Now], Asked[A, Echo] | Fault]
    write: Callable[[A, Echo, Context[Opened]], Response | Fault]
    opens: bool = False
    """This call gives what the others need (a token): its rate is limited by itself."""
    longest_body: int = NO_BODY
    """Bytes of the longest request that is documented here, however it is spelt (see wire.sizes)."""


def route(
    method: str,
    path: str,
    proof: Proof[Said, Opened],
    read: Callable[[Said, Credential[Opened], Now], Asked[A, Echo] | Fault],
    write: Callable[[A, Echo, Context[Opened]], Response | Fault],
    *,
    opens: bool = False,
    longest_body: int = NO_BODY,
) -> Route[Any, Opened, Any, Any]:
    """A route whose `read` takes what its proof gives, and whose `write` takes the answer to what `read` asks. Under an
    annotation of the result one that does not fit would pass unseen: here the letters are inferred first and forgotten
    afterwards."""
    return Route(method, path, proof, read, write, opens, longest_body)


AnyRoute = Route[Any, Any, Any, Any]


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


class Dialect(msgspec.Struct, Generic[Opened], frozen=True, kw_only=True):
    """One wire API, its server half: a record of functions, the table of contents of its folder.

    refuse            the answer for a refusal of that ask. Total: every refusal has one.
    trouble           the answer for a trouble of the gateway. Total as well.
    write_fault       the error form of this API; takes the real time (Unix milliseconds) and 16 fresh random bytes.
    issue_credential  makes a new credential. Raises BadCredentialRequest.
    open_credential   parses the stored secrets into what `verify` and `write` use.
    """

    name: str
    """The folder's name, as `credential create --dialect` takes it."""
    prefixes: tuple[str, ...]
    """Path prefixes whose errors this dialect words, also for paths that it does not serve."""
    routes: tuple[Route[Any, Opened, Any, Any], ...]
    samples: Samples
    refuse: Callable[[Refusal, Ask[Any], Opened], Fault]
    trouble: Callable[[Trouble], Fault]
    write_fault: Callable[[Fault, int, bytes], Response]
    issue_credential: Callable[[CredentialRequest], IssuedCredential]
    open_credential: Callable[[Mapping[str, Secret]], Opened]


AnyDialect = Dialect[Any]
