"""`outlay credential …`: give software the keys to speak for an account, and take them away.

`create` is the only command that prints a secret. Which dialects there are, and what their clients need, the dialect
folders tell: nothing here names one.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import msgspec
import typer

from outlay.cli.common import (
    AccountArgument,
    CommandFailed,
    DataOption,
    JsonOption,
    account_id_from,
    file_option,
    name_from,
    refused,
    text_from,
    with_runtime,
)
from outlay.cli.output import json_text, out, print_json
from outlay.cli.streams import OutputLost, deliver
from outlay.core.refusal import Refusal
from outlay.dialects import all_dialects
from outlay.kit.characters import plain
from outlay.present.accounts import CredentialRevokedDocument
from outlay.process.settings import Settings
from outlay.service.operator.credentials import issue_credential, revoke_credential
from outlay.service.runtime import Runtime
from outlay.wire.dialect import AnyDialect, BadCredentialRequest, IssuedCredential

LARGEST_KEY_FILE: Final = 65_536

app = typer.Typer(help="Keys by which software speaks for an account.", no_args_is_help=True)


@app.command()
def create(
    account: AccountArgument,
    dialect: Annotated[str, typer.Option(help="The wire API that the key is for.", metavar="NAME")],
    public_key: Annotated[
        Path | None,
        typer.Option(
            help="The merchant's own public key (PEM), where the API signs with key pairs.",
            metavar="FILE",
            parser=file_option,
        ),
    ] = None,
    brought: Annotated[
        Path | None,
        typer.Option(
            "--import",
            help="Keys that the merchant has already (JSON, by the names that `create --json` prints; see "
            "docs/migrating.md): nothing changes for their software but the base URL.",
            metavar="FILE",
            parser=file_option,
        ),
    ] = None,
    holder: Annotated[
        str | None,
        typer.Option(help="Who keeps it: cannot approve in review what was ordered with it.", metavar="NAME"),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Issue a credential and print all that a client needs, once: it cannot be shown again."""
    account_id, chosen = account_id_from(account), _dialect_named(dialect)
    pem = _read_key(public_key) if public_key is not None else None
    keys = _read_brought(brought) if brought is not None else None
    kept_by = name_from(holder) if holder is not None else None

    async def work(runtime: Runtime, _settings: Settings) -> IssuedCredential | Refusal:
        issued = await issue_credential(runtime, chosen, account_id, pem, kept_by, brought=keys)
        if not isinstance(issued, Refusal):
            text = _document(issued) if as_json else _text(issued, account_id, kept_by, is_imported=keys is not None)
            await _show_or_revoke(runtime, issued.key_id, text)
        return issued

    try:
        issued = with_runtime(data, work)
    except BadCredentialRequest as error:
        raise CommandFailed(str(error)) from None
    if isinstance(issued, Refusal):
        refused(issued)


def _document(issued: IssuedCredential) -> str:
    return json_text(dict(issued.shown)) + "\n"


def _text(issued: IssuedCredential, account_id: UUID, kept_by: str | None, *, is_imported: bool) -> str:
    held = f", held by {plain(kept_by)}" if kept_by is not None else ""
    if is_imported:
        lines = [
            f"Credential {plain(issued.key_id)} imported for account {account_id}{held}.",
            "Nothing changes for the merchant's software but the base URL.",
            f"{issued.advice}.\n" if issued.advice else "",
        ]
    else:
        lines = [
            f"Credential {issued.key_id} for account {account_id}{held}. Keep what follows now:",
            "it is shown this once and cannot be shown again.\n",
        ]
    lines += [f"{name}:\n{value}" if "\n" in value else f"{name}: {value}" for name, value in issued.shown.items()]
    return "\n".join(lines) + "\n"


async def _show_or_revoke(runtime: Runtime, key_id: str, text: str) -> None:
    """A credential whose secret nobody has seen is not left alive. Raises CommandFailed."""
    try:
        deliver(text)
    except (OutputLost, KeyboardInterrupt) as lost:
        why = str(lost) or "interrupted"
    else:
        return
    try:
        await revoke_credential(runtime, key_id)
    except Exception as error:
        raise CommandFailed(
            f"{why}: the credential was not shown, and it could not be revoked ({error}). It may be live: "
            f"`outlay credential revoke {key_id}` ends it"
        ) from None
    raise CommandFailed(f"{why}: the credential was not shown, so it is revoked; create it again")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The id of the key, as `create` names it.", metavar="KEY_ID")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a credential away: from the next request on it gets no answer."""
    text_from(key_id, "the key id")

    async def work(runtime: Runtime, _settings: Settings) -> bool:
        return await revoke_credential(runtime, key_id)

    if not with_runtime(data, work):
        # What was given is not repeated: it may be a secret pasted in the wrong place.
        raise CommandFailed("there is no live credential with this key id; it may be revoked already")
    if as_json:
        print_json(CredentialRevokedDocument(key_id=key_id))
        return
    out.say(f"credential {key_id} is revoked: it gets no answer any more")


def _dialect_named(name: str) -> AnyDialect:
    known = all_dialects()
    if name not in known:
        raise CommandFailed(f"{name} is not a dialect; known are: {', '.join(known)}")
    return known[name]


def _read_brought(path: Path) -> dict[str, str]:
    """A JSON object of texts. What stands in it is never repeated."""
    content = _read_file(path, "the file of keys")
    try:
        keys = msgspec.json.decode(content.removeprefix(codecs.BOM_UTF8), type=dict[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError):
        keys = {}
    if not keys or len(content) > LARGEST_KEY_FILE:
        raise CommandFailed(
            f'{path} is not a JSON object of texts, such as {{"app_id": "…", "app_secret": "…"}}; '
            "docs/migrating.md has the names that each API knows"
        )
    return keys


def _read_file(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_KEY_FILE + 1)
    except OSError as error:
        raise CommandFailed(f"{what} {path} cannot be read: {error.strerror}") from None


def _read_key(path: Path) -> str:
    content = _read_file(path, "the public key")
    if len(content) > LARGEST_KEY_FILE or not content.isascii():
        raise CommandFailed(
            f"{path} is not a public key in PEM form (a text that begins with -----BEGIN PUBLIC KEY-----)"
        )
    return content.decode("ascii")
