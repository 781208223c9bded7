"""What is proved of a data folder after its server was killed."""

from __future__ import annotations

from collections.abc import Sequence

from tests.e2e.checker import books_of
from tests.e2e.orders import Sent, Verdict, definite
from tests.e2e.server import Server, main_postgres_on


def copy_of(table: str, changed: str) -> str:
    """A statement that writes the payout's row a second time, with other values for some columns."""
    row = f"jsonb_populate_record(null::{table}, to_jsonb(t) || jsonb_build_object({changed}))"
    return f"insert into {table} select ({row}).* from {table} t"


DEFINITE = {Verdict.ACCEPTED, Verdict.DUPLICATE}


def resend_what_was_not_acknowledged(orders: Sequence[Sent]) -> None:
    """The same reference or key again: it is ordered now, or it was; nothing else may be said."""
    for sent in orders:
        if sent.acknowledged_id is None:
            answer = definite(sent)
            assert answer.verdict in DEFINITE, answer


def prove(server: Server, orders: Sequence[Sent]) -> None:
    """What the merchants were told is what happened, every payout ends, and the books hold."""
    with books_of(server.data) as books:
        books.wait_until_settled()
        assert books.faults(orders) == []
    assert server.cli.json("ledger", "verify")["ok"] is True
    assert len(main_postgres_on(server.data)) == 1
    assert "internal fault" not in server.said()
