"""Large bodies are proved in another process: what both ends of the pipe between them know, and the far end's loop.

The near end (`helper`) sends a Job, and the body behind it as it was received. The far end opens the credential, takes
the same steps that a small body takes (`proving`), and sends back a Fault, or what the proof left; a large ask in
pieces, so that the loop which takes them in can serve others between two. The far end knows no database, no socket and
no file, and ends when its standard input does: so it cannot outlive whoever started it.

The trap: not everything can or should cross. A parsed body stays where it is, unless the ask is made of it; what an
ask would compute from it later (`Claim.older_digest`) is computed at once.
"""

from __future__ import annotations

import pickle
import signal
import struct
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final, NoReturn

import msgspec
from msgspec.structs import replace

from outlay.api.memory import WORTH_GIVING_BACK, hand_back
from outlay.api.proving import Proved, prove
from outlay.core.account import Account
from outlay.core.asks import Ask, KnownDigest, OrderBatch
from outlay.core.payout import Order
from outlay.kit.secret import Secret
from outlay.wire.dialect import AnyDialect, AnyRoute, Asked, Call, Credential, Now
from outlay.wire.message import Request
from outlay.wire.problems import Fault

JOB_SECONDS: Final = 20
"""After which the far end gives up by itself, whatever it hangs in. A batch of a thousand takes a fiftieth of one."""
LENGTHS: Final = struct.Struct("!QQ")
"""Before a job: its bytes, and the body's. Before a piece of an answer: its bytes, and 1 where others follow."""
PIECE: Final = 100
"""Orders in one piece of an answer: some tenths of a millisecond to take in."""


class Job(msgspec.Struct, frozen=True):
    """Prove and read this. `route`: its method and path; `request` without its body; `secrets` in plain text."""

    dialect: str
    route: tuple[str, str]
    request: Request
    key_id: str
    account: Account
    version: int
    holder: str | None
    secrets: Mapping[str, str]
    now: Now

    def __repr__(self) -> str:
        return f"Job({self.dialect}, {self.route}, ***)"


class Broken(msgspec.Struct, frozen=True):
    """A fault of ours in one of the steps; `told` is its traceback."""

    told: str


Outcome = Proved | Fault | Broken


def job_for(dialect: AnyDialect, route: AnyRoute, call: Call[Any], credential: Credential[Any], now: Now) -> Job:
    return Job(
        dialect=dialect.name,
        route=(route.method, route.path),
        request=replace(call.request, body=b""),
        key_id=credential.key_id,
        account=credential.account,
        version=credential.version,
        holder=credential.holder,
        secrets={name: secret.reveal() for name, secret in credential.secrets.items()},
        now=now,
    )


# -- pieces -----------------------------------------------------------------------------------------------------------


def pieces_of(outcome: Outcome) -> Iterator[Any]:
    """The outcome without its long part, then this: orders as tuples."""
    match outcome:
        case Proved(asked=Asked(ask=OrderBatch(orders=tuple(orders)) as ask, echo=echo)):
            yield replace(outcome, asked=Asked(replace(ask, orders=()), echo))
            yield from (orders[start : start + PIECE] for start in range(0, len(orders), PIECE))
        case _:
            yield outcome


def outcome_of(pieces: Sequence[Any]) -> Outcome:
    outcome: Outcome = pieces[0]
    match outcome:
        case Proved(asked=Asked(ask=OrderBatch(orders=tuple()) as ask, echo=echo)):
            orders: list[Order] = []
            for piece in pieces[1:]:
                orders += piece
            return replace(outcome, asked=Asked(replace(ask, orders=tuple(orders)), echo))
        case _:
            return outcome


# -- the far end ------------------------------------------------------------------------------------------------------


def work(dialects: Iterable[AnyDialect], jobs: BinaryIO, outcomes: BinaryIO) -> NoReturn:
    """Take jobs and send what becomes of them. Raises EOFError when there are no more, BrokenPipeError when nobody
    listens."""
    routes = {(d.name, route.method, route.path): (d, route) for d in dialects for route in d.routes}
    while True:
        job_bytes, body_bytes = LENGTHS.unpack(_exactly(jobs, LENGTHS.size))
        job: Job = pickle.loads(_exactly(jobs, job_bytes))  # noqa: S301 (from the process that started this one)
        body = _exactly(jobs, body_bytes)
        signal.alarm(JOB_SECONDS)  # ends this process
        outcome = _carry_out(*routes[job.dialect, *job.route], job, body)
        encoded = [pickle.dumps(piece, pickle.HIGHEST_PROTOCOL) for piece in pieces_of(outcome)]
        signal.alarm(0)
        del job, body, outcome
        for number, piece in enumerate(encoded, 1):
            outcomes.write(LENGTHS.pack(len(piece), number < len(encoded)))
            outcomes.write(piece)
        outcomes.flush()
        del encoded
        if body_bytes >= WORTH_GIVING_BACK // 4:  # what is made of a body takes some times its bytes
            hand_back()


def _exactly(stream: BinaryIO, size: int) -> bytes:
    read = stream.read(size)
    if len(read) < size:
        raise EOFError
    return read


def _carry_out(dialect: AnyDialect, route: AnyRoute, job: Job, body: bytes) -> Outcome:
    try:
        secrets = {name: Secret(text) for name, text in job.secrets.items()}
        opened = dialect.open_credential(secrets)
        credential = Credential(job.key_id, job.account, job.version, opened, job.holder)
        call = route.proof.identify(replace(job.request, body=body))
        proved = call if isinstance(call, Fault) else prove(route, call, credential, job.now)
        return proved if isinstance(proved, Fault) else _to_cross(proved)
    except Exception:
        return Broken(traceback.format_exc())


def _to_cross(proved: Proved) -> Proved:
    asked = proved.asked
    return proved if isinstance(asked, Fault) else replace(proved, asked=replace(asked, ask=_settled(asked.ask)))


def _settled(ask: Ask[Any]) -> Ask[Any]:
    claim = getattr(ask, "claim", None)
    if claim is None or claim.older_digest is None:
        return ask
    return replace(ask, claim=replace(claim, older_digest=KnownDigest(claim.older_digest())))
