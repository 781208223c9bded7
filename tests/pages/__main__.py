"""`./run pages`: writes anew what docs/ repeats of the code."""

from __future__ import annotations

import sys

from tests.pages.every import DOCS, PARTS, as_it_should_be
from tests.pages.marked import NoPlace


def main() -> int:
    try:
        pages = {name: as_it_should_be(name) for name in PARTS}
    except NoPlace as fault:
        print(fault, file=sys.stderr)
        return 1
    written = {name: text for name, text in pages.items() if text != (DOCS / name).read_text("utf-8")}
    for name, text in written.items():
        (DOCS / name).write_text(text, "utf-8")
    print(f"written: {', '.join(f'docs/{name}' for name in written) or 'nothing, all of them say what the code does'}")
    return 0


sys.exit(main())
