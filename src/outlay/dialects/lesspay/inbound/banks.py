"""The banks and wallets of a country, currency and way."""

from __future__ import annotations

import msgspec

from outlay.core.asks import Greet
from outlay.core.countries import COUNTRIES
from outlay.dialects.lesspay import codes, schema
from outlay.dialects.lesspay.envelope import success
from outlay.dialects.lesspay.signing import SignedBody
from outlay.dialects.lesspay.tables.banks import supported_banks
from outlay.dialects.lesspay.values.fields import check_transaction_type, read_currency
from outlay.kit.secret import Secret
from outlay.wire.dialect import Asked, Context, Credential, Now
from outlay.wire.fields import FieldReader
from outlay.wire.message import Response
from outlay.wire.problems import Fault


class BanksQuestion(msgspec.Struct, frozen=True):
    """The fields of 4.4."""

    country: str
    currency: str
    way_code: str


def read(sent: SignedBody, _credential: Credential[Secret], _now: Now) -> Asked[None, BanksQuestion] | Fault:
    """The list stands in this folder's tables; what is asked of Outlay is only whether the caller may ask."""
    reader = FieldReader(sent.fields)
    country = reader.text("bank_country_code", choices=COUNTRIES, rule=schema.COUNTRY_RULE)
    currency = read_currency(reader)
    way_code = reader.text("way_code", longest=schema.WAY_LONGEST)
    check_transaction_type(reader)
    if reader.faults:
        return codes.field_fault(reader.faults)
    return Asked(Greet(), BanksQuestion(country, currency, way_code))


def write(_greeted: None, question: BanksQuestion, context: Context[Secret]) -> Response:
    return success(supported_banks(question.country, question.currency, question.way_code), context)
