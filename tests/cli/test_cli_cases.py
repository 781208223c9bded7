"""Cases and settling by command: what a person sees, what two people say, and the words of each refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import pytest
from msgspec.structs import replace

from outlay.cli.common import with_runtime
from outlay.core.asks import Claim
from outlay.core.attempt import RailTerms
from outlay.core.cases import CaseKind
from outlay.core.destination import DestinationKind
from outlay.core.events import BeginAttempt, Event, Heard, Park, Source
from outlay.core.help_lines import FLAGS
from outlay.core.outcome import Failure, FailureReason, NotFound, Paid, Refused, Unknown
from outlay.core.payout import Order, Payout
from outlay.core.refusal import No
from outlay.core.rulings import Verdict
from outlay.core.waiting import What, Who
from outlay.present.words import CASES
from outlay.process.settings import Settings
from outlay.service.engine.move_payout import move_payout
from outlay.service.merchant.order_payout import order_payout
from outlay.service.runtime import Runtime
from tests.cli.cli_support import Cli, Merchant, any_dialect, serving, wait_for
from tests.cli.every_command import commands_that_show_payouts
from tests.cli.payouts_there import payouts_in
from tests.support.callers import trusted
from tests.support.folders import short_folder
from tests.support.payees import payee

pytestmark = pytest.mark.slow

MINOR: Final = 30_011
AMOUNT: Final = "300.11"
RAIL: Final = RailTerms("nowhere")
LONG_AGO_MS: Final = 120_000
NOTE: Final = "statement 7"


class Scene(msgspec.Struct, frozen=True):
    """A server that knows two people, and an account whose rail nobody serves: so nothing happens by itself."""

    cli: Cli
    merchant: Merchant
    keys: dict[str, str]

    def by(self, name: str) -> Cli:
        return Cli(self.cli.data, self.cli.base_url, OUTLAY_USER_KEY=self.keys[name])

    def says(self, name: str, *words: object, status: int = 0) -> Any:
        return self.by(name).json(*words, "--by", name, "--note", NOTE, status=status)

    def refusal(self, name: str, *words: object, status: int = 1) -> str:
        return self.by(name).refusal(*words, "--by", name, "--note", NOTE, status=status)

    def payout(self, *events: Event) -> str:
        """The id of a new payout to which this has happened."""

        async def work(runtime: Runtime, _settings: Settings) -> str:
            account_id, reference = UUID(self.merchant.account_id), uuid4().hex
            order = Order(
                reference=reference,
                currency=self.merchant.currency,
                amount_minor=MINOR,
                beneficiary=payee(DestinationKind.PIX, account_number="11144477735"),
            )
            # Due only later: the server's worker has no such rail, and would leave it to people before this goes on.
            ahead = replace(runtime, now_ms=lambda: runtime.now_ms() + LONG_AGO_MS)
            ordered = await order_payout(ahead, trusted(account_id), Claim(reference, "create", bytes(32)), order)
            assert isinstance(ordered, Payout)
            for event in events:
                told = await move_payout(runtime, account_id, ordered.payout_id, event)
                assert not isinstance(told, No), told.name
            return str(ordered.payout_id)

        return with_runtime(self.cli.data, work)

    def lost(self) -> str:
        """Sent long ago, asked about in time and not known to its rail."""
        began_ms = self.now_ms() - LONG_AGO_MS
        begun = (BeginAttempt(RAIL, began_ms), Heard(1, Unknown("no answer"), Source.SEND, "send 1"))
        question = Heard(1, NotFound(), Source.ASK, "question 1", asked_ms=began_ms + LONG_AGO_MS // 2)
        return self.payout(*begun, question, Park(1, "the rail does not know it"))

    def paid_after_failed(self) -> str:
        failed = Heard(1, Refused(Failure(FailureReason.OTHER, "no")), Source.SEND, "send 1")
        return self.payout(BeginAttempt(RAIL), failed, Heard(1, Paid("X1"), Source.CALLBACK, "notice 9"))

    def now_ms(self) -> int:
        async def work(runtime: Runtime, _settings: Settings) -> int:
            return runtime.real_ms()

        return with_runtime(self.cli.data, work)


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with short_folder() as folder:
        data = folder / "data"
        with serving(data, Cli(data).environment()) as base_url:
            cli = Cli(data, base_url)
            merchant = Merchant(cli, any_dialect())
            with_runtime(data, _serve_nowhere(UUID(merchant.account_id)))
            alone = Scene(cli, merchant, {})
            nobody_is_known(alone)
            keys = {name: cli.json("user", "add", name)["key"] for name in ("Ana", "Bob")}
            yield Scene(cli, merchant, keys)


def _serve_nowhere(account_id: UUID) -> Any:
    async def work(runtime: Runtime, _settings: Settings) -> None:
        await runtime.database.execute("update accounts set rail = $1 where account_id = $2", RAIL.name, account_id)

    return work


def nobody_is_known(scene: Scene) -> None:
    """What takes two people is refused, with what to do; a case about no money is closed by a name as it is given."""
    money, paid = scene.paid_after_failed(), scene.payout(BeginAttempt(RAIL), Park(1, "dead end"), Heard(1, Paid("X")))
    said = ("--by", "me", "--note", NOTE)
    for words in (("payout", "settle", money, "--paid"), ("case", "close", f"{money}:1")):
        assert "outlay user add" in scene.cli.refusal(*words, *said)
    closed = scene.cli.json("case", "close", f"{paid}:1", *said)
    assert (closed["result"], closed["closed_by"], closed["note"]) == ("closed", ["me"], NOTE)


def test_a_case_is_listed_with_its_payout_its_age_and_the_command_that_helps(scene: Scene) -> None:
    payout = scene.paid_after_failed()
    found = scene.cli.json("case", "list", "--account", scene.merchant.account_id)
    (case,) = [each for each in found["cases"] if each["payout"]["payout_id"] == payout]
    assert (case["case"], case["kind"], case["is_open"]) == (f"{payout}:1", "paid_after_failed", True)
    assert (case["what"], case["means"], case["payout"]["amount"]) == (
        "paid as X1",
        CASES[CaseKind(case["kind"])],
        AMOUNT,
    )
    remedies = ["nothing", "paid-by-merchant", "paid-by-us"]
    assert case["helps"] == f"outlay case close {payout}:1 --remedy {'|'.join(remedies)} --by NAME --note TEXT"
    assert case["remedies"] == remedies
    assert 0 <= case["age_s"] < 600
    assert found["more"] is False
    text = scene.cli("case", "list", "--kind", "paid_after_failed").out
    for said in (f"{payout}:1", case["means"], case["helps"], "case open", AMOUNT, " ago"):
        assert said in text
    cut = scene.cli.json("case", "list", "--all", "--limit", 1)
    assert (len(cut["cases"]), cut["more"]) == (1, True)
    assert "no such account" in scene.cli.refusal("case", "list", "--account", uuid4())
    assert scene.cli("case", "list", "--kind", "late_send").out == "no such cases\n"


def test_a_payout_tells_of_sends_questions_evidence_and_cases(scene: Scene) -> None:
    payout = scene.lost()
    shown = scene.cli.json("payout", "show", payout)
    (attempt,) = shown["attempts"]
    assert (attempt["state"], attempt["questions"], len(attempt["not_found_at"])) == ("unknown", 1, 1)
    assert [(send["number"], send["is_late"]) for send in attempt["sends"]] == [(1, False)]
    assert shown["cases"][0]["helps"] == (
        f"outlay payout settle {payout} --paid|--never-submitted|--refused --by NAME --note TEXT"
    )
    assert (shown["open_cases"], shown["proposal"]) == (1, None)
    text = scene.cli("payout", "show", payout).out
    for said in ("Sends", "in time, or not at all", "1×", "source: send", "evidence: send 1", "Cases", f"{payout}:1"):
        assert said in text
    (listed,) = [each for each in scene.merchant.payouts() if each["payout_id"] == payout]
    assert listed["open_cases"] == 1
    assert "outcome unknown, case open" in scene.cli("payout", "list").out


def test_a_case_is_shown_with_everything_that_happened_to_its_payout(scene: Scene) -> None:
    payout = scene.paid_after_failed()
    shown = scene.cli.json("case", "show", f"PO{payout}:1")
    assert (shown["case"], shown["payout"]["payout_id"]) == (f"{payout}:1", payout)
    assert shown["fact"] == shown["payout"]["facts"][-1]["number"]
    text = scene.cli("case", "show", f"{payout}:1").out
    for said in ("What happened", "evidence: notice 9", "source: callback", "X1", "Attempts", "paid unbooked"):
        assert said in text
    assert "lists its cases" in scene.cli.refusal("case", "show", f"{payout}:2")
    for name in (payout, f"{payout}:", f"{payout}:x", ":1"):
        assert "names no case" in scene.cli.refusal("case", "show", name)


def test_two_people_settle_a_payout_and_each_is_told_what_comes_next(scene: Scene) -> None:
    payout = scene.lost()
    words = ("payout", "settle", payout)
    first = scene.says("Ana", *words, "--never-submitted")
    assert (first["result"], first["verdict"], first["state"]) == ("proposed", "never_submitted", "processing")
    again = f"outlay payout settle {payout} --never-submitted --by NAME --note TEXT"
    assert (first["proposal"]["command"], first["proposal"]["by"]) == (again, "Ana")
    assert scene.cli.json("payout", "show", payout)["proposal"]["command"] == again
    text = scene.cli("payout", "show", payout).out
    assert "Waits for another person's word" in text
    assert again in text
    assert "another person" in scene.refusal("Ana", *words, "--never-submitted")
    second = scene.says("Bob", *words, "--never-submitted")
    assert (second["result"], second["proposal"]) == ("decided", None)
    assert second["helps"] == f"outlay payout settle {payout} --paid-outside|--give-back --by NAME --note TEXT"
    proposed = scene.by("Ana")(*words, "--give-back", "--by", "Ana", "--note", NOTE).out
    assert "nothing is decided yet" in proposed
    decided = scene.by("Bob")(*words, "--give-back", "--by", "Bob", "--note", NOTE).out
    assert decided.startswith(f"decided: give back; payout {payout} of {AMOUNT} {scene.merchant.currency} is failed")
    shown = scene.cli.json("payout", "show", payout)
    assert (shown["state"], shown["failure"]) == ("failed", {"reason": "decided_by_hand", "text": NOTE})
    assert set(shown["books"].values()) == {"0.00"}


def test_what_was_paid_has_the_name_that_both_people_gave(scene: Scene) -> None:
    payout = scene.lost()
    words = ("payout", "settle", payout, "--paid", "--rail-reference")
    command = scene.says("Ana", *words, "it's X")["proposal"]["command"]
    assert command == f"outlay payout settle {payout} --paid --rail-reference 'it'\"'\"'s X' --by NAME --note TEXT"
    other = scene.by("Bob")(*words, "Y", "--by", "Bob", "--note", NOTE).out
    assert "takes the place of what Ana proposed: paid, as it's X" in other
    assert scene.says("Ana", *words, "Y")["result"] == "decided"
    shown = scene.cli.json("payout", "show", payout)
    assert (shown["state"], shown["rail_reference"]) == ("paid", "Y")
    paid = shown["facts"][-1]
    assert (paid["kind"], paid["data"]["source"]) == ("paid", "person")
    assert paid["data"]["evidence"] == f"Bob and Ana: {NOTE}"


def test_two_people_close_a_case_about_money_with_a_remedy(scene: Scene) -> None:
    payout = scene.paid_after_failed()
    words = ("case", "close", f"{payout}:1", "--remedy", "paid-by-us")
    first = scene.says("Ana", *words)
    assert (first["result"], first["is_open"], first["amount"]) == ("proposed", True, AMOUNT)
    command = f"outlay case close {payout}:1 --remedy paid-by-us --amount {AMOUNT} --by NAME --note TEXT"
    assert first["proposal"]["command"] == command
    said = scene.by("Bob")(*words, "--amount", AMOUNT, "--by", "Bob", "--note", NOTE).out
    assert said == f"case {payout}:1 is closed by Ana and Bob: paid by us: {AMOUNT} {scene.merchant.currency}\n"
    shown = scene.cli.json("payout", "show", payout)
    assert (shown["open_cases"], shown["cases"][0]["closed_by"]) == (0, ["Ana", "Bob"])
    assert {book: shown["books"][book] for book in ("adjustments", f"adjustments:{RAIL.name}")} == {
        "adjustments": f"-{AMOUNT}",
        f"adjustments:{RAIL.name}": AMOUNT,
    }
    assert "closed already" in scene.refusal("Ana", *words)
    assert "as people decided" in scene.cli("payout", "show", payout).out
    assert scene.cli.json("ledger", "verify")["ok"] is True
    assert all(each["payout"]["payout_id"] != payout for each in scene.cli.json("case", "list")["cases"])
    assert any(each["payout"]["payout_id"] == payout for each in scene.cli.json("case", "list", "--all")["cases"])


def test_every_refusal_says_what_to_do_next(scene: Scene) -> None:
    lost, failed = scene.lost(), scene.paid_after_failed()
    # Begun at a time to come, so that the server leaves it alone however long the commands take.
    sent = scene.payout(BeginAttempt(RAIL, scene.now_ms() + LONG_AGO_MS))
    tries = {
        ("payout", "settle", lost, "--give-back"): "say what became of that one first",
        (
            "payout",
            "settle",
            failed,
            "--paid",
        ): f"case (operator); what helps: `outlay case show {failed}:1`",
        (
            "payout",
            "settle",
            sent,
            "--never-submitted",
        ): "being sent (rail); next: the rail is asked",
        ("payout", "settle", lost, "--refused", "--rail-reference", "X"): "goes with --paid or --paid-outside only",
        ("payout", "settle", "nothing", "--paid"): "`outlay payout list`",
        ("case", "close", f"{lost}:1"): f"`outlay payout settle {lost} --never-submitted --by NAME --note TEXT` or",
        ("case", "close", f"{failed}:7"): "lists its cases",
        ("case", "close", f"{failed}:1", "--remedy", "back-to-us"): "can be nothing, paid-by-merchant, paid-by-us",
        ("case", "close", f"{failed}:1", "--remedy", "paid-by-us", "--amount", "300.12"): f"at most {AMOUNT}",
        ("case", "close", f"{failed}:1", "--amount", "1.00"): "--remedy",
    }
    for words, said in tries.items():
        assert said in scene.refusal("Ana", *words)


class Shown:
    """One payout for each command that shows payouts, such that it does what it is for."""

    def __init__(self, scene: Scene) -> None:
        samples = any_dialect()
        banked, careful = Merchant(scene.cli, samples), Merchant(scene.cli, samples, "--review")
        for merchant in (banked, banked, banked, careful):
            assert merchant.order("100.74").status == 200, "the sandbox bank holds this amount"
        self._held = [each["payout_id"] for each in banked.payouts()]
        self._scene = scene

    def words(self, command: str) -> tuple[str, ...]:
        scene, (first, second, third) = self._scene, self._held
        said = ("--by", "Ana", "--note", NOTE)
        more: dict[str, Callable[[], tuple[str, ...]]] = {
            "case close": lambda: (f"{scene.paid_after_failed()}:1", *said),
            "case list": lambda: (),
            "case show": lambda: (f"{scene.lost()}:1",),
            "payout cancel": lambda: (scene.payout(Park(None, "it cannot be sent")), "--by", "Ana"),
            "payout list": lambda: (),
            "payout settle": lambda: (scene.lost(), "--paid", *said),
            "payout show": lambda: (scene.lost(),),
            "review list": lambda: (),
            "sandbox fail": lambda: (first,),
            "sandbox pay": lambda: (second,),
            "sandbox release": lambda: (third,),
            "sandbox return": lambda: (second, "1.00"),
        }
        return (*command.split(), *more[command]())


def test_every_output_that_shows_a_payout_says_what_it_waits_for(scene: Scene) -> None:
    payouts, ana = Shown(scene), scene.by("Ana")
    for command in commands_that_show_payouts():
        words = payouts.words(command)
        if command.startswith("sandbox"):
            wait_for(lambda about=words[2]: ana.json("payout", "show", about)["attempts"])
        document = ana.json(*words)
        found = [*payouts_in(document), *document.get("orders", ())]
        assert found or command == "case close", command
        for each in found or [document]:
            waiting = each["waiting_for"]
            assert list(waiting) == ["what", "who", "since", "next", "next_at", "command", "others"], command
            assert What(waiting["what"])
            assert Who(waiting["who"])
            assert waiting["since"].endswith("Z")


def test_a_payout_says_in_words_what_it_waits_for_and_what_to_type(scene: Scene) -> None:
    payout = scene.lost()
    (listed,) = [line for line in scene.cli("payout", "list").out.splitlines() if payout in line]
    assert listed.rstrip().endswith("parked (operator)")
    waiting = scene.cli.json("payout", "show", payout)["waiting_for"]
    assert waiting["command"] == f"outlay payout settle {payout} --never-submitted --by NAME --note TEXT"
    text = scene.cli("payout", "show", payout).out
    for said in ("waits for", "parked (operator)", "the rail is asked again, once a day", waiting["command"]):
        assert said in text
    for at in (waiting["since"], waiting["next_at"]):
        assert at.replace("T", " ").replace("Z", " UTC") in text


@pytest.mark.parametrize("flags", [(), ("--paid", "--refused"), tuple(FLAGS.values())])
def test_exactly_one_thing_is_said_of_a_payout(scene: Scene, flags: tuple[str, ...]) -> None:
    assert "exactly one of" in scene.refusal("Ana", "payout", "settle", "1", *flags, status=2)


def test_deciding_takes_the_key_of_a_known_person(scene: Scene) -> None:
    payout = scene.lost()
    words = ("payout", "settle", payout, "--paid", "--by", "Ana", "--note", NOTE)
    assert "OUTLAY_USER_KEY" in scene.cli.refusal(*words)
    assert "no known person" in scene.by("Bob").refusal(*words)
    assert scene.cli.json("payout", "show", payout)["proposal"] is None


def test_what_cannot_be_sent_is_cancelled_and_its_case_closed(scene: Scene) -> None:
    payout = scene.payout(Park(None, "it cannot be sent"))
    (case,) = scene.cli.json("payout", "show", payout)["cases"]
    assert (case["attempt"], case["helps"]) == (None, f"outlay payout cancel {payout} --by NAME")
    scene.cli("payout", "cancel", payout, "--by", "Ana")
    assert scene.says("Bob", "case", "close", f"{payout}:1")["closed_by"] == ["Bob"]


def test_every_kind_and_every_verdict_has_words() -> None:
    assert set(CASES) == set(CaseKind)
    assert set(FLAGS) == set(Verdict) - {Verdict.CLOSE_CASE}
    assert len(set(CASES.values())) == len(CaseKind)
