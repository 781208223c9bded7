"""What can be an address for notices, by form alone."""

from __future__ import annotations

from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from outlay.wire.addresses import NOTICE_ADDRESS, is_notice_address
from tests.support.rows import each_row

LONG_HOST = ".".join(["a" * 63] * 3) + "." + "b" * 61
GOOD = [
    "http://merchant.example",
    "HTTPS://Merchant.Example/Notices",
    "https://merchant.example:1/",
    "https://merchant.example:65535/a?b=c&d=%20#e",
    "https://merchant.example.",
    "https://localhost:8080/x",
    "http://127.0.0.1/",
    "http://10.0.0.5:9000/n",
    "http://[::1]:8080/",
    "https://[2001:db8::1]/",
    "http://[::ffff:1.2.3.4]/",
    "https://xn--pdaria-fta.example/",
    "https://3com.example/",
    "https://a-b.c--d.example/",
    "https://" + "a" * 63 + ".example/",
    "https://" + LONG_HOST + "/",
    "https://merchant.example?at=me@x",
    "https://merchant.example/@me:1",
]
BAD = [
    "",
    "merchant.example",
    "//merchant.example/",
    "ftp://merchant.example/",
    "javascript:alert(1)",
    "https:merchant.example",
    "https:/merchant.example",
    "https://",
    "https:///path",
    "https://?a",
    "https://:443/",
    "https://merchant.example:/",
    "https://merchant.example:0/",
    "https://merchant.example:00000/",
    "https://merchant.example:65536/",
    "https://merchant.example:+80/",
    "https://merchant.example:8a/",
    "https://merchant.example:1:2/",
    "https://merchant.example:000080/",
    "https://me@merchant.example/",
    "https://me:word@merchant.example/",
    "https://@merchant.example/",
    "https://a.example\\@merchant.example/",
    "https://a.example\\b.example/",
    "https://-merchant.example/",
    "https://merchant-.example/",
    "https://merchant..example/",
    "https://.example/",
    "https://./",
    "https://mer_chant.example/",
    "https://mer%63hant.example/",
    "https://*.example/",
    "https://" + "a" * 64 + ".example/",
    "https://" + LONG_HOST + "b/",
    "https://1.2.3/",
    "https://1.2.3.256/",
    "https://01.2.3.4/",
    "https://0x7f000001/",
    "https://2130706433/",
    "https://[::1/",
    "https://::1/",
    "https://[1.2.3.4]/",
    "https://[::g]/",
    "https://[fe80::1%eth0]/",
    "https://[::1]x/",
    "https://pãdaria.example/",
    "https://merchant.example/pão",
    "https://ｍerchant.example/",
    "https://merchant.example/a b",
    " https://merchant.example/",
    "https://merchant.example/\n",
    "https://merchant.\texample/",
    "https://merchant.example/\x00",
    "https://merchant.example/\x7f",
    "https://merchant\u200b.example/",
]


@each_row("text", GOOD)
def test_a_well_formed_address_is_taken(text: str) -> None:
    assert is_notice_address(text)
    assert NOTICE_ADDRESS.fullmatch(text)


@each_row("text", BAD)
def test_what_no_notice_can_be_sent_to_is_refused(text: str) -> None:
    assert not is_notice_address(text)
    assert not NOTICE_ADDRESS.fullmatch(text)


PARTS = st.sampled_from([*"aZ09.-:/@[]?#\\%_ \t\n", "é", "http://", "https://", "::1", "a.example", "443", "\u3002"])


@given(st.lists(PARTS, max_size=12).map("".join))
def test_whatever_is_taken_has_one_host_and_nobodys_name(text: str) -> None:
    if is_notice_address("https://" + text):
        parts = urlsplit("https://" + text)
        assert parts.hostname
        assert parts.username is None
        assert parts.port is None or 1 <= parts.port <= 65535
        assert parts.geturl().isascii()
        assert not set(parts.netloc) & set("@\\% \t\n")
