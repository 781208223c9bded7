"""`outlay block …`: account numbers that an account may not pay.

The list masks them: somebody may look over the operator's shoulder. `--json` is for programs and has them whole.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from outlay.cli.common import (
    AccountArgument,
    CommandFailed,
    DataOption,
    JsonOption,
    account_id_from,
    name_from,
    refused,
    text_from,
    with_looks,
    with_runtime,
)
from outlay.cli.output import add, out, print_json, table
from outlay.core.recipients import Block
from outlay.core.refusal import Refusal
from outlay.kit.characters import plain, without_unseen
from outlay.present.accounts import BlockChangedDocument, block_list_document
from outlay.present.values import utc_text
from outlay.process.settings import Settings
from outlay.service.operator.accounts import block_recipient, list_blocked, unblock_recipient
from outlay.service.runtime import Looking, Runtime

_SHOWN: Final = 4

app = typer.Typer(help="Recipients that an account may not pay.", no_args_is_help=True)

NumberArgument = Annotated[
    str,
    typer.Argument(help="Account number, key, wallet or address, in any spelling.", metavar="NUMBER"),
]


@app.command("add")
def add_block(
    account: AccountArgument,
    number: NumberArgument,
    by: Annotated[str, typer.Option(help="Who says so; goes on record.", metavar="NAME")],
    why: Annotated[str, typer.Option(help="The reason, for the record.", metavar="TEXT")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Refuse payouts to this number from now on; those that are ordered already go on."""
    account_id, blocked = account_id_from(account), number_from(number)
    said_by, reason = name_from(by), text_from(why, "the reason")

    async def work(runtime: Runtime, _settings: Settings) -> bool | Refusal:
        return await block_recipient(runtime, account_id, blocked, why=reason, by=said_by)

    is_new = with_runtime(data, work)
    if isinstance(is_new, Refusal):
        refused(is_new)
    if as_json:
        print_json(BlockChangedDocument(account_id=account_id, number=blocked, result="blocked", changed=is_new))
        return
    if is_new:
        out.say(f"{masked(blocked)} is blocked")
    else:
        out.say(f"{masked(blocked)} was blocked before; its record stays as it is")


@app.command("remove")
def remove_block(
    account: AccountArgument, number: NumberArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Let payouts to this number be ordered again."""
    account_id, blocked = account_id_from(account), number_from(number)

    async def work(runtime: Runtime, _settings: Settings) -> bool | Refusal:
        return await unblock_recipient(runtime, account_id, blocked)

    was_blocked = with_runtime(data, work)
    if isinstance(was_blocked, Refusal):
        refused(was_blocked)
    if as_json:
        print_json(BlockChangedDocument(account_id=account_id, number=blocked, result="allowed", changed=was_blocked))
        return
    out.say(f"{masked(blocked)} may be paid again" if was_blocked else f"{masked(blocked)} was not blocked")


@app.command("list")
def list_blocks(account: AccountArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Blocked numbers, the oldest first, masked; --json shows them whole."""
    account_id = account_id_from(account)

    async def work(looks: Looking) -> Sequence[Block] | Refusal:
        return await list_blocked(looks, account_id)

    blocks = with_looks(data, work)
    if isinstance(blocks, Refusal):
        refused(blocks)
    if as_json:
        print_json(block_list_document(account_id, blocks))
        return
    if not blocks:
        out.say("no recipient is blocked: `outlay block add ACCOUNT NUMBER --by NAME --why TEXT` blocks one")
        return
    shown = table("number", "why", "by", "at (UTC)")
    for each in blocks:
        add(shown, masked(each.number), each.why, each.blocked_by, utc_text(each.at_ms))
    out.show(shown)


def number_from(text: str) -> str:
    """As it looks: marks without a look are taken off, because whoever pasted them cannot know of them."""
    marked_off = "".join(character for character in text if unicodedata.category(character) != "Cf")
    number = without_unseen(text_from(marked_off, "the number")).strip()
    if not number:
        raise CommandFailed("the number must not be empty")
    return number


def masked(number: str) -> str:
    """All but the last four characters; of a short one nothing is left."""
    kept = number[-_SHOWN:] if len(number) > _SHOWN else ""
    return plain("*" * (len(number) - len(kept)) + kept)
