"""A credential whose row was damaged, over real HTTP: told in the form of its API that it cannot be served now, with
one line in the log that says which it is; the others go on, and once it is put back it opens.
"""

from __future__ import annotations

import json
import os

import pytest

from outlay.cli.client import RoundTrip, call
from outlay.dialects import all_dialects
from outlay.process.clock import clock_ms
from outlay.wire.problems import Trouble
from outlay.wire.samples import SampleMoment, SampleOrder, Session
from tests.cli.cli_support import Merchant
from tests.e2e.observer import observing
from tests.e2e.server import Server

pytestmark = pytest.mark.slow


def first_call(server: Server, merchant: Merchant, api: str) -> RoundTrip:
    """What its software asks first: for a token, where the API has one; else for a payout."""
    samples = all_dialects()[api].samples
    order = SampleOrder(merchant.new_reference(), merchant.currency, "100.00")
    moment = SampleMoment(clock_ms(), os.urandom(16))
    request = samples.opening(merchant.shown) or samples.create(Session(merchant.shown, b""), order, moment)
    return call(server.base_url, request)


@pytest.mark.parametrize("api", sorted(all_dialects()))
def test_a_damaged_credential_is_told_in_the_form_of_its_api_and_named_in_one_line(outlay: Server, api: str) -> None:
    dialect = all_dialects()[api]
    merchant, other = Merchant(outlay.cli, dialect), Merchant(outlay.cli, dialect)
    with observing(outlay) as observer:
        size = observer.log_size()
        [(key_id,)] = observer.rows(
            "update credentials set sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))"
            f" where account_id = '{merchant.account_id}' returning key_id"
        )
        told = first_call(outlay, merchant, api)
        said = [json.loads(line) for line in observer.log_since(size).splitlines()]
        assert first_call(outlay, other, api).status == 200
        observer.rows(
            "update credentials set sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))"
            f" where account_id = '{merchant.account_id}' returning key_id"
        )
        assert first_call(outlay, merchant, api).status == 200, "put back, it opens at once"
    expected = dialect.write_fault(dialect.trouble(Trouble.NOT_CARRIED_OUT), clock_ms(), bytes(16))
    assert told.status == expected.status
    assert told.json().keys() == json.loads(expected.body).keys()
    (line,) = [line for line in said if line["level"] == "error"]
    assert (line["account"], line["key_id"]) == (merchant.account_id, key_id)
    assert "put its row back from a backup" in line["event"]
    assert not {"exception", "exc_info"} & line.keys()
