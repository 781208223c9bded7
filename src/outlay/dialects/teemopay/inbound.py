"""The server half: the endpoints served, who may call them, and the bytes of every answer.

    POST /api/pay/payout/create/v1    order a payout
    POST /api/pay/payout/query/v1     what became of it
    POST /api/pay/merchant/balance
    POST /api/pay/transaction/queryList   payouts of a span of time, page by page

Every body is signed with the application's key over its fields and the nonce; no answer is signed (docs). What a field
means is `fields`'s and `listing`'s business, how an answer reads `translate`'s, which number an error has `codes`'.

The trap is the order in which faults are told (decision): headers present, app_code, country, timestamp, signature,
nonce, then merchantOrderNo's form, the duplicate, the other fields, the balance. So `read` hands the fault of another
field over inside its ask: a resend of an accepted order must earn 426, whatever else is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, assert_never

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from outlay.core.refusal import Refusal
from outlay.dialects.teemopay import codes, fields, listing, schema, signing, translate
from outlay.dialects.teemopay.countries import COUNTRIES, Country
from outlay.dialects.teemopay.samples import TeemoPaySamples
from outlay.kit.jsontext import BadJson
from outlay.kit.secret import Secret
from outlay.wire.dialect import (
    BadCredentialRequest,
    Call,
    Context,
    Credential,
    CredentialRequest,
    Dialect,
    IssuedCredential,
    Now,
    Route,
    Verified,
)
from outlay.wire.fields import json_body
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, Trouble
from outlay.wire.usecases import (
    AccountFound,
    AccountsListed,
    Answer,
    Ask,
    BalancesRead,
    BankAccountSaved,
    BankAccountsListed,
    BatchOrdered,
    Claim,
    FindPayout,
    Found,
    Greeted,
    Ordered,
    OrderFound,
    OrderPayout,
    PayoutsListed,
    ReadBalances,
    Repeated,
    TransferMade,
    TransfersListed,
)

_CREATE: Final = "teemopay.payout.create"
_SEALED_COUNTRY: Final = "country"
_SEALED_MERCHANT_KEY: Final = "merchant_public_key_pem"
_SEALED_PLATFORM_KEY: Final = "platform_private_key_pem"

_encode: Final = msgspec.json.Encoder().encode


class App(msgspec.Struct, frozen=True):
    """An application: one country and the key that its requests are signed with."""

    country: Country
    merchant_key: RSAPublicKey


class Claims(msgspec.Struct, frozen=True):
    """The headers besides app_code, as received."""

    country: str
    nonce: str
    timestamp: str


# -- who is calling -------------------------------------------------------------------------------------------------


def _identify(request: Request) -> Call | Fault:
    """app_code says who, the other headers are kept as claims, the body is read as one JSON object."""
    headers = request.headers
    app_code = headers.get(schema.APP_CODE)
    if not app_code:
        return codes.APPLICATION_NOT_FOUND  # (docs) also where it is missing
    country, nonce, timestamp = headers.get(schema.COUNTRY), headers.get(schema.NONCE), headers.get(schema.TIMESTAMP)
    if not country:
        return codes.COUNTRY_MISSING
    if not nonce:
        return codes.NONCE_MISSING
    if not timestamp:
        return codes.TIMESTAMP_MISSING
    if not schema.APP_CODE_FORM.fullmatch(app_code):
        return codes.APPLICATION_NOT_FOUND
    try:
        body = json_body(request)
    except BadJson as bad:
        return codes.unreadable(str(bad))
    claims = Claims(country, nonce, timestamp)
    return Call(request=request, key_id=app_code, body=body, if_unknown=codes.APPLICATION_NOT_FOUND, claims=claims)


def _verify(call: Call, credential: Credential, now_ms: int) -> Verified | Fault:
    """Country, timestamp, signature, form of the nonce, in this order (decision). The nonce is used up only after a
    good signature, or anybody could use up a caller's nonces."""
    claims, app = _claims(call), _app(credential)
    if claims.country != app.country.code:
        return codes.COUNTRY_MISMATCH
    if not schema.TIMESTAMP_FORM.fullmatch(claims.timestamp):
        return codes.TIMESTAMP_MALFORMED
    if abs(now_ms - int(claims.timestamp)) > schema.TIMESTAMP_TOLERANCE_MS:
        return codes.TIMESTAMP_EXPIRED
    signature = call.body.get(schema.SIGN)
    if signature is None or signature == "":
        return codes.SIGN_MISSING
    try:
        text = signing.text_to_sign(call.body, claims.nonce)
    except signing.Unsignable as unsignable:
        return codes.parameter_fault(str(unsignable))
    if not isinstance(signature, str) or not signing.verify(app.merchant_key, text, signature):
        return codes.SIGNATURE_WRONG
    if not schema.NONCE_FORM.fullmatch(claims.nonce):
        return codes.NONCE_INVALID
    return Verified(nonce=claims.nonce, nonce_until_ms=now_ms + schema.NONCE_LIFETIME_MS)


# -- what is asked --------------------------------------------------------------------------------------------------


