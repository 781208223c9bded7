"""The tables of docs/refusals.md: every "no" with its meaning, as its enumeration has it, and what each API says.

An API is a column, found by its folder; the words for a state stand in `tests/apis/<name>/words.py`.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from enum import Enum
from uuid import UUID

from outlay.core.account import Account
from outlay.core.asks import Greet
from outlay.core.destination import DestinationKind
from outlay.core.fees import FeePlan, fee_of
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.refusal import Family, Objection, Refusal
from outlay.dialects import all_dialects
from outlay.kit.secret import Secret
from outlay.wire.dialect import AnyDialect, CredentialRequest
from outlay.wire.problems import Fault, Trouble
from tests.apis.found import all_names, part_of
from tests.pages.marked import table
from tests.support.payees import payee


class NoMeaning(AssertionError):
    """A member of an enumeration has no docstring."""


def parts() -> Mapping[str, str]:
    return {
        "families": table(("family", "what it means"), _named(Family, str.lower)),
        "refusals": _refusals(),
        "objections": table(("objection", "what it means"), _named(Objection, str)),
        "troubles": _troubles(),
        "states": _states(),
    }


def meanings(of: type[Enum]) -> Mapping[str, str]:
    """By a member's name what stands below it in the source, on one line. Raises NoMeaning."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(of))).body[0]
    assert isinstance(tree, ast.ClassDef)
    found: dict[str, str] = {}
    for member, below in zip(tree.body, tree.body[1:], strict=False):
        match member, below:
            case ast.Assign(targets=[ast.Name(name)]), ast.Expr(ast.Constant(str(text))):
                found[name] = " ".join(text.split())
    if bare := [member.name for member in of if member.name not in found]:
        raise NoMeaning(f"{of.__name__}: write below each of these what it means: {', '.join(bare)}")
    return found


def _named(of: type[Enum], shown: Callable[[str], str]) -> list[list[str]]:
    return [[f"`{shown(name)}`", meaning] for name, meaning in meanings(of).items()]


def _refusals() -> str:
    said, opened = meanings(Refusal), {dialect.name: _opened(dialect) for dialect in all_dialects().values()}
    rows = [
        [
            f"`{refusal.name}`",
            refusal.family.name.lower(),
            said[refusal.name],
            *_answers(lambda dialect, what=refusal: dialect.refuse(what, Greet(), opened[dialect.name])),
        ]
        for refusal in Refusal
    ]
    return table(("refusal", "family", "what it means", *all_dialects()), rows)


def _opened(dialect: AnyDialect) -> object:
    """A credential of an account in the country of the samples."""
    account = Account(UUID(int=1), "Documented", dialect.samples.country)
    issued = dialect.issue_credential(CredentialRequest(account, bytes(64), 0))
    return dialect.open_credential({name: Secret(text) for name, text in issued.sealed.items()})


def _troubles() -> str:
    said = meanings(Trouble)
    rows = [
        [f"`{trouble.name}`", said[trouble.name], *_answers(lambda dialect, what=trouble: dialect.trouble(what))]
        for trouble in Trouble
    ]
    return table(("trouble", "what it means", *all_dialects()), rows)


def _answers(fault_of: Callable[[AnyDialect], Fault]) -> list[str]:
    faults = [fault_of(dialect) for dialect in all_dialects().values()]
    return [f"{fault.status} · `{fault.code}`" for fault in faults]


def _states() -> str:
    said = meanings(State)
    rows = [
        [
            f"`{state.value}`",
            said[state.name],
            *(f"`{part_of(name, 'words').word_of(_payout_in(state))}`" for name in all_names()),
        ]
        for state in State
    ]
    return table(("state", "what it means", *all_names()), rows)


def _payout_in(state: State) -> Payout:
    return Payout(
        account_id=UUID(int=1),
        payout_id=1,
        reference="A-1",
        currency="BRL",
        amount_minor=100,
        fee=fee_of(100, FeePlan()),
        beneficiary=payee(DestinationKind.PIX, name="Maria", account_number="1"),
        rail="sandbox",
        created_ms=1,
        state=state,
    )
