"""What chance begins with in a run that judges a build.

Chance may find faults, it may not fail a build: whoever runs the same sources and tests searches the same places, here
and elsewhere, now and in a year. Another change searches elsewhere, and the long proofs take a seed of their own.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def seed_of(root: Path) -> int:
    """Another one for every change of the sources or the tests below `root`, and the same for the same ones."""
    files = sorted(path for folder in ("src", "tests") for path in (root / folder).rglob("*.py"))
    digest = sha256()
    for path in files:
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return int.from_bytes(digest.digest()[:6])


@cache
def seed_of_tree() -> int:
    """That of this checkout, as it was when it was first asked for: who edits meanwhile does not split a run."""
    return seed_of(ROOT)
