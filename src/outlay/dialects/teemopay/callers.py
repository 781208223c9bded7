"""Who may call, and the proof; and the credentials that it is made with: applications, one for each country.

The trap: the nonce is used up only after a good signature, or anybody could use up a caller's nonces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from outlay.dialects.teemopay import codes, schema, signing
from outlay.dialects.teemopay.signing import SignedBody
from outlay.dialects.teemopay.tables.countries import COUNTRIES
from outlay.dialects.teemopay.tables.rules import Country
from outlay.kit.jsontext import BadJson, parse_object
from outlay.kit.secret import Secret
from outlay.wire.dialect import (
    BadCredentialRequest,
    Call,
    Credential,
    CredentialRequest,
    IssuedCredential,
    Verified,
    check_brought,
    proof,
)
from outlay.wire.fields import CONTENT_TYPE_RULE, is_json_type
from outlay.wire.message import Request
from outlay.wire.problems import Fault

_APP_CODE: Final = "app_code"
_COUNTRY: Final = "country"
_PRIVATE_KEY: Final = "private_key_pem"
_PRIVATE_KEYS: Final = ("private_key", _PRIVATE_KEY)
_PUBLIC_KEYS: Final = ("public_key", "public_key_pem")
_PLATFORM_KEY: Final = "platform_public_key_pem"
_APP_NUMBERS: Final = 10**20
_SEALED_COUNTRY: Final = "country"
_SEALED_MERCHANT_KEY: Final = "merchant_public_key_pem"
_SEALED_PLATFORM_KEY: Final = "platform_private_key_pem"


class App(msgspec.Struct, frozen=True):
    """An application: one country and the key that its requests are signed with."""

    country: Country
    merchant_key: RSAPublicKey


class Head(msgspec.Struct, frozen=True):
    """The headers besides app_code, as received."""

    country: str
    nonce: str
    timestamp: str


# -- the proof ------------------------------------------------------------------------------------------------------


def identify(request: Request) -> Call[Head] | Fault:
    """app_code says who, the other headers are kept."""
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
    return Call(request, app_code, codes.APPLICATION_NOT_FOUND, Head(country, nonce, timestamp))


def verify(call: Call[Head], credential: Credential[App], now_ms: int) -> Verified[SignedBody] | Fault:
    """Country, timestamp, body, signature, form of the nonce, in this order (decision). The nonce is used up only after
    a good signature, or anybody could use up a caller's nonces."""
    head, app = call.head, credential.opened
    if head.country != app.country.code:
        return codes.COUNTRY_MISMATCH
    if not schema.TIMESTAMP_FORM.fullmatch(head.timestamp):
        return codes.TIMESTAMP_MALFORMED
    if abs(now_ms - int(head.timestamp)) > schema.TIMESTAMP_TOLERANCE_MS:
        return codes.TIMESTAMP_EXPIRED
    try:
        body = parse_object(call.request.body)
    except BadJson as bad:
        return codes.unreadable(str(bad))
    signature = body.get(schema.SIGN)
    if signature is None or signature == "":
        return codes.SIGN_MISSING
    try:
        text = signing.text_of(body)
    except signing.Unsignable as unsignable:
        return codes.parameter_fault(str(unsignable))
    if not isinstance(signature, str) or not signing.verify(app.merchant_key, text + head.nonce, signature):
        return codes.SIGNATURE_WRONG
    if not schema.NONCE_FORM.fullmatch(head.nonce):
        return codes.NONCE_INVALID
    return Verified(SignedBody(body, text), head.nonce, now_ms + schema.NONCE_LIFETIME_MS)


PROOF: Final = proof(identify, verify)


# -- credentials ----------------------------------------------------------------------------------------------------


def issue(request: CredentialRequest) -> IssuedCredential:
    """An application: its app_code, the merchant's key pair (or the public key it brought) and the platform's own.
    Raises BadCredentialRequest for a country that TeemoPay does not serve and for a key that cannot be used.

    Keys are exchanged, never derived: RSA keys come from OpenSSL's own chance, app_code from `request.entropy`.
    """
    country = COUNTRIES.get(request.account.country)
    if country is None:
        raise BadCredentialRequest(f"the account's country must be one of {', '.join(COUNTRIES)}")
    if request.brought:
        return _imported(request, country)
    app_code = _new_app_code(request.entropy, country)
    shown = {_APP_CODE: app_code, _COUNTRY: country.code}
    if request.public_key_pem is None:
        shown[_PRIVATE_KEY], merchant_public = signing.new_key_pair()
    else:
        merchant_public = request.public_key_pem
        _check_public_key(merchant_public)
    return _with_platform_key(app_code, country, merchant_public, shown)


def open_credential(sealed: Mapping[str, Secret]) -> App:
    """Only what requests need: the platform's key waits for the notices."""
    return App(
        country=COUNTRIES[sealed[_SEALED_COUNTRY].reveal()],
        merchant_key=signing.load_public_key(sealed[_SEALED_MERCHANT_KEY].reveal()),
    )


def _new_app_code(entropy: bytes, country: Country) -> str:
    """`A`, digits, the country, digits, as in `A2404010004MX001` (docs); 20 random digits, so that no two are alike
    (decision)."""
    return f"A{int.from_bytes(entropy) % _APP_NUMBERS:020d}{country.code}001"


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
