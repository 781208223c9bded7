"""No process of a server looks again and again, for garbage, through the code that it holds to its end: such a look
stops everybody for as long as many answers take (src/outlay/api/memory.py).
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.apis.lesspay.orders import bank_detail, batch
from tests.e2e.merchants import open_merchant
from tests.e2e.server import Server, quiet_folder, wait_until

pytestmark = pytest.mark.slow

DETAILS = 200
PATIENCE_S = 30.0
NAMES = (" serve ", " serve-child ", " outlay.process.apart ")
FEWEST = 15_000
"""Objects of the code of the smallest process."""
TELLING = """
import gc, os, sys
freeze = gc.freeze

def freeze_and_tell():
    freeze()
    with open({told!r}, "a") as told:
        told.write(f"{{gc.get_freeze_count()}} {{' '.join(sys.orig_argv)}}\\n")

gc.freeze = freeze_and_tell
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """What each process of a server with two children, which was asked to prove a large body, has left out: the objects
    by the process' command line."""
    with quiet_folder() as folder:
        file = folder / "told"
        (folder / "sitecustomize.py").write_text(TELLING.format(told=str(file)), "utf-8")
        with Server(folder / "data", "--workers", "2", PYTHONPATH=str(folder)) as server:
            keys = tmp_path_factory.mktemp("keys")
            lesspay = open_merchant(server, keys, dialects=["lesspay"], funds={"PHP": "1000.00"}).lesspay
            lesspay.create_batch(batch([bank_detail("1.00") for _ in range(DETAILS)]))
            wait_until(lambda: all(name in file.read_text("utf-8") for name in NAMES), PATIENCE_S, "each has told")
        lines = file.read_text("utf-8").splitlines()
    return {line.split(" ", 1)[1]: int(line.split(" ", 1)[0]) for line in lines}


@pytest.mark.parametrize("name", NAMES)
def test_a_process_that_serves_leaves_its_code_out_of_every_look_for_garbage(told: dict[str, int], name: str) -> None:
    left_out = [objects for command, objects in told.items() if name in command]
    assert left_out
    assert min(left_out) > FEWEST


def test_what_comes_after_the_start_is_looked_through_less_often_and_in_greater_heaps() -> None:
    looks = "import gc; from outlay.api.memory import *; leave_out_what_stays(); print(gc.get_threshold()[0] == YOUNG)"
    done = subprocess.run([sys.executable, "-c", looks], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
