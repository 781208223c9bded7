"""The rules of LessPay's fields, each as a few lines of a table: what is taken and what becomes of it, what is refused
and with which words, and how the rule is broken.

Of a text, nearly all of it follows from its longest length, its form or its words, and from what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import pytest

from outlay.wire.dialect import Credential
from tests.apis.lesspay.desk import CREDENTIAL, NOW_MS, STRICT
from tests.apis.lesspay.rules.desk import GONE, Body, Changes, No, asked, changed, kept, taken
from tests.rules.breaks import Break, edit, field, number
from tests.rules.claims import claims

PARAMETER, CURRENCY, TOTAL, HOLDER, COUNTRY, ACCOUNT = 30000, 30001, 30002, 30004, 30005, 30006
TWICE, KIND_OF_ORDER, AMOUNT = 30007, 30008, 30009
COUNTRY_RULE = "must be an assigned ISO 3166-1 alpha-2 code in upper case"
COUNTRIES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ "
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO "
    "FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE "
    "JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO "
    "MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW "
    "PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM "
    "TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
NO_COUNTRIES = ("ZZ", "XX", "UK", "EU", "BP", "ph", "PHL", "P")

Taken = tuple[Changes, str, Any]
"""With these changes the body is good, and what is kept under this name is this."""
Refused = tuple[Changes, int, str]
"""With these it earns this code and these words."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """`row` without the word for its kind and the endpoint. `strict`: refused only where destinations are checked."""

    row: str
    body: Body
    taken: tuple[Taken, ...]
    refused: tuple[Refused, ...]
    breaks: tuple[Break, ...]
    strict: tuple[Refused, ...] = ()


def cases_with_claims(prefix: str, rules: Iterable[Rule]) -> list[Any]:
    """The parameters of a test; each claims its row, in which a place in a list stands as `[]`. (Its name has to end
    so: claims are looked for only in files that say `claims(`.)"""
    rows = [(f"{prefix} {rule.row.replace('[0]', '[]')}", rule) for rule in rules]
    return [pytest.param(rule, id=row, marks=claims("lesspay", row, *rule.breaks)) for row, rule in rows]


def show_both_sides(path: str, rule: Rule) -> None:
    for changes, name, value in rule.taken:
        assert kept(taken(path, changed(rule.body, changes)), name) == value, changes
    for changes, code, text in rule.refused:
        _refuse(path, rule, changes, No(200, code, text), CREDENTIAL)
    for changes, code, text in rule.strict:
        taken(path, changed(rule.body, changes))
        _refuse(path, rule, changes, No(200, code, text), STRICT)


def _refuse(path: str, rule: Rule, changes: Changes, no: No, credential: Credential) -> None:
    assert asked(path, changed(rule.body, changes), credential) == no, changes


# -- texts ----------------------------------------------------------------------------------------------------------


class Needed(msgspec.Struct, frozen=True):
    """A field that is needed only where others are missing: these, and then this is said."""

    without: tuple[str, ...]
    text: str
    forgotten: Break


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """`form` words the rule of a text that is not free; `good` are taken, `wrong` break the form. `content`: LINE,
    NUMBER or REMARK. `unseen`: the code of a character that has no place in it, where that is not `code`. `absent`:
    what is kept where it is not there."""

    path: str
    kept: str
    body: Body
    longest: int = 255
    code: int = PARAMETER
    unseen: int = 0
    content: str = "LINE"
    form: str = ""
    good: Sequence[str] = ()
    wrong: Sequence[str] = ()
    needed: bool | Needed = False
    absent: str | None = None
    also_taken: tuple[Taken, ...] = ()
    also_refused: tuple[Refused, ...] = ()
    strict: tuple[Refused, ...] = ()
    form_forgotten: Break | None = None

    def rule(self) -> Rule:
        return Rule(
            row=self.path,
            body=self.body,
            taken=(*self._taken(), *self.also_taken),
            refused=(*self._refused(), *self.also_refused),
            strict=self.strict,
            breaks=self._breaks(),
        )

    def _taken(self) -> Iterable[Taken]:
        free = () if self.form else ("a" * self.longest, "a", *_FITS[self.content])
        for value in (*free, *self.good):
            yield {self.path: value}, self.kept, value
        if self.needed is not True:
            for nothing in NOTHING:
                yield {self.path: nothing}, self.kept, self.absent

    def _refused(self) -> Iterable[Refused]:
        for value, rule in (("a" * (self.longest + 1), f"must be at most {self.longest} characters"), (7, STRING)):
            yield {self.path: value}, self.code, f"{self.path} {rule}"
        for value, rule in (*UNCLEAN, *_DOES_NOT_FIT[self.content]):
            yield {self.path: value}, self.unseen or self.code, f"{self.path} {rule}"
        for value in (*self.wrong, *(["a" * self.longest] if self.form else [])):
            yield {self.path: value}, self.code, f"{self.path} {self.form}"
        if self.needed:
            others = self.needed.without if isinstance(self.needed, Needed) else ()
            text = self.needed.text if isinstance(self.needed, Needed) else f"{self.path} is required"
            for nothing in NOTHING:
                yield {self.path: nothing} | dict.fromkeys(others, GONE), self.code, text

    def _breaks(self) -> tuple[Break, ...]:
        """One character more; never asked for, or always; and what else is true of it."""
        if isinstance(self.needed, Needed):
            asked_for = self.needed.forgotten
        else:
            asked_for = field(self.path, required=not self.needed)
        return field(self.path, longest=self.longest + 1), asked_for, self._third_break()

    def _third_break(self) -> Break:
        if self.form:
            return self.form_forgotten or field(self.path, pattern=None, choices=None)
        if self.content == "LINE":
            return field(self.path, longest=self.longest - 1)
        return field(self.path, content="LINE")


STRING = "must be a string"
NOTHING = (GONE, None, "", " ")
"""All of it is the same: not there."""
_CONTROLS = "must not contain control characters"
UNCLEAN = (
    ("a\x00b", _CONTROLS),
    ("a\x7fb", _CONTROLS),
    ("a\u202eb", "must not contain marks that turn the direction of writing"),
    ("a\ud800b", "must not contain unpaired surrogates"),
)
"""In no text at all."""
_FITS = {"LINE": ("na\u200dme", "山田 ş"), "NUMBER": ("00-1 a",), "REMARK": ("one\ntwo\tthree",)}
_ONE_LINE = (("a\nb", _CONTROLS), ("a\tb", _CONTROLS), ("a\u2028b", "must not contain line separators"))
_INVISIBLE = tuple((f"9{unseen}9", "must not contain invisible characters") for unseen in "\u200b\u00a0\u00ad\u3000")
_DOES_NOT_FIT = {"LINE": _ONE_LINE, "NUMBER": (*_ONE_LINE, *_INVISIBLE), "REMARK": ()}


def words(path: str, kept: str, body: Body, listed: Sequence[str], wrong: Sequence[str], **more: Any) -> Text:
    """A text that is one of a short list, which is told."""
    form = f"must be one of {', '.join(listed)}"
    return Text(path=path, kept=kept, body=body, form=form, good=listed, wrong=wrong, **more)


def country(path: str, kept: str, body: Body, **more: Any) -> Text:
    return Text(
        path=path,
        kept=kept,
        body=body,
        code=COUNTRY,
        form=COUNTRY_RULE,
        good=COUNTRIES.split(),
        wrong=NO_COUNTRIES,
        **more,
    )


# -- what is no text ------------------------------------------------------------------------------------------------


def part(path: str, name: str, value: str, body: Body, how: Break, *, optional: bool = False) -> Rule:
    """An object inside another; `value`: what is kept of something in it, under this name."""
    absent: tuple[Taken, ...] = tuple(({path: nothing}, name, None) for nothing in NOTHING)
    missing: tuple[Refused, ...] = tuple(({path: nothing}, PARAMETER, f"{path} is required") for nothing in NOTHING)
    other = tuple(({path: other}, PARAMETER, f"{path} must be an object") for other in ("x", 7, [], [{}], True))
    return Rule(
        row=path,
        body=body,
        taken=(({}, name, value), *(absent if optional else ())),
        refused=(*other, *(() if optional else missing)),
        breaks=(how, not_asked_to_be_an_object(path)),
    )


def not_asked_to_be_an_object(path: str) -> Break:
    old = "        if not _absent(value):\n"
    new = f"        if not _absent(value) and self._path + name != {path!r}:\n"
    return edit("wire/fields.py", old, new, within="FieldReader.object")


# -- what a payout and a batch have in common -----------------------------------------------------------------------

FIELDS = "dialects/lesspay/values/fields.py"
ONE_WAY = "way_code or way_type is required"
NO_WAY = edit(FIELDS, 'if not reader.has("way_code") and not reader.has("way_type"):', "if False:")
NOTIFY_RULE = (
    "must be an http or https URL in ASCII (a host of other letters as xn--...), without a name or password in it"
)
SWIFT = {
    "form": "must be 8 or 11 letters and digits",
    "good": ("BNORPHMM", "BNORPHMMXXX"),
    "wrong": ("BNORPHM", "BNORPHMM1", "BNORPHMMXX", "BNORPHMMXXXX", "BNORPH-M"),
}
LARGEST_TIME = 3_153_600_000  # a hundred years
TIME_RULE = f"expired_time must be an integer from 1 to {LARGEST_TIME}"


def expired_time_rule(body: Body, payouts: int) -> Rule:
    """`payouts`: how many the body orders."""
    name = "all.expires_ms"
    return Rule(
        row="expired_time",
        body=body,
        taken=(
            *(({"expired_time": s}, name, (NOW_MS + s * 1000,) * payouts) for s in (1, 86400, LARGEST_TIME)),
            *(({"expired_time": nothing}, name, (None,) * payouts) for nothing in NOTHING),
        ),
        refused=tuple(
            ({"expired_time": wrong}, PARAMETER, TIME_RULE)
            for wrong in (0, -1, LARGEST_TIME + 1, "60", 1.0, True, [60])
        ),
        breaks=(
            number("expired_time", smallest=0),
            number("expired_time", largest=LARGEST_TIME + 1),
            edit(FIELDS, "seconds * 1000", "seconds", within="read_terms"),
        ),
    )
