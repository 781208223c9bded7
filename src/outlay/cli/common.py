"""What the commands share: the options every command has, the way to an open database, and how to read arguments.

Every command takes `--data DIR` and `--json`. With `--json` exactly one JSON document goes to standard output; errors
go to standard error in either case, and the exit status tells (1: refused or failed, 2: wrong usage).

Leaves to others: how tables and amounts look (cli.output), what a command does (service).

The trap: arguments and error messages hold whatever somebody typed or a merchant sent. They are printed as plain text,
never as console markup and never with control characters in them.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TypeVar
from uuid import UUID

import pydantic
import structlog
import typer
from pydantic_settings import SettingsError

from outlay.cli.output import complain
from outlay.cli.streams import OutputLost, stdout
from outlay.core.countries import COUNTRIES, NO_COUNTRY
from outlay.core.currencies import EXPONENTS
from outlay.core.money import AmountFault, parse_amount
from outlay.core.normal_forms import name_form
from outlay.core.refusal import No, Objection, Refusal
from outlay.kit.characters import is_blank
from outlay.postgres.connect import Database as OpenDatabase
from outlay.postgres.connect import Own, open_database
from outlay.postgres.errors import PostgresError
from outlay.postgres.folders import DataDir
from outlay.process.key_file import KeyRefused
from outlay.process.logging import configure_logging
from outlay.process.run import open_runtime, prepare_database
from outlay.process.settings import Settings, at_home, unknown_variables, whole_folder
from outlay.service.engine.seal_key import SealKeyDamaged
from outlay.service.runtime import Runtime
from outlay.store.between_others import TablesInUse
from outlay.store.migrate import SchemaOutdated
from outlay.store.troubles import told
from outlay.store.unreadable import PayoutUnreadable
from outlay.wire.addresses import NOTICE_ADDRESS_RULE, is_notice_address
from outlay.wire.fields import what_is_unclean

T = TypeVar("T")
_log = structlog.get_logger("outlay.postgres")

LONGEST_TEXT: Final = 255
SCHEMA_PATIENCE_S: Final = 10.0
_SCHEMA_POLL_S: Final = 0.1


def _path_option(read: Callable[[str], Path]) -> Callable[[str], Path]:
    """Reads an option as a setting is read: a shell leaves the `~` of `--data=~/x` to us."""

    def path(text: str) -> Path:
        try:
            return read(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return path


file_option: Final = _path_option(at_home)
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Data folder (default: $OUTLAY_DATA or ./outlay-data).",
        metavar="DIR",
        parser=_path_option(whole_folder),
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
AccountArgument = Annotated[str, typer.Argument(help="The account's id.", metavar="ACCOUNT")]
CurrencyArgument = Annotated[str, typer.Argument(help="Currency code, such as BRL.", metavar="CURRENCY")]


class CommandFailed(Exception):
    """A command cannot do what it was asked; the message says why and what to do."""


_FOR_PEOPLE: Final = (
    CommandFailed,
    OutputLost,
    PostgresError,
    SchemaOutdated,
    TablesInUse,
    KeyRefused,
    SealKeyDamaged,
    PayoutUnreadable,
)
"""Their messages say all that there is to say."""


def read_settings(data: Path | None, **flags: Any) -> Settings:
    """Settings from the environment, overridden by the flags that were given. Raises CommandFailed."""
    given = {name: value for name, value in flags.items() if value is not None}
    if data is not None:
        given["data"] = data
    try:
        return Settings(**given)
    except pydantic.ValidationError as error:
        faults = "; ".join(f"{_name_of(fault['loc'], given)}: {_plainly(fault['msg'])}" for fault in error.errors())
        raise CommandFailed(f"a setting is wrong: {faults} (see docs/settings.md)") from None
    except SettingsError as error:
        raise CommandFailed(str(error)) from None


def _name_of(place: tuple[int | str, ...], given: Mapping[str, Any]) -> str:
    """As whoever set it wrote it: an option, or a variable."""
    name = str(place[0]) if place else "settings"
    if name in given:
        return f"--{name.replace('_', '-')}"
    return name.upper() if name.upper().endswith("DATABASE_URL") else f"OUTLAY_{name.upper()}"


def _plainly(said: str) -> str:
    """Without what the library puts before words of ours."""
    return said.removeprefix("Value error, ")


def settings_and_log(data: Path | None, **flags: Any) -> Settings:
    """The settings of a command, and a log that says first which variables look like settings and are none. Raises
    CommandFailed."""
    settings = read_settings(data, **flags)
    configure_logging(settings)
    for name, meant in unknown_variables(os.environ).items():
        hint = f"did you mean {meant}?" if meant else "docs/settings.md lists all"
        _log.warning("a variable that is no setting", variable=name, hint=hint)
    return settings


@contextmanager
def database(
    settings: Settings, own: Own, stop_within: Callable[[], float] | None = None, *, only_existing: bool = False
) -> Iterator[OpenDatabase]:
    """An open database; a PostgreSQL of our own is started where none is configured, and made where it is not there,
    but with `only_existing`. `stop_within`: given by a server, the seconds that are left when that PostgreSQL is to
    end; what there is to say of it goes to the log then."""
    url = settings.database_url.get_secret_value() if settings.database_url else None
    if only_existing and url is None and not DataDir(settings.data).cluster.exists():
        raise CommandFailed(f"{settings.data} holds no installation: is --data the right folder?")

    def tell(event: str) -> None:
        if stop_within is not None or settings.log == "json":
            _log.warning(event)
        else:
            complain("postgres:", event)

    try:
        with open_database(
            url, settings.data, own=own, bin_dir=settings.pg_bin, on_event=tell, stop_within=stop_within
        ) as opened:
            yield opened
    except Exception as error:
        if isinstance(error, _FOR_PEOPLE) or (said := told(error)) is None:
            raise
        raise CommandFailed(said) from error


def with_runtime(
    data: Path | None, work: Callable[[Runtime, Settings], Awaitable[T]], *, only_existing: bool = False
) -> T:
    """Run `work` beside a running server, or without one."""
    settings = settings_and_log(data)

    async def run(opened: OpenDatabase) -> T:
        await _prepare(settings, opened)
        async with open_runtime(settings, opened.endpoint.url) as runtime:
            return await work(runtime, settings)

    with database(settings, "attach-or-own", only_existing=only_existing) as opened:
        return asyncio.run(run(opened))


async def _prepare(settings: Settings, opened: OpenDatabase) -> None:
    """Whoever started the embedded server a moment ago may still be making its schema: wait for that."""
    is_guest = opened.server is None and settings.database_url is None
    end = time.monotonic() + (SCHEMA_PATIENCE_S if is_guest else 0.0)
    while True:
        try:
            return await prepare_database(settings, opened, may_migrate=opened.server is not None)
        except SchemaOutdated:
            if time.monotonic() >= end:
                raise
        await asyncio.sleep(_SCHEMA_POLL_S)


def report_failures(command: Callable[[], None]) -> NoReturn:
    """Run the command line to its exit status; what can go wrong for a user ends in one line that says what to do."""
    status = _status_of(command)
    if fault := stdout.fault():
        complain("error:", fault)
        status = status or 1
    raise SystemExit(status)


def _status_of(command: Callable[[], None]) -> int:
    try:
        command()
    except SystemExit as ended:
        return int(ended.code or 0)
    except _FOR_PEOPLE as error:
        complain("error:", str(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        complain("error:", where + (error.strerror or str(error) or type(error).__name__))
    else:
        return 0
    return 1


def account_id_from(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise CommandFailed(
            f"{text} is not an account id (a UUID); `outlay account list` shows every account and its id"
        ) from None


def country_from(text: str) -> str:
    if text not in COUNTRIES and text != NO_COUNTRY:
        raise CommandFailed(
            f"{text} is not a country code: give an assigned code of ISO 3166-1 such as BR, or {NO_COUNTRY} for crypto"
        )
    return text


def currency_from(text: str) -> str:
    if text not in EXPONENTS:
        raise CommandFailed(f"{text} is not a known currency code (three capital letters, such as BRL)")
    return text


def amount_from(text: str, currency: str, *, or_zero: bool = False) -> int:
    """Minor units of a decimal amount such as 300.11."""
    amount = parse_amount(text, EXPONENTS[currency])
    if amount is AmountFault.NOT_POSITIVE and or_zero:
        return 0
    if isinstance(amount, AmountFault):
        raise CommandFailed(
            f"{text} is not an amount of {currency}: {amount.value} (write it like {_sample(currency)})"
        )
    return amount


def _sample(currency: str) -> str:
    decimals = EXPONENTS[currency]
    return f"300.{'1'.rjust(decimals, '0')}" if decimals else "300"


def text_from(text: str, what: str) -> str:
    """A name or reference that can be stored and shown again as it was given."""
    if is_blank(text):
        raise CommandFailed(f"{what} must not be empty")
    if len(text) > LONGEST_TEXT:
        raise CommandFailed(f"{what} must have at most {LONGEST_TEXT} characters, not {len(text)}")
    if any("\udc80" <= character <= "\udcff" for character in text):  # as Python reads such an argument
        raise CommandFailed(f"{what} must not contain bytes that are not UTF-8")
    if unclean := what_is_unclean(text):
        raise CommandFailed(f"{what} {unclean}")
    return text


def url_from(text: str, what: str) -> str:
    """An address that a notice can be sent to: no name or password in it, they would stand in every log."""
    if not is_notice_address(text_from(text, what)):
        raise CommandFailed(f"{what} {NOTICE_ADDRESS_RULE}, such as https://example.com/notices")
    return text


def name_from(text: str) -> str:
    """Who says so, as it goes on record."""
    if not name_form(text_from(text, "the name")):
        raise CommandFailed("the name must not be empty")
    return text.strip()


_WORDS: Final = {
    Refusal.ACCOUNT_NOT_FOUND: "there is no such account; `outlay account list` shows all",
    Refusal.ACCOUNT_CLOSED: "the account is closed; `outlay account reopen` opens it again",
    Refusal.TARGET_NOT_FOUND: "the other account is not of the same master; `outlay account show` lists the family",
    Refusal.SAME_ACCOUNT: "the two accounts are one and the same",
    Refusal.RECIPIENT_BLOCKED: "the account may not pay the other one; `outlay block list` shows whom it may not pay",
    Refusal.CURRENCY_NOT_HELD: "the account has never had money in this currency; `outlay account show` lists balances",
    Refusal.INSUFFICIENT_BALANCE: "the account has not so much available; `outlay account show` lists balances",
    Objection.NO_PEOPLE: "this takes two people who are known here, and nobody is: `outlay user add NAME` makes a "
    "person known and prints their key",
    Objection.PERSON_UNKNOWN: "no known person has this name and this key; `outlay user list` shows everybody, and "
    "`outlay user key NAME` makes a new key",
    Objection.PERSON_DISABLED: "this person is disabled for good; `outlay user list` shows who is not",
    Objection.NOT_ALLOWED: "a viewer decides nothing about money: an approver must (`outlay user list`)",
    Objection.PERSON_EXISTS: "a person of this name is known here already (`outlay user list`), and a name stays one "
    "person's, also when they are disabled. If they lost their key, `outlay user key NAME` makes another; if this is "
    "somebody else, add them under another name",
    Objection.NOT_IN_REVIEW: "nothing of it waits for a reviewer; `outlay payout show` tells what became of it",
    Objection.NOT_ASKED_ABOUT: "the database has lost time since it was ordered: its rail is asked first what became "
    "of it, by a running server; `outlay payout show` tells what it said",
    Objection.REVIEWED_BY_ORDERER: "whoever ordered a payout cannot approve it: somebody else must",
    Objection.ALREADY_SENT: "it is too late: the payout was sent; `outlay payout show` tells what became of it",
    Refusal.PAYOUT_NOT_FOUND: "there is no such payout; `outlay payout list` shows the newest",
    Objection.ALREADY_ENDED: "the payout has ended already; `outlay payout show` tells how",
    Objection.ATTEMPT_UNKNOWN: "the payout never made this attempt; `outlay payout show` lists its attempts",
    Objection.AWAITS_PEOPLE: "nothing of it is under way, and two people must say what becomes of the money; "
    "`outlay payout show` tells what they can say",
    Objection.NOT_TO_BE_SENT_AGAIN: "it must not be sent again; `outlay payout show` tells what is known of it",
    Objection.NOTHING_TO_SETTLE: "there is nothing of this to say about it: it is not on its way (`outlay payout show` "
    "tells how it stands; one that nobody sent is stopped by `outlay payout cancel`), or it goes to an account here, "
    "whose own books tell",
    Objection.EVIDENCE_AGAINST: "the rail has said something of it, so it was submitted (`outlay payout show` tells "
    "what): find out there whether it was paid, then say --paid or --refused",
    Objection.NOT_ASKED_SINCE: "the rail was not asked yet at a time when nothing of it could still be on its way; let "
    "the server run until `outlay payout show` shows such a question, then say it again",
    Objection.ATTEMPT_NOT_DEAD: "an attempt of it may have paid, or may still pay; say what became of that one first: "
    "--paid, --never-submitted or --refused",
    Objection.CASE_NOT_FOUND: "there is no such case; `outlay case list --all` shows all",
    Objection.CASE_IS_CLOSED: "the case is closed already; `outlay case show` tells by whom and how",
    Objection.MONEY_STILL_OPEN: "what became of the money is still open, and that comes first",
    Objection.REMEDY_IMPOSSIBLE: "this remedy is impossible: it moves more than nothing and not more than the payout's "
    "amount, and nothing at all where no money is concerned (--remedy nothing)",
    Objection.NEEDS_ANOTHER_PERSON: "you have proposed this yourself: another person must say the same",
    Objection.NOT_PAID: "the payout is not paid, so nothing of it can come back",
    Objection.RETURN_CONFLICT: "a return of this number is recorded with another amount; give another --number",
    Objection.RETURN_EXCEEDS_PAID: "more would come back than was paid; `outlay payout show` tells what has come back",
}


def refused(refusal: No) -> NoReturn:
    raise CommandFailed(refusal_words(refusal))


def refusal_words(refusal: No) -> str:
    return _WORDS.get(refusal) or f"refused: {refusal.name.lower().replace('_', ' ')}"
