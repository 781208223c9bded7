"""The longest body of each of TeemoPay's endpoints, with every field that its documents have."""

from __future__ import annotations

from collections.abc import Mapping

from tests.apis.software import new_reference
from tests.apis.teemopay.orders import order_in
from tests.apis.teemopay.periods import period
from tests.e2e.longest import Longest, visible, wide
from tests.e2e.merchants import Merchant
from tests.e2e.raw_http import Call


def _create(merchant: Merchant) -> Call:
    texts = {"realName": wide(255), "bankCode": wide(50), "bankName": wide(50), "callbackUrl": visible(200)}
    person = {"idType": "CNPJ", "idCardNumber": "11222333000181"}
    body = order_in("BR", amount="10000000.99", reference=new_reference().ljust(32, "0"), **texts, **person)
    return merchant.teemopay.call(merchant.teemopay.CREATE, body)


def _query(merchant: Merchant) -> Call:
    reference = new_reference().ljust(32, "0")
    merchant.teemopay.create(order_in("BR", amount="1.00", reference=reference))
    return merchant.teemopay.call(merchant.teemopay.QUERY, {"merchantOrderNo": reference})


def _balance(merchant: Merchant) -> Call:
    return merchant.teemopay.call(merchant.teemopay.BALANCE, {})


def _list(merchant: Merchant) -> Call:
    return merchant.teemopay.call(merchant.teemopay.LIST, {**period(), "pageSize": "1000", "status": "1"})


LONGEST: Mapping[str, Longest] = {
    "POST /api/pay/payout/create/v1": Longest(_create),
    "POST /api/pay/payout/query/v1": Longest(_query),
    "POST /api/pay/merchant/balance": Longest(_balance),
    "POST /api/pay/transaction/queryList": Longest(_list),
}
