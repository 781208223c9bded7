"""The definition of a dialect: what each must keep, whatever its API looks like. `PROMISES` are played one by one for
every folder that is found, over a real socket and a real database, fed by what `tests/apis/<name>/documented.py` says.

A promise is a plain coroutine that raises AssertionError where it is broken, so that its control can play it as well:
`planted` has a fault for each, and `test_exercise` sees that it is noticed.

The trap: a request that is refused for another reason than the one rehearsed proves nothing. So every bad request is a
good one with one fault (or two), and the good one is seen to be taken first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from tests.apis import calling, learning, ordering
from tests.apis.desk import Desk

Promise = Callable[[Desk], Awaitable[None]]


async def what_is_documented_is_exercised(desk: Desk) -> None:
    """No header and no field of an order is left out of what follows."""
    documented, making = desk.documented, desk.documented.create("R-1", "10.00")
    rows = {row.id for row in documented.rows if not row.absent}
    headers = {row.rpartition(" ")[2] for row in rows if row.startswith("header ") and "of the answer" not in row}
    assert headers == {*documented.headers, *documented.opening_headers}
    start = f"request {making.method} {making.path} "
    fields = {row.removeprefix(start) for row in rows if row.startswith(start)}
    texts = {text.path for text in documented.texts}
    shown = {*texts, *documented.needed, *documented.other_fields, documented.amount_field}
    assert fields == shown, fields ^ shown


PROMISES: Final[tuple[Promise, ...]] = (
    what_is_documented_is_exercised,
    calling.a_key_works_and_is_hidden,
    calling.nobody_speaks_for_another,
    calling.a_header_is_needed_in_its_form,
    calling.a_proof_is_right_or_worthless,
    calling.a_body_is_one_json_object,
    calling.a_body_has_a_limit,
    calling.a_path_takes_its_own_methods,
    ordering.of_two_faults_the_first_is_told,
    ordering.a_field_is_held_to_its_rule,
    ordering.an_amount_is_a_plain_decimal_text,
    ordering.every_no_has_its_words,
    ordering.what_an_account_may_not_is_refused,
    learning.every_standing_is_told_in_its_words,
    learning.every_story_of_the_bank_is_told_to_its_end,
    ordering.the_same_again_is_told_from_another,
    ordering.what_is_somebody_elses_is_unknown,
    ordering.an_order_is_the_same_there_and_back,
)
