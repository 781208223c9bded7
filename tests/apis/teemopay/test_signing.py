"""TeemoPay's signature against signed vectors, and against the openssl command line as an independent witness."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from outlay.dialects.teemopay import signing
from outlay.dialects.teemopay.signing import BadKey, Unsignable, sign, text_of, verify
from outlay.kit.jsontext import JsonObject, parse_object
from tests.support.rows import each_row

VECTORS: list[dict[str, Any]] = json.loads(
    files("outlay.dialects.teemopay").joinpath("vectors", "signing.json").read_text("utf-8")
)
NONCE = "5f0d6c1e9a2b4c3d8e7f60718293a4b5"
PRIVATE_PEM: str = VECTORS[0]["private_key_pem"]
PUBLIC_PEM: str = VECTORS[0]["public_key_pem"]
PRIVATE = signing.load_private_key(PRIVATE_PEM)
PUBLIC = signing.load_public_key(PUBLIC_PEM)
each_vector = each_row("vector", VECTORS, ids=lambda vector: vector["name"])


def tree(body: str) -> JsonObject:
    return parse_object(body.encode("utf-8"))


def text_in(body: str) -> str:
    """What stands before the nonce."""
    return text_of(tree(body)).removesuffix("nonce=")


def openssl(*arguments: str | Path, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("openssl")
    assert program is not None, "the openssl command line tool is the witness of this test: install it"
    return subprocess.run([program, *map(str, arguments)], input=data, capture_output=True, check=False, timeout=60)


def make_key(folder: Path, *options: str) -> tuple[str, str]:
    """A key pair of any kind, made by openssl."""
    private, public = folder / "private.pem", folder / "public.pem"
    made = openssl("genpkey", *options, "-out", private)
    assert made.returncode == 0, made.stderr.decode()
    assert openssl("pkey", "-in", private, "-pubout", "-out", public).returncode == 0
    return private.read_text(), public.read_text()


# -- vectors ------------------------------------------------------------------------------------------------------


def test_all_vectors_are_here() -> None:
    assert len({vector["name"] for vector in VECTORS}) == len(VECTORS) == 13


@each_vector
def test_the_text_and_the_signature_are_the_documented_ones(vector: dict[str, Any]) -> None:
    nonce = vector["headers"]["nonce"]
    text = text_of(tree(vector["body_without_sign"])) + nonce
    assert text == vector["string_to_sign"]
    assert text_of(tree(vector["body_with_sign"])) + nonce == text
    assert sign(signing.load_private_key(vector["private_key_pem"]), text) == vector["signature"]
    assert len(vector["signature"]) == 172


@each_vector
def test_a_good_signature_is_accepted_and_a_changed_byte_is_refused(vector: dict[str, Any]) -> None:
    key = signing.load_public_key(vector["public_key_pem"])
    text, good = vector["string_to_sign"], vector["signature"]
    assert verify(key, text, good)
    for place, character in enumerate(text):
        changed = text[:place] + ("x" if character != "x" else "y") + text[place + 1 :]
        assert not verify(key, changed, good)
    raw = base64.b64decode(good)
    for place in range(len(raw)):
        flipped = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        assert not verify(key, text, base64.b64encode(flipped).decode())


# -- the text, point by point -------------------------------------------------------------------------------------


def test_without_fields_only_the_nonce_is_signed() -> None:
    for body in ("{}", '{"sign":"x"}', '{"a":null,"b":"","c":" \\t\\u3000"}'):
        assert text_of(tree(body)) == "nonce="


JAVA_BLANKS = [
    *range(0x09, 0x0E), *range(0x1C, 0x21), 0x1680, *range(0x2000, 0x2007), *range(0x2008, 0x200B),
    0x2028, 0x2029, 0x205F, 0x3000,
]  # fmt: skip


def test_exactly_javas_blank_characters_are_blank() -> None:
    text = text_of({f"{code:05}": chr(code) for code in range(0x10000)})
    signed = {int(name) for name in re.findall("(?:^|&)([0-9]{5})=", text)}
    assert sorted(set(range(0x10000)) - signed) == JAVA_BLANKS


def test_blanks_around_other_characters_are_signed() -> None:
    assert text_in('{"a":" x\\t","b":"\\u00a0"}') == "a= x\t&b=\u00a0&"


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ("401", "401"),
        ("-0", "0"),
        ("25.50", "25.50"),
        ("1e3", "1E+3"),
        ("-0.0", "0.0"),
        ("true", "true"),
        ("false", "false"),
    ],
)
def test_a_number_or_a_truth_value_has_javas_text(literal: str, text: str) -> None:
    assert text_in(f'{{"v":{literal}}}') == f"v={text}&"


@pytest.mark.parametrize("literal", ["1e2147483648", "1e-99999999999999999999"])
def test_a_number_beyond_javas_scale_is_unsignable(literal: str) -> None:
    with pytest.raises(Unsignable):
        text_in(f'{{"v":{literal}}}')


@pytest.mark.parametrize("value", ["{}", "[]", '{"a":1}', '["x"]'])
def test_a_nested_value_is_unsignable(value: str) -> None:
    with pytest.raises(Unsignable):
        text_in(f'{{"v":{value}}}')


def test_a_body_that_we_write_may_hold_plain_integers() -> None:
    assert text_of({"accountType": 401, "ok": True}) == "accountType=401&ok=true&nonce="


def test_names_stand_in_the_order_of_their_utf16_code_units() -> None:
    assert text_in('{"\\ufffd":"1","\\ud83d\\ude00":"2","b":"3","B":"4"}') == "B=4&b=3&\U0001f600=2&\ufffd=1&"


def test_an_unpaired_surrogate_is_signed_as_a_question_mark() -> None:
    assert sign(PRIVATE, "a=\ud800") == sign(PRIVATE, "a=?")


# -- spelling of signatures ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_a_signature_may_be_broken_into_lines(line_break: str) -> None:
    text = "nonce=" + NONCE
    good = sign(PRIVATE, text)
    broken = line_break.join(good[at : at + 64] for at in range(0, len(good), 64)) + line_break
    assert verify(PUBLIC, text, broken)
    assert not verify(PUBLIC, text + "x", broken)


def test_only_one_spelling_of_a_signature_is_accepted_but_for_line_breaks() -> None:
    text = "nonce=" + NONCE
    good = sign(PRIVATE, text)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = good.rstrip("=")[-1]
    same_bytes = [good.rstrip("=")[:-1] + other + "=" for other in alphabet if other != last]
    same_bytes = [one for one in same_bytes if base64.b64decode(one) == base64.b64decode(good)]
    assert len(same_bytes) == 3  # what a decoder that drops the spare bits would let through
    others = [good + " ", " " + good, good[:76] + " " + good[76:], good.rstrip("="), good + "=", good + "===="]
    urlsafe = good.replace("+", "-").replace("/", "_")
    for spelling in same_bytes + others + [urlsafe] * (urlsafe != good):
        assert not verify(PUBLIC, text, spelling)
    assert verify(PUBLIC, text, good)


def test_a_signature_of_another_length_or_beyond_the_modulus_is_refused() -> None:
    text = "nonce=" + NONCE
    raw = base64.b64decode(sign(PRIVATE, text))
    beyond = (int.from_bytes(raw, "big") + PUBLIC.public_numbers().n).to_bytes(129, "big")
    for wrong in (b"", raw[:-1], raw + b"\x00", b"\x00" + raw, beyond, beyond[-128:], b"\x00" * 128, b"\xff" * 128):
        assert not verify(PUBLIC, text, base64.b64encode(wrong).decode())


@pytest.mark.parametrize("signature", ["", "=", "ä" * 172, "\ud800", "A" * 172, "A" * 10_000_000, "\x00" * 172])
def test_a_senseless_signature_is_refused_and_never_raises(signature: str) -> None:
    assert not verify(PUBLIC, "nonce=" + NONCE, signature)


@given(st.text(max_size=180))
def test_any_text_as_a_signature_is_refused_and_never_raises(signature: str) -> None:
    assert not verify(PUBLIC, "nonce=" + NONCE, signature)


# -- openssl as the witness ---------------------------------------------------------------------------------------

TEXTS = [f"nonce={NONCE}", f"amount=1000.01&realName=José Conceição&nonce={NONCE}", f"a=名前 \U0001f600&nonce={NONCE}"]


@pytest.mark.parametrize("bits", [1024, 2048])
def test_openssl_makes_the_same_signature_and_accepts_ours(tmp_path: Path, bits: int) -> None:
    private_pem, public_pem = signing.new_key_pair(bits)
    (tmp_path / "private.pem").write_text(private_pem)
    (tmp_path / "public.pem").write_text(public_pem)
    for text in TEXTS:
        theirs = openssl("dgst", "-sha1", "-sign", tmp_path / "private.pem", data=text.encode())
        assert theirs.returncode == 0, theirs.stderr.decode()
        ours = sign(signing.load_private_key(private_pem), text)
        assert base64.b64encode(theirs.stdout).decode() == ours
        assert verify(signing.load_public_key(public_pem), text, ours)

        (tmp_path / "signature").write_bytes(base64.b64decode(ours))
        check = ("dgst", "-sha1", "-verify", tmp_path / "public.pem", "-signature", tmp_path / "signature")
        assert openssl(*check, data=text.encode()).returncode == 0
        assert openssl(*check, data=text.encode() + b"x").returncode != 0


def test_a_signature_over_another_hash_is_refused(tmp_path: Path) -> None:
    (tmp_path / "private.pem").write_text(PRIVATE_PEM)
    made = openssl("dgst", "-sha256", "-sign", tmp_path / "private.pem", data=TEXTS[0].encode())
    assert made.returncode == 0
    assert not verify(PUBLIC, TEXTS[0], base64.b64encode(made.stdout).decode())


def test_the_whole_padding_counts(tmp_path: Path) -> None:
    """A short padding with rubbish behind the hash is what a checker that searches for the hash would accept."""
    (tmp_path / "private.pem").write_text(PRIVATE_PEM)
    digest = openssl("dgst", "-sha1", "-binary", data=TEXTS[0].encode()).stdout
    info = bytes.fromhex("3021300906052b0e03021a05000414") + digest
    good = b"\x00\x01" + b"\xff" * (125 - len(info)) + b"\x00" + info
    short = b"\x00\x01" + b"\xff" * 8 + b"\x00" + info
    forged = short + b"\x00" * (128 - len(short))
    # Raw RSA with the private key: openssl calls it a decryption.
    options = ("pkeyutl", "-decrypt", "-inkey", tmp_path / "private.pem", "-pkeyopt", "rsa_padding_mode:none")
    for block, expected in ((good, True), (forged, False)):
        made = openssl(*options, data=block)
        assert made.returncode == 0, made.stderr.decode()
        assert verify(PUBLIC, TEXTS[0], base64.b64encode(made.stdout).decode()) is expected


# -- keys ---------------------------------------------------------------------------------------------------------


def test_keys_load_as_pem_and_as_one_bare_line() -> None:
    bare_private, bare_public = signing.bare_der(PRIVATE_PEM), signing.bare_der(PUBLIC_PEM)
    assert "\n" not in bare_private + bare_public
    assert "-" not in bare_private + bare_public
    signature = sign(signing.load_private_key(bare_private), TEXTS[0])
    assert signature == sign(PRIVATE, TEXTS[0])
    for text in (bare_public, f"  {bare_public}\n", PUBLIC_PEM, f"\n{PUBLIC_PEM}\n", PUBLIC_PEM.replace("\n", "\r\n")):
        assert verify(signing.load_public_key(text), TEXTS[0], signature)
    assert signing.bare_der(bare_public) == bare_public


def test_a_new_pair_fits_together_and_is_never_the_same_twice() -> None:
    private, public = signing.new_key_pair()
    assert private.startswith("-----BEGIN PRIVATE KEY-----\n")
    assert public.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert signing.load_public_key(public).key_size == 1024
    assert verify(signing.load_public_key(public), TEXTS[0], sign(signing.load_private_key(private), TEXTS[0]))
    assert signing.new_key_pair()[0] != private


@pytest.mark.parametrize("bits", [512, 1023, 4097, 8192])
def test_a_new_pair_of_another_size_is_refused(bits: int) -> None:
    with pytest.raises(BadKey):
        signing.new_key_pair(bits)


@pytest.mark.parametrize(
    "options",
    [
        ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:512"),
        ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1016"),
        ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-pkeyopt", "rsa_keygen_pubexp:4294967297"),
        ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
        ("-algorithm", "ED25519"),
    ],
    ids=["512 bits", "1016 bits", "huge exponent", "elliptic curve", "Edwards curve"],
)
def test_a_key_that_is_not_rsa_of_a_fair_size_is_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    private, public = make_key(tmp_path, *options)
    with pytest.raises(BadKey):
        signing.load_private_key(private)
    with pytest.raises(BadKey):
        signing.load_public_key(public)
    with pytest.raises(BadKey):
        signing.load_public_key(signing.bare_der(public))


def test_a_public_key_may_have_4096_bits_and_not_one_more() -> None:
    def pem(bits: int) -> str:
        key = RSAPublicNumbers(65537, 2 ** (bits - 1) + 1).public_key()  # the size is all that counts here
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    for bits in (1024, 1030, 4096):
        assert signing.load_public_key(pem(bits)).key_size == bits
    for bits in (1023, 4097):
        with pytest.raises(BadKey):
            signing.load_public_key(pem(bits))


def test_an_encrypted_private_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "private.pem").write_text(PRIVATE_PEM)
    locked = openssl("pkcs8", "-topk8", "-in", tmp_path / "private.pem", "-passout", "pass:x")
    assert b"ENCRYPTED" in locked.stdout
    with pytest.raises(BadKey):
        signing.load_private_key(locked.stdout.decode())


def broken_keys() -> list[str]:
    bare = signing.bare_der(PUBLIC_PEM)
    lines = PUBLIC_PEM.splitlines()
    return [
        "",
        "   ",
        "hello",
        "ä",
        "-----BEGIN ",
        "-----BEGIN PUBLIC KEY-----",
        "\n".join(lines[:-1]),
        "\n".join(lines[1:]),
        PUBLIC_PEM + PUBLIC_PEM,
        PUBLIC_PEM.replace("PUBLIC", "OTHER"),
        bare[:80] + "\n-" + bare[80:],
        bare[:-8],
        bare + "AAAA",
        "A" * 100_000,
        base64.b64encode(b"\x30\x80" + b"\x00" * 100).decode(),
    ]


@each_row("text", broken_keys())
def test_a_text_that_is_no_key_is_refused_without_showing_it(text: str) -> None:
    for load in (signing.load_public_key, signing.load_private_key):
        with pytest.raises(BadKey) as caught:
            load(text)
        assert len(str(caught.value)) < 100
        assert caught.value.__cause__ is None


def test_a_private_key_is_no_public_key_and_the_other_way_round() -> None:
    with pytest.raises(BadKey):
        signing.load_public_key(PRIVATE_PEM)
    with pytest.raises(BadKey):
        signing.load_private_key(PUBLIC_PEM)


# -- properties ---------------------------------------------------------------------------------------------------

bodies = st.dictionaries(
    st.text(max_size=8), st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=12)), max_size=6
)


@given(bodies, st.sampled_from([None, 2]), st.booleans())
def test_key_order_whitespace_and_the_sign_field_never_matter(body: Any, indent: Any, ascii_only: bool) -> None:
    plain = text_of(body)
    backwards = {key: body[key] for key in reversed(list(body))}
    assert text_of({**backwards, "sign": "anything"}) == text_of({**body, "sign": None})
    assert text_of(tree(json.dumps(backwards, indent=indent, ensure_ascii=ascii_only))) == plain
