"""The server half: the endpoints served, who may call them, and the bytes of every answer.

    POST /api/pay/payout/create/v1    order a payout
    POST /api/pay/payout/query/v1     what became of it
    POST /api/pay/merchant/balance
    POST /api/pay/transaction/queryList   payouts of a span of time, page by page

Every body is signed with the application's key over its fields and the nonce; no answer is signed (docs). What a field
means is `fields`'s and `listing`'s business, how an answer reads `translate`'s, which number an error has `codes`'.

The trap is the order in which faults are told (decision): headers present, app_code, country, timestamp, JSON object,
signature, nonce, then merchantOrderNo's form, the duplicate, the other fields, the balance. So nobody's body is parsed
before their application is known, and `read` hands the fault of another field over inside its ask: a resend of an
accepted order must earn 426, whatever else is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, assert_never

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from outlay.core.refusal import Refusal
from outlay.dialects.teemopay import codes, fields, listing, schema, signing, translate
from outlay.dialects.teemopay.countries import COUNTRIES
from outlay.dialects.teemopay.rules import Country
from outlay.dialects.teemopay.samples import TeemoPaySamples
from outlay.kit.jsontext import BadJson, parse_object
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
    check_brought,
)
from outlay.wire.fields import CONTENT_TYPE_RULE, is_json_type
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, Trouble
from outlay.wire.sizes import Shape, longest_body, word
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
_APP_CODE: Final = "app_code"
_COUNTRY: Final = "country"
_PRIVATE_KEY: Final = "private_key_pem"
_PRIVATE_KEYS: Final = ("private_key", _PRIVATE_KEY)
_PUBLIC_KEYS: Final = ("public_key", "public_key_pem")
_PLATFORM_KEY: Final = "platform_public_key_pem"
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
    """app_code says who, the other headers are kept as claims."""
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
    if not is_json_type(request):
        return codes.unreadable(CONTENT_TYPE_RULE)
    return Call(request, app_code, codes.APPLICATION_NOT_FOUND, Claims(country, nonce, timestamp))


def _verify(call: Call, credential: Credential, now_ms: int) -> Verified | Fault:
    """Country, timestamp, body, signature, form of the nonce, in this order (decision). The nonce is used up only after
    a good signature, or anybody could use up a caller's nonces."""
    claims, app = _claims(call), _app(credential)
    if claims.country != app.country.code:
        return codes.COUNTRY_MISMATCH
    if not schema.TIMESTAMP_FORM.fullmatch(claims.timestamp):
        return codes.TIMESTAMP_MALFORMED
    if abs(now_ms - int(claims.timestamp)) > schema.TIMESTAMP_TOLERANCE_MS:
        return codes.TIMESTAMP_EXPIRED
    try:
        body = parse_object(call.request.body)
    except BadJson as bad:
        return codes.unreadable(str(bad))
    signature = body.get(schema.SIGN)
    if signature is None or signature == "":
        return codes.SIGN_MISSING
    try:
        text = signing.text_to_sign(body, claims.nonce)
    except signing.Unsignable as unsignable:
        return codes.parameter_fault(str(unsignable))
    if not isinstance(signature, str) or not signing.verify(app.merchant_key, text, signature):
        return codes.SIGNATURE_WRONG
    if not schema.NONCE_FORM.fullmatch(claims.nonce):
        return codes.NONCE_INVALID
    return Verified(nonce=claims.nonce, nonce_until_ms=now_ms + schema.NONCE_LIFETIME_MS, body=body)


# -- what is asked --------------------------------------------------------------------------------------------------


