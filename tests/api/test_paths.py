"""A path's segments, as routes are compared with them."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from outlay.api.paths import part_of, routed
from tests.support.rows import each_row

CHARACTERS = st.characters(exclude_categories=("Cs",))
SEGMENTS = st.lists(st.text(CHARACTERS, max_size=8), min_size=1, max_size=6)


@given(segments=SEGMENTS)
def test_however_segments_are_escaped_they_are_the_segments_that_were_sent(segments: list[str]) -> None:
    for safe in ("", "abcdefghijklmnopqrstuvwxyz!$&'()*+,;=:@"):
        sent = "/".join(quote(segment, safe=safe) for segment in segments)
        assert [part_of(segment) for segment in routed(sent).split("/")] == segments


@given(sent=st.text(st.sampled_from("/%25Ffaé\0"), max_size=20))
def test_no_border_between_segments_is_made_or_lost(sent: str) -> None:
    assert routed(sent).count("/") == sent.count("/")


@each_row(
    ("sent", "path", "part"),
    [
        ("a%2fb", "a%2Fb", "a/b"),
        ("%61%2F", "a%2F", "a/"),
        ("a%252Fb", "a%252Fb", "a%2Fb"),
        ("100%25", "100%25", "100%"),
        ("%zz", "%25zz", "%zz"),
        ("%", "%25", "%"),
        ("%00", "\0", "\0"),
        ("%ff", "\ufffd", "\ufffd"),
    ],
)
def test_a_segment_is_decoded_once(sent: str, path: str, part: str) -> None:
    assert routed(sent) == path
    assert part_of(path) == part
