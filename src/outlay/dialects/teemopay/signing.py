"""TeemoPay's signature: the text made from a flat body and a nonce, RSA over it, and the keys that people exchange.

`SHA1withRSA` with 1024-bit keys is what the documents demand (docs). The signature is deterministic, so the vectors
beside this file compare byte for byte. Nonces, the clock and the answer to a bad signature belong to the halves of this
dialect.

The traps: values are not escaped, so `a=1&b=2` inside one value signs like two fields; amounts are signed by their
spelling (`"25.5"` in a callback, `"25.50"` in a query), so sign what was received and never a value printed again;
and Java's idea of a blank character is not Python's.

RSA is left to `cryptography` and its own OpenSSL. Checking with one plain `pow` needs no OpenSSL at all, but took 71 µs
where OpenSSL takes 15 to 24 (1024 bits), and signing with `pow` would leak the private key through its timing. A host
whose OpenSSL bans SHA-1 (some distributions' own packages do; the wheels do not) raises `UnsupportedAlgorithm` instead
of calling good signatures forged.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from outlay.kit.javatext import OutOfRange, java_number, java_sorted, java_utf8
from outlay.kit.jsontext import Json, JsonObject, Number

SMALLEST_KEY_BITS: Final = 1024
LARGEST_KEY_BITS: Final = 4096
"""1024 is what the documents use, nothing larger than 4096 is worth its time on every request (decision)."""

_LARGEST_KEY_TEXT: Final = 8192
_LARGEST_EXPONENT_BITS: Final = 32
_JAVA_BLANKS: Final = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \u1680\u2028\u2029\u205f\u3000"
    + "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a"
)
"""`Character.isWhitespace` in Java (vendor code). U+0085, U+00A0, U+2007 and U+202F are not in it."""

_PADDING: Final = padding.PKCS1v15()
_SHA1: Final = hashes.SHA1()  # noqa: S303  # the algorithm that the documents demand


class Unsignable(ValueError):
    """A body that has no documented text to sign; the message never holds a value."""


class BadKey(ValueError):
    """The text is not an RSA key of 1024 to 4096 bits; the message never holds the text."""


# -- the text -----------------------------------------------------------------------------------------------------


class SignedBody(msgspec.Struct, frozen=True):
    """A received body: its fields, and `text_of` them, which its signature is over."""

    fields: JsonObject
    text: str


def text_of(fields: Mapping[str, Json | int]) -> str:
    """The text that is signed, up to the nonce of the header, which always comes last (docs): the body's own fields by
    name.

    A plain int is accepted for bodies that we write. Raises Unsignable for a nested value (decision).
    """
    pairs = [
        f"{name}={text}&"
        for name in java_sorted(fields)
        if name != "sign" and (text := _value_text(fields[name])) is not None
    ]
    return f"{''.join(pairs)}nonce="


def _value_text(value: Json | int) -> str | None:
    """None for a value that leaves the text: null and blank strings (docs). Other blanks stay where they are."""
    if isinstance(value, str):
        return str(value) if value.strip(_JAVA_BLANKS) else None
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        try:
            return java_number(value.literal)  # (inference: the documents send decimals as strings)
        except OutOfRange as fault:
            raise Unsignable(str(fault)) from None
    if isinstance(value, int):
        return str(int(value))
    raise Unsignable("a nested value cannot be signed")


# -- the signature ------------------------------------------------------------------------------------------------


def sign(private_key: RSAPrivateKey, text: str) -> str:
    """Base64 of the PKCS#1 v1.5 signature over SHA-1 of the UTF-8 text (docs): 172 characters for 1024 bits."""
    return base64.b64encode(private_key.sign(java_utf8(text), _PADDING, _SHA1)).decode("ascii")