def _read_create(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    reference = fields.read_reference(call.body)
    if isinstance(reference, Fault):
        return reference
    return OrderPayout(
        claim=Claim(reference, _CREATE, fields.content_digest(call.body)),
        order=fields.read_order(reference, call.body, _app(credential).country, credential.account.notify_url),
    )


def _read_query(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    """By the merchant's number only: no query by tradeNo is documented (seed)."""
    reference = fields.read_reference(call.body)
    return reference if isinstance(reference, Fault) else FindPayout(reference=reference)


def _read_balance(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    """Of the country's first currency (decision): the answer has no field for another."""
    return ReadBalances(currency=_app(credential).country.money.currency)


def _read_list(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    return listing.read_list(call.body, _app(credential).country, now)


# -- what is answered -----------------------------------------------------------------------------------------------


def _write(answer: Answer, context: Context) -> Response:
    """One form for all endpoints; answers are not signed (docs)."""
    country = _app(context.credential).country
    match answer:
        case Ordered():
            return _success(translate.create_data(answer.payout, country), context)
        case Found():
            return _success(translate.query_data(answer.payout, country), context)
        case BalancesRead():
            return _success(translate.balance_data(answer.balances, country), context)
        case PayoutsListed():
            return _success(listing.list_data(answer, country), context)
        case Repeated():
            fault = codes.ORDER_DUPLICATE  # never a replay, also where the content is the same (docs)
        case Refusal.PAYOUT_NOT_FOUND:
            fault = country.order_not_found
        case Refusal():
            fault = codes.refusal_fault(answer)
        case Fault():
            fault = answer
        case (
            AccountFound()
            | AccountsListed()
            | Greeted()
            | BatchOrdered()
            | OrderFound()
            | BankAccountSaved()
            | BankAccountsListed()
            | TransferMade()
            | TransfersListed()
        ):
            fault = codes.INTERNAL_ERROR  # no endpoint of this API asks for these
        case _:
            assert_never(answer)
    return _write_fault(fault, context.now_ms, context.entropy)


def _success(data: schema.Data, context: Context) -> Response:
    trace_id = translate.trace_id(context.entropy, context.now_ms)
    return Response(200, _encode(schema.Envelope(codes.SUCCESS, data, codes.SUCCESS_TEXT, trace_id)))


def _write_fault(fault: Fault, now_ms: int, entropy: bytes) -> Response:
    if fault.kind == codes.ORDER_NOT_FOUND_KIND:
        return _ORDER_NOT_FOUND
    trace_id = translate.trace_id(entropy, now_ms)
    if fault.kind == codes.TRACED_NOT_FOUND_KIND:
        traced = schema.TracedNotFound(int(fault.code), fault.message, trace_id)
        return Response(fault.status, _encode(traced), fault=fault)
    envelope = schema.Envelope(int(fault.code), None, fault.message, trace_id)
    return Response(fault.status, _encode(envelope), fault=fault)


_ORDER_NOT_FOUND: Final = Response(
    codes.ORDER_NOT_FOUND.status,
    _encode(schema.OrderNotFound(int(codes.ORDER_NOT_FOUND.code), codes.ORDER_NOT_FOUND.message, False)),
    fault=codes.ORDER_NOT_FOUND,
)


# -- credentials ----------------------------------------------------------------------------------------------------


def _issue(request: CredentialRequest) -> IssuedCredential:
    """An application: its app_code, the merchant's key pair (or the public key it brought) and the platform's own.

    Keys are exchanged, never derived: RSA keys come from OpenSSL's own chance, app_code from `request.entropy`.
    """
    country = COUNTRIES.get(request.account.country)
    if country is None:
        raise BadCredentialRequest(f"the account's country must be one of {', '.join(COUNTRIES)}")
    app_code = translate.app_code(request.entropy, country)
    platform_private, platform_public = signing.new_key_pair()
    shown = {"app_code": app_code, "country": country.code}
    if request.public_key_pem is None:
        merchant_private, merchant_public = signing.new_key_pair()
        shown["private_key_pem"] = merchant_private
    else:
        merchant_public = request.public_key_pem
        try:
            signing.load_public_key(merchant_public)
        except signing.BadKey as bad:
            raise BadCredentialRequest(f"the public key cannot be used: {bad}") from None
    shown["platform_public_key_pem"] = platform_public
    sealed = {
        _SEALED_COUNTRY: country.code,
        _SEALED_MERCHANT_KEY: merchant_public,
        _SEALED_PLATFORM_KEY: platform_private,
    }
    return IssuedCredential(key_id=app_code, sealed=sealed, shown=shown)


def _open(sealed: Mapping[str, Secret]) -> App:
    """Only what requests need: the platform's key waits for the notices."""
    return App(
        country=COUNTRIES[sealed[_SEALED_COUNTRY].reveal()],
        merchant_key=signing.load_public_key(sealed[_SEALED_MERCHANT_KEY].reveal()),
    )


def _app(credential: Credential) -> App:
    opened: App = credential.opened
    return opened


def _claims(call: Call) -> Claims:
    claims: Claims = call.claims
    return claims


# -- the dialect ----------------------------------------------------------------------------------------------------


class TeemoPay:
    """TeemoPay, server half."""

    name: Final = "teemopay"
    prefixes: Final = (schema.PREFIX,)
    samples: Final = TeemoPaySamples()
    routes: Final = (
        Route("POST", schema.CREATE_PATH, _identify, _verify, _read_create, _write),
        Route("POST", schema.QUERY_PATH, _identify, _verify, _read_query, _write),
        Route("POST", schema.BALANCE_PATH, _identify, _verify, _read_balance, _write),
        Route("POST", schema.LIST_PATH, _identify, _verify, _read_list, _write),
    )

    def refuse(self, refusal: Refusal) -> Fault:
        return codes.refusal_fault(refusal)

    def trouble(self, trouble: Trouble) -> Fault:
        return codes.trouble_fault(trouble)

    def write_fault(self, fault: Fault, now_ms: int, entropy: bytes) -> Response:
        return _write_fault(fault, now_ms, entropy)

    def issue_credential(self, request: CredentialRequest) -> IssuedCredential:
        """Raises BadCredentialRequest for a country that TeemoPay does not serve and for a key that cannot be used."""
        return _issue(request)

    def open_credential(self, sealed: Mapping[str, Secret]) -> App:
        return _open(sealed)


DIALECT: Final[Dialect] = TeemoPay()
