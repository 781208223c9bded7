"""Good bodies of LessPay with all fields of each endpoint among them, and what its limits are computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from outlay.dialects.lesspay.schema import BALANCE_PATH, BANKS_PATH, BATCH_PATH, CREATE_PATH, QUERY_PATH, SHAPES
from outlay.wire.sizes import Shape
from tests.apis.lesspay.rules import desk
from tests.apis.strategies import Body

SHORT_TEXTS = frozenset(
    {
        "amount",
        "currency",
        "total_amount",
        "payout_order_details[].amount",
        "beneficiary.beneficiary_info.date_of_birth",
    }
)
_BODIES: Mapping[str, Sequence[Body]] = {
    CREATE_PATH: [desk.TO_BANK, desk.TO_CRYPTO, desk.TO_WALLET, desk.TO_PIX],
    BATCH_PATH: [desk.BANKS_BATCH, desk.WALLETS_BATCH, desk.CRYPTO_BATCH],
    QUERY_PATH: [{"request_id": "A"}, {"pay_order_id": "PO2010543497457831001"}],
    BANKS_PATH: [{"bank_country_code": "PH", "currency": "PHP", "way_code": "W"}],
    BALANCE_PATH: [{"currency": "PHP", "way_code": "W"}],
}
SAMPLES: Mapping[str, tuple[Sequence[Body], Shape]] = {
    f"POST {path}": (bodies, SHAPES[path]) for path, bodies in _BODIES.items()
}


def take(endpoint: str, body: Body) -> None:
    desk.taken(endpoint.removeprefix("POST "), body)