def verify(public_key: RSAPublicKey, text: str, signature_b64: str) -> bool:
    """Whether the signature belongs to the text. Only the one canonical spelling of its base64 counts, but for line
    breaks, which some libraries put into it (decision); a wrong length is a wrong signature."""
    bare = signature_b64.replace("\r", "").replace("\n", "")
    signature = _canonical_base64(bare, largest=LARGEST_KEY_BITS // 8)
    if signature is None:
        return False
    try:
        public_key.verify(signature, java_utf8(text), _PADDING, _SHA1)
    except InvalidSignature:
        return False
    return True


def _base64_length(size: int) -> int:
    return (size + 2) // 3 * 4


LONGEST_SIGNATURE: Final = 2 * _base64_length(LARGEST_KEY_BITS // 8)
"""Characters; the second half is room for the line breaks that some libraries put into it."""


def _canonical_base64(text: str, *, largest: int) -> bytes | None:
    """The bytes, or None where another text would have been the right way to write them."""
    if len(text) > _base64_length(largest):
        return None
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:  # also binascii.Error, and text outside ASCII
        return None
    return raw if base64.b64encode(raw).decode("ascii") == text else None


# -- the keys -----------------------------------------------------------------------------------------------------


def new_key_pair(bits: int = 1024) -> tuple[str, str]:
    """A private (PKCS#8) and a public (X.509 SubjectPublicKeyInfo) key as PEM. Raises BadKey for an odd size.

    1024 bits only because TeemoPay's documents know nothing else. The one place in this room where chance is not an
    argument: OpenSSL makes keys from its own.
    """
    if not SMALLEST_KEY_BITS <= bits <= LARGEST_KEY_BITS:
        raise BadKey(f"a key has {SMALLEST_KEY_BITS} to {LARGEST_KEY_BITS} bits")
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    private_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private_pem.decode("ascii"), public_pem(key.public_key())


def load_private_key(text: str) -> RSAPrivateKey:
    """Read PEM or bare base64 DER, as the dashboard hands it out (docs). Raises BadKey."""
    try:
        key = serialization.load_der_private_key(_der(text), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("not a private key in PKCS#8") from None
    if not isinstance(key, RSAPrivateKey):
        raise BadKey("not an RSA key")
    _check_numbers(key.public_key())
    return key


def load_public_key(text: str) -> RSAPublicKey:
    """Read PEM or bare base64 DER, as the dashboard takes it (docs). Raises BadKey."""
    try:
        key = serialization.load_der_public_key(_der(text))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("not a public key in X.509 form") from None
    if not isinstance(key, RSAPublicKey):
        raise BadKey("not an RSA key")
    _check_numbers(key)
    return key


def public_pem(key: RSAPublicKey) -> str:
    """The key in X.509 form, as PEM."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def bare_der(pem: str) -> str:
    """The key as the dashboard wants it: base64 of the DER, without PEM lines and line breaks (docs). Looks at the
    form only. Raises BadKey."""
    return base64.b64encode(_der(pem)).decode("ascii")


def _der(text: str) -> bytes:
    """The bytes between the PEM lines, or of the one bare line."""
    stripped = text.strip()
    if len(stripped) > _LARGEST_KEY_TEXT:
        raise BadKey("too long for a key")
    lines = stripped.splitlines()
    if stripped.startswith("-----BEGIN "):
        label = lines[0].removeprefix("-----BEGIN ").removesuffix("-----")
        if label not in _PEM_LABELS or lines[-1] != f"-----END {label}-----":
            raise BadKey("PEM must be one PRIVATE KEY or one PUBLIC KEY, not encrypted")
        lines = lines[1:-1]
    try:
        return base64.b64decode("".join(lines), validate=True)
    except (binascii.Error, ValueError):
        raise BadKey("not base64") from None


_PEM_LABELS: Final = ("PRIVATE KEY", "PUBLIC KEY")


def _check_numbers(key: RSAPublicKey) -> None:
    if not SMALLEST_KEY_BITS <= key.key_size <= LARGEST_KEY_BITS:
        raise BadKey(f"a key has {SMALLEST_KEY_BITS} to {LARGEST_KEY_BITS} bits")
    exponent = key.public_numbers().e
    # A huge exponent would make every check as dear as a signature (decision).
    if exponent % 2 == 0 or not 3 <= exponent < 2**_LARGEST_EXPONENT_BITS:
        raise BadKey("the public exponent must be odd, from 3 to 2^32")
