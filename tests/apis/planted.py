"""For each promise a dialect that breaks it: the control of the suite, so that none of its promises is empty.

A fault is planted in the record of a dialect, by its functions alone, so that it can be planted in every folder, also
in one that is not written yet.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from outlay.core.asks import UNCLAIMED, Repeated, WholeOrder
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.refusal import Refusal
from outlay.wire.dialect import AnyDialect, AnyRoute
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, Trouble
from tests.apis import calling, exercise, learning, ordering
from tests.apis.contract import Documented, Said
from tests.apis.exercise import Promise

Broken = tuple[AnyDialect, Documented]
Change = Callable[[Any], Any]


def with_routes(dialect: AnyDialect, change: Callable[[AnyRoute], AnyRoute]) -> AnyDialect:
    return replace(dialect, routes=tuple(change(route) for route in dialect.routes))


def with_identify(dialect: AnyDialect, change: Callable[[Any, Request], Any]) -> AnyDialect:
    """`change` gets the true `identify` and the request, but for the call that gives a token."""

    def changed(route: AnyRoute) -> AnyRoute:
        if route.opens:
            return route
        identify = route.proof.identify
        return replace(route, proof=replace(route.proof, identify=lambda request: change(identify, request)))

    return with_routes(dialect, changed)


def with_answers(dialect: AnyDialect, change: Change) -> AnyDialect:
    """What is written is another answer than the one that was given."""

    def changed(route: AnyRoute) -> AnyRoute:
        write = route.write
        return replace(route, write=lambda answer, echo, context: write(change(answer), echo, context))

    return with_routes(dialect, changed)


def _answers_with_the_key(dialect: AnyDialect, documented: Documented) -> Broken:
    def changed(route: AnyRoute) -> AnyRoute:
        write = route.write

        def written(answer: Any, echo: Any, context: Any) -> Any:
            response = write(answer, echo, context)
            secret = "".join(each.reveal() for each in context.credential.secrets.values())
            if not isinstance(response, Response):
                return response
            return replace(response, body=response.body[:-1] + b"," + json.dumps({"key": secret}).encode()[1:])

        return replace(route, write=written)

    return with_routes(dialect, changed), documented


def _takes_everybody_for_the_first(dialect: AnyDialect, documented: Documented) -> Broken:
    """Whoever names somebody else is believed to be the one who came first."""
    first: dict[str, str] = {}

    def identified(identify: Any, request: Request) -> Any:
        named = request.headers.get(documented.key_header)
        if not first and named:
            first[documented.key_header] = named
        return identify(replace(request, headers={**request.headers, **first}))

    return with_identify(dialect, identified), documented


def _believes_everybody_for_an_hour(dialect: AnyDialect, documented: Documented) -> Broken:
    """Whoever comes after somebody who has proved a call is believed, whatever they send."""

    def changed(route: AnyRoute) -> AnyRoute:
        proof, named, proved = route.proof, [], []

        def identify(request: Request) -> Any:
            call = proof.identify(request)
            if isinstance(call, Fault):
                return replace(named[-1], request=request) if named and not route.opens else call
            named.append(call)
            return call

        def verify(call: Any, credential: Any, now_ms: int) -> Any:
            verified = proof.verify(call, credential, now_ms)
            if isinstance(verified, Fault):
                return proved[-1] if proved else verified
            proved.append(verified)
            return verified

        return replace(route, proof=replace(proof, identify=identify, verify=verify))

    return with_routes(dialect, changed), documented


def _remembers_headers(dialect: AnyDialect, documented: Documented) -> Broken:
    """A header that is missing is taken from the last call that had it."""
    good: dict[str, str] = {}

    def identified(identify: Any, request: Request) -> Any:
        if request.method == "POST":
            for name, value in request.headers.items():
                good.setdefault(name, value)
        return identify(replace(request, headers={**good, **request.headers}))

    return with_identify(dialect, identified), documented


def _reads_what_it_can(dialect: AnyDialect, documented: Documented) -> Broken:
    """A body that cannot be read is one without fields."""

    def identified(identify: Any, request: Request) -> Any:
        is_read = not request.body or is_object(request.body)
        return identify(request if is_read else replace(request, body=b"{}"))

    return with_identify(dialect, identified), documented


def is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False


def _takes_any_size(dialect: AnyDialect, documented: Documented) -> Broken:
    return with_routes(dialect, lambda route: replace(route, longest_body=10**9)), documented


def _confuses_troubles(dialect: AnyDialect, documented: Documented) -> Broken:
    other = {Trouble.WRONG_METHOD: Trouble.NO_SUCH_PATH}
    return replace(dialect, trouble=lambda what: dialect.trouble(other.get(what, what))), documented


def _tells_of_the_body_first(dialect: AnyDialect, documented: Documented) -> Broken:
    """What comes after the proof is told before it, and only then."""
    said = documented.unreadable

    def identified(identify: Any, request: Request) -> Any:
        if request.body and not is_object(request.body):
            return _fault(said)
        return identify(request)

    return with_identify(dialect, identified), documented


def _fault(said: Said) -> Fault:
    kind, code = said.code if isinstance(said.code, tuple) else ("", said.code)
    return Fault(said.status, code, said.text or "the body is no JSON object", kind)


def _answers_as_before(dialect: AnyDialect, documented: Documented) -> Broken:
    """What is wrong with the fields is forgotten: the answer is that of the order before."""

    def changed(route: AnyRoute) -> AnyRoute:
        write, last = route.write, []

        def written(answer: Any, echo: Any, context: Any) -> Any:
            if answer is UNCLAIMED and last:
                return last[-1]
            last.append(write(answer, echo, context))
            return last[-1]

        return replace(route, write=written)

    return with_routes(dialect, changed), documented


def _has_one_word_for_all(dialect: AnyDialect, documented: Documented) -> Broken:
    return replace(dialect, refuse=lambda _no, ask, key: dialect.refuse(Refusal.PAYOUT_NOT_FOUND, ask, key)), documented


def _takes_one_refusal_for_another(dialect: AnyDialect, documented: Documented) -> Broken:
    other = {Refusal.INSUFFICIENT_BALANCE: Refusal.ACCOUNT_CLOSED}
    return replace(dialect, refuse=lambda no, ask, key: dialect.refuse(other.get(no, no), ask, key)), documented


def _payouts_in(answer: Any, change: Callable[[Payout], Payout]) -> Any:
    if isinstance(answer, WholeOrder):
        return replace(answer, payouts=tuple(map(change, answer.payouts)))
    return change(answer) if isinstance(answer, Payout) else answer


def _calls_paid_what_is_sent(dialect: AnyDialect, documented: Documented) -> Broken:
    def paid(payout: Payout) -> Payout:
        is_sent = payout.state is State.PROCESSING
        return replace(payout, state=State.PAID, completed_ms=payout.created_ms) if is_sent else payout

    return with_answers(dialect, lambda answer: _payouts_in(answer, paid)), documented


def _forgets_what_came_back(dialect: AnyDialect, documented: Documented) -> Broken:
    def whole(payout: Payout) -> Payout:
        return replace(payout, returns=(), returned_minor=0)

    return with_answers(dialect, lambda answer: _payouts_in(answer, whole)), documented


def _answers_every_order_like_the_first(dialect: AnyDialect, documented: Documented) -> Broken:
    def first(answer: Any) -> Any:
        is_known = isinstance(answer, Repeated) and answer.subject is not None
        return answer.subject if is_known else answer

    return with_answers(dialect, first), documented


def _lets_guess(dialect: AnyDialect, documented: Documented) -> Broken:
    """What is somebody else's is refused in other words than what is nobody's: here, the first of the two."""
    told: list[Fault] = []

    def refused(no: Refusal, ask: Any, key: Any) -> Fault:
        fault = dialect.refuse(no, ask, key)
        told.append(fault)
        return fault if len(told) > 1 else dialect.refuse(Refusal.ACCOUNT_CLOSED, ask, key)

    return replace(dialect, refuse=refused), documented


def _reads_another_amount(dialect: AnyDialect, documented: Documented) -> Broken:
    def forgetful(body: Any) -> Any:
        order, written, again = documented.there_and_back(body)
        return order, written, replace(again, amount_minor=again.amount_minor + 1)

    return dialect, replace(documented, there_and_back=forgetful)


def keeps_another_order(dialect: AnyDialect, documented: Documented) -> Broken:
    """On the wire all is well; what is stored is read as another text."""

    def kept(body: Any) -> Any:
        order, written, _ = documented.there_and_back(body)
        other = replace(order, remarks=replace(order.remarks, description=b"rent"))
        return other, written, other

    return dialect, replace(documented, there_and_back=kept)


def _leaves_a_header_out(dialect: AnyDialect, documented: Documented) -> Broken:
    fewer = dict(documented.headers)
    del fewer[next(name for name in fewer if name not in documented.opening_headers)]
    return dialect, replace(documented, headers=fewer)


FAULTS: Final[Mapping[Promise, Callable[[AnyDialect, Documented], Broken]]] = {
    exercise.what_is_documented_is_exercised: _leaves_a_header_out,
    calling.a_key_works_and_is_hidden: _answers_with_the_key,
    calling.nobody_speaks_for_another: _takes_everybody_for_the_first,
    calling.a_header_is_needed_in_its_form: _remembers_headers,
    calling.a_proof_is_right_or_worthless: _believes_everybody_for_an_hour,
    calling.a_body_is_one_json_object: _reads_what_it_can,
    calling.a_body_has_a_limit: _takes_any_size,
    calling.a_path_takes_its_own_methods: _confuses_troubles,
    ordering.of_two_faults_the_first_is_told: _tells_of_the_body_first,
    ordering.a_field_is_held_to_its_rule: _answers_as_before,
    ordering.an_amount_is_a_plain_decimal_text: _answers_as_before,
    ordering.every_no_has_its_words: _has_one_word_for_all,
    ordering.what_an_account_may_not_is_refused: _takes_one_refusal_for_another,
    learning.every_standing_is_told_in_its_words: _calls_paid_what_is_sent,
    learning.every_story_of_the_bank_is_told_to_its_end: _forgets_what_came_back,
    ordering.the_same_again_is_told_from_another: _answers_every_order_like_the_first,
    ordering.what_is_somebody_elses_is_unknown: _lets_guess,
    ordering.an_order_is_the_same_there_and_back: _reads_another_amount,
}
