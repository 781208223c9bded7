"""The sandbox bank stands every case of a rail: it was made so that all of them can be rehearsed."""

from __future__ import annotations

from tests.rails.exercise import exercise
from tests.rails.sandbox_bench import SandboxBench

test_the_sandbox_bank_stands_every_case, test_the_sandbox_bank_skips_no_case = exercise(SandboxBench)
