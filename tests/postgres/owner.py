"""A process of its own that opens the database and holds it until its standard input ends.

usage: python owner.py DATA_DIR required|attach-or-own
Prints one line: ready, own or attached, the superuser's URL (tests only: it holds a throw-away password).
"""

import sys
from pathlib import Path

from outlay.postgres import PostgresError, open_database
from tests.support.superuser import superuser_url

if __name__ == "__main__":
    own = "required" if sys.argv[2] == "required" else "attach-or-own"
    try:
        with open_database(None, Path(sys.argv[1]), own=own) as database:  # type: ignore[arg-type]
            print("ready", "own" if database.server else "attached", superuser_url(Path(sys.argv[1])), flush=True)
            sys.stdin.read()
    except PostgresError as error:
        sys.exit(f"{type(error).__name__}: {error}")
