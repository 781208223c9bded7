"""What the commands share: the options every command has, the way to an open database, and how to read arguments.

Every command takes `--data DIR` and `--json`. With `--json` exactly one JSON document goes to standard output; errors
go to standard error in either case, and the exit status tells (1: refused or failed, 2: wrong usage).

Leaves to others: how tables and amounts look (cli.output), what a command does (service).

The trap: arguments and error messages hold whatever somebody typed or a merchant sent. They are printed as plain text,
never as console markup and never with control characters in them.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn, TypeVar
from uuid import UUID

import typer

from outlay.cli.output import complain
from outlay.cli.streams import stdout
from outlay.core.countries import COUNTRIES, NO_COUNTRY
from outlay.core.currencies import EXPONENTS
from outlay.core.money import AmountFault, parse_amount
from outlay.core.names import name_form
from outlay.core.refusal import No
from outlay.kit.characters import is_blank
from outlay.kit.for_people import ForPeople
from outlay.present.words import refusal_words
from outlay.process.settings import Settings, SettingsWrong, at_home, unknown_variables, whole_folder
from outlay.running.log import configure_with_first_line, get_log
from outlay.wire.addresses import NOTICE_ADDRESS_RULE, is_notice_address
from outlay.wire.fields import what_is_unclean

if TYPE_CHECKING:
    from outlay.service.runtime import Looking, LookingAtSeals, Runtime

T = TypeVar("T")
_log = get_log("outlay.postgres")

LONGEST_TEXT: Final = 255


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


class CommandFailed(ForPeople):
    """A command cannot do what it was asked; the message says why and what to do."""


def read_settings(data: Path | None, **flags: Any) -> Settings:
    """Settings from the environment, overridden by the flags that were given. Raises CommandFailed, TwoDatabases."""
    given = {name: value for name, value in flags.items() if value is not None}
    if data is not None:
        given["data"] = data
    try:
        return Settings.read(**given)
    except SettingsWrong as error:
        faults = "; ".join(f"{_name_of(name, given)}: {rule}" for name, rule in error.faults.items())
        raise CommandFailed(f"a setting is wrong: {faults} (see docs/settings.md)") from None


def _name_of(setting: str, given: Mapping[str, Any]) -> str:
    """As whoever set it wrote it: an option, or a variable."""
    if setting in given:
        return f"--{setting.replace('_', '-')}"
    return setting.upper() if setting == "database_url" else f"OUTLAY_{setting.upper()}"


def settings_and_log(data: Path | None, **flags: Any) -> Settings:
    """The settings of a command, and a log that says first which variables look like settings and are none. Raises
    CommandFailed."""
    settings = read_settings(data, **flags)
    configure_with_first_line(partial(_configure_logging, settings))
    for name, meant in unknown_variables(os.environ).items():
        hint = f"did you mean {meant}?" if meant else "docs/settings.md lists all"
        _log.warning("a variable that is no setting", variable=name, hint=hint)
    return settings


def _configure_logging(settings: Settings) -> None:
    from outlay.process.logging import configure_logging  # noqa: PLC0415 (by need)

    configure_logging(settings)


def database_events(settings: Settings) -> Callable[[str], None]:
    """What hears of a PostgreSQL of our own, for a command: a line for people, or one of the log where a program reads
    it."""

    def tell(event: str) -> None:
        if settings.log == "json":
            _log.warning(event)
        else:
            complain("postgres:", event)

    return tell


def with_runtime(
    data: Path | None, work: Callable[[Runtime, Settings], Awaitable[T]], *, only_existing: bool = False
) -> T:
    """Run `work` beside a running server, or without one."""
    from outlay.process import opening  # noqa: PLC0415 (by need)

    settings = settings_and_log(data)
    return opening.with_runtime(
        settings,
        database_events(settings),
        lambda runtime: work(runtime, settings),
        only_existing=only_existing,
    )


def with_looks(data: Path | None, work: Callable[[Looking], Awaitable[T]]) -> T:
    """Run `work`, which only looks, beside a running server, or without one. It writes nothing."""
    from outlay.process import opening  # noqa: PLC0415 (by need)

    settings = settings_and_log(data)
    return opening.with_looks(settings, database_events(settings), work)


def with_looks_at_seals(data: Path | None, work: Callable[[LookingAtSeals], Awaitable[T]]) -> T:
    """The same for what looks at seals too."""
    from outlay.process import opening  # noqa: PLC0415 (by need)

    settings = settings_and_log(data)
    return opening.with_looks_at_seals(settings, database_events(settings), work)


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
    except ForPeople as error:
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


def refused(refusal: No) -> NoReturn:
    raise CommandFailed(refusal_words(refusal))
