"""How a test claims a documented row.

    @claims("teemopay", "code 417", edit("dialects/teemopay/codes.py", "417, ", "999, "))
    def test_an_application_whose_account_is_gone_is_417(...)

or, of a table of cases, `pytest.param(case, id=row, marks=claims(api, row, *breaks))`.

Who claims a row promises three things: the test shows both sides of the rule (taken at the limit and carried on;
refused past it with the documented status, code and whole text), it fails when the rule is broken in any of the ways
that it names, and it fails by an assertion of its own. `./run prove` sees that the promise is kept.
"""

from __future__ import annotations

import pytest

from tests.rules.breaks import Break

MARK = "claims"


def claims(api: str, row: str, *breaks: Break) -> pytest.MarkDecorator:
    """`api` and `row` as in `rows.py` of the API. One test, or one case of it, claims one row."""
    assert breaks, f"how would {row} be broken?"
    return pytest.mark.claims(api, row, breaks)