def _read_create(call: Call, credential: Credential, now: Now) -> Ask | Fault:
    reference = fields.read_reference(call.body)
    if isinstance(reference, Fault):
        return reference
    account = credential.account
    return OrderPayout(
        claim=Claim(reference, _CREATE, fields.content_digest(call.body)),
        order=fields.read_order(
            reference,
            call.body,
            _app(credential).country,
            account.notify_url,
            strict=account.checks_destinations,
        ),
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
            return _success(translate.create_data(answer.payout, country, context.call.body.get("amount")), context)
        case Found(payout=payout) if payout.currency not in country.currencies:
            fault = country.order_not_found  # an amount is never read in the wrong currency (decision)
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
        case Refusal.METHOD_OFF:
            fault = country.type_off
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
    if request.brought:
        return _imported(request, country)
    app_code = translate.app_code(request.entropy, country)
    shown = {_APP_CODE: app_code, _COUNTRY: country.code}
    if request.public_key_pem is None:
        shown[_PRIVATE_KEY], merchant_public = signing.new_key_pair()
    else:
        merchant_public = request.public_key_pem
        _check_public_key(merchant_public)
    return _with_platform_key(app_code, country, merchant_public, shown)


def _imported(request: CredentialRequest, country: Country) -> IssuedCredential:
    """The merchant's own app_code and key, which they used elsewhere; in PEM, or bare as the dashboard has it (docs). A
    private key only tells the public one and is not kept. The platform's key is new: nobody can bring another's."""
    brought = request.brought
    check_brought(brought, needed=(_APP_CODE,), known=(_COUNTRY, *_PRIVATE_KEYS, *_PUBLIC_KEYS, _PLATFORM_KEY))
    app_code = brought[_APP_CODE]
    if not schema.APP_CODE_FORM.fullmatch(app_code):
        raise BadCredentialRequest(f"{_APP_CODE} must be 1 to 32 letters, digits, points, underscores and hyphens")
    if brought.get(_COUNTRY, country.code) != country.code:
        raise BadCredentialRequest(f"the application's country must be the account's, which is {country.code}")
    merchant_public = _brought_public_key(request)
    advice = (
        "callbacks are signed with a new key of the platform: give the merchant platform_public_key "
        "(the same in PEM: platform_public_key_pem)"
    )
    return _with_platform_key(app_code, country, merchant_public, {_APP_CODE: app_code, _COUNTRY: country.code}, advice)


def _brought_public_key(request: CredentialRequest) -> str:
    """The one that was brought, or that of the private key that was; all that are there must agree."""
    brought = [request.brought[name] for name in _PUBLIC_KEYS if name in request.brought]
    if request.public_key_pem is not None:
        brought.append(request.public_key_pem)
    for text in brought:
        _check_public_key(text)
    try:
        found = {signing.public_pem(signing.load_public_key(text)) for text in brought}
        found |= {
            signing.public_pem(signing.load_private_key(request.brought[name]).public_key())
            for name in _PRIVATE_KEYS
            if name in request.brought
        }
    except signing.BadKey as bad:
        raise BadCredentialRequest(f"the private key cannot be used: {bad}") from None
    if not found:
        raise BadCredentialRequest(f"one of {', '.join((*_PUBLIC_KEYS, *_PRIVATE_KEYS))} is missing")
    if len(found) > 1:
        raise BadCredentialRequest("the keys are not of one pair")
    return found.pop()


def _check_public_key(text: str) -> None:
    try:
        signing.load_public_key(text)
    except signing.BadKey as bad:
        raise BadCredentialRequest(f"the public key cannot be used: {bad}") from None


def _with_platform_key(
    app_code: str, country: Country, merchant_public: str, shown: dict[str, str], advice: str = ""
) -> IssuedCredential:
    platform_private, platform_public = signing.new_key_pair()
    if advice:
        shown["platform_public_key"] = signing.bare_der(platform_public)
    shown[_PLATFORM_KEY] = platform_public
    sealed = {
        _SEALED_COUNTRY: country.code,
        _SEALED_MERCHANT_KEY: merchant_public,
        _SEALED_PLATFORM_KEY: platform_private,
    }
    return IssuedCredential(key_id=app_code, sealed=sealed, shown=shown, advice=advice)


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


def _post(path: str, read: Callable[[Call, Credential, Now], Ask | Fault], *shapes: Shape) -> Route:
    """`shapes`: what a body may look like besides its signature."""
    longest = max(longest_body({**shape, schema.SIGN: word(signing.LONGEST_SIGNATURE)}) for shape in shapes)
    return Route("POST", path, _identify, _verify, read, _write, longest_body=longest)


class TeemoPay:
    """TeemoPay, server half."""

    name: Final = "teemopay"
    prefixes: Final = (schema.PREFIX,)
    samples: Final = TeemoPaySamples()
    routes: Final = (
        _post(schema.CREATE_PATH, _read_create, *fields.CREATE_SHAPES),
        _post(schema.QUERY_PATH, _read_query, fields.QUERY_SHAPE),
        _post(schema.BALANCE_PATH, _read_balance, {}),
        _post(schema.LIST_PATH, _read_list, listing.LIST_SHAPE),
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
