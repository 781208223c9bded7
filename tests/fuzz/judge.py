"""Looks at every answer, and at what is stored when all is over. What is demanded:

    server error   HTTP status below 500
    shape          JSON in a documented shape, nothing surplus; a code that is documented for this endpoint
    accepts        a valid request is accepted
    refuses        a request without a required field, with a text too long or with no JSON is refused
    proof          a good signature is never called a bad one
    secret         no answer holds a secret; no error repeats what was sent
    made once      one reference never makes two things, and what was refused makes nothing
    books          the ledger proves itself, and no money came from nowhere or went nowhere

The trap: an oracle that never looks is always content. So each of these is met by a planted fault in `test_fuzz`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from outlay.wire.problems import Trouble
from tests.apis.found import documented_of
from tests.e2e.raw_http import Answer
from tests.fuzz.attacks import attack_of
from tests.fuzz.drafts import Draft, Target
from tests.fuzz.mutations import AT_ONCE, CHANGED, MARK, MUST_REFUSE, RESENT
from tests.fuzz.stage import Stage

_EVERYWHERE = (Trouble.NO_SUCH_PATH, Trouble.WRONG_METHOD, Trouble.BODY_TOO_LARGE)
"""Errors that every endpoint has; and that the body cannot be read, where it reads one."""
CLAIMS = "select account_id::text, reference, subject_id from claims"
PAYOUTS = "select account_id::text, payout_id, batch_id from payouts"
MADE = {
    "bank_accounts": "select account_id::text, bank_account_id from bank_accounts",
    "transfers": "select account_id::text, transfer_id from transfers where direction = 'out' and not is_payout",
}
UNBALANCED = "select account_id::text, currency, sum(minor) from balances group by 1, 2 having sum(minor) <> 0"
FUNDED = "select account_id::text, currency, -minor from balances where book = 'funding'"
BETWEEN_ACCOUNTS = """
select currency, sum(minor) from balances where book in ('transfers', 'clearing:internal')
group by 1 having sum(minor) <> 0
"""
"""A payout to another account here is given over the rail `internal` and taken from `transfers`."""


class Finding(msgspec.Struct, frozen=True):
    oracle: str
    target: str
    about: str

    def __str__(self) -> str:
        return f"[{self.oracle}] {self.target}: {self.about}"


class Shot(msgspec.Struct, frozen=True):
    """One request with what was done to it."""

    target: Target
    draft: Draft
    kinds: tuple[str, ...]

    @property
    def is_valid(self) -> bool:
        return not self.kinds or self.kinds == (AT_ONCE,)


class Judge:
    """`findings` is all that was found; `made` the things that were made, by account and reference."""

    def __init__(self, stage: Stage) -> None:
        self.findings: list[Finding] = []
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.codes: Counter[tuple[str, Any]] = Counter()
        self._stage = stage
        self._secrets = stage.secrets()
        self._made: dict[tuple[str, str], tuple[set[str], int]] = {}
        self._claims_before = {(account, reference) for account, reference, _ in stage.books.rows(CLAIMS)}

    def one_sided(self, targets: Sequence[Target]) -> list[Target]:
        """Those of which no request was accepted yet, or none was refused."""
        return [target for target in targets if not (self.accepted[target.name] and self.refused[target.name])]

    # -- one answer ---------------------------------------------------------------------------------------------------

    def look(self, shot: Shot, answer: Answer) -> bool:
        """Whether the request was accepted."""
        about = f"{_request(shot)} → {answer.status} {answer.body[:500]!r}"
        try:
            is_accepted, complaints = self._read(shot, answer)
        except (msgspec.ValidationError, ValueError, AssertionError, KeyError) as error:
            is_accepted, complaints = False, [("shape", str(error))]
        if answer.status >= 500:
            complaints = [("server error", "")]
        for oracle, why in complaints:
            self.findings.append(Finding(oracle, shot.target.name, f"{why} {about}"))
        (self.accepted if is_accepted else self.refused)[shot.target.name] += 1
        if is_accepted and shot.target.made_id is not None:
            self._note_made(shot, json.loads(answer.body))
        return is_accepted

    def _read(self, shot: Shot, answer: Answer) -> tuple[bool, list[tuple[str, str]]]:
        """Whether it is a success, and what is wrong with it. Raises where the shape is wrong."""
        document = answer.json()
        text = answer.body.decode("utf-8")
        found = [("secret", "told") for secret in self._secrets if secret in text]
        documented, attack = documented_of(shot.target.api), attack_of(shot.target.api)
        if documented.is_success(answer):
            msgspec.json.decode(answer.body, type=shot.target.answer)
            if must_be_refused(shot):
                found.append(("refuses", "accepted"))
            return True, found
        code = attack.error(answer.body)
        self.codes[shot.target.name, code] += 1
        if not _is_documented(shot, answer.status, code):
            found.append(("shape", f"undocumented code {code}"))
        if MARK in text:
            found.append(("secret", "the error repeats what was sent"))
        if attack.denies_proof(answer.status, document):
            found.append(("proof", "denied"))
        if shot.kinds == () or (shot.kinds == (RESENT,) and documented.same_again is None):
            found.append(("accepts", f"refused with {code}"))
        return False, found

    # -- what was made ------------------------------------------------------------------------------------------------

    def _note_made(self, shot: Shot, document: Any) -> None:
        target, draft = shot.target, shot.draft
        assert target.reference is not None
        assert target.made_id is not None
        key = target.claimed_on(self._stage, draft), target.reference(draft)
        ids, _ = self._made.get(key, (set(), 0))
        ids.add(target.made_id(document))
        self._made[key] = ids, target.made_of(draft)
        if len(ids) > 1:
            about = f"{sorted(ids)} under one reference, {shot.kinds}: {_request(shot)}"
            self.findings.append(Finding("made once", target.name, about))

    # -- when all is over ---------------------------------------------------------------------------------------------

    def look_at_the_books(self) -> None:
        self._stage.settle()
        for oracle, about in [*self._faults_of_making(), *self._faults_of_money()]:
            self.findings.append(Finding(oracle, "afterwards", about))

    def _faults_of_making(self) -> Iterator[tuple[str, str]]:
        rows = self._stage.books.rows
        claims = {(account, reference): subject for account, reference, subject in rows(CLAIMS)}
        new = set(claims) - self._claims_before
        for key in new - set(self._made):
            yield "made once", f"made, though no request was accepted: {key}"
        for key in set(self._made) - new:
            yield "made once", f"accepted and not there: {key}"
        payouts = rows(PAYOUTS)
        counted = Counter(batch_id or payout_id for _, payout_id, batch_id in payouts)
        for key, (_, wanted) in self._made.items():
            if key in claims and counted.get(claims[key], 1) != wanted:
                yield "made once", f"{counted[claims[key]]} payouts instead of {wanted}: {key}"
        claimed = {(account, subject) for (account, _), subject in claims.items()}
        for account, payout_id, batch_id in payouts:
            if (account, batch_id or payout_id) not in claimed:
                yield "made once", f"payout {payout_id} belongs to no reference"
        for table, sql in MADE.items():
            for account, number in rows(sql):
                if (account, number) not in claimed:
                    yield "made once", f"a row of {table} belongs to no reference: {number}"

    def _faults_of_money(self) -> Iterator[tuple[str, str]]:
        rows = self._stage.books.rows
        for row in [*rows(UNBALANCED), *rows(BETWEEN_ACCOUNTS)]:
            yield "books", f"not balanced: {row}"
        funded = {(account, currency): int(minor) for account, currency, minor in rows(FUNDED)}
        if {key: minor for key, minor in funded.items() if minor} != self._stage.funded:
            yield "books", "money came in that nobody sent"
        verdict = self._stage.server.cli.run(["ledger", "verify", "--json"])
        if verdict.status != 0 or json.loads(verdict.out)["ok"] is not True:
            yield "books", f"ledger verify: {verdict.out[-1500:]} {verdict.err[-300:]}"


# -- what an answer is ------------------------------------------------------------------------------------------------


def _is_documented(shot: Shot, status: int, code: Any) -> bool:
    target, documented, attack = shot.target, documented_of(shot.target.api), attack_of(shot.target.api)
    everywhere = [documented.troubles[trouble] for trouble in _EVERYWHERE]
    if target.reads_body:
        everywhere.append(documented.unreadable)
    if any((status, code) == (said.status, said.code) for said in everywhere):
        return True
    if shot.kinds == (AT_ONCE,) and (status, code) in attack.running:
        return True
    return code in target.codes and status in attack.statuses


def must_be_refused(shot: Shot) -> bool:
    if shot.kinds == (CHANGED,):
        return True
    if shot.kinds == (RESENT,):
        return documented_of(shot.target.api).same_again is not None
    return len(shot.kinds) == 1 and shot.kinds[0] in MUST_REFUSE and shot.target.reads_body


def _request(shot: Shot) -> str:
    draft = shot.draft
    body = draft.raw if draft.raw is not None else draft.text().encode()
    return f"({', '.join(shot.kinds) or 'valid'}) {draft.method} {draft.target()[:200]} {draft.headers} {body[:700]!r}"
