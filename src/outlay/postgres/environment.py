"""What the PostgreSQL programs are given of our environment: where programs and libraries are, and nothing else.

The trap: an environment can be read in /proc, by SQL even, and ours may hold the key that seals the credentials.
"""

import os

KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Not PGDATA and its like, which would steer the server; nor NOTIFY_SOCKET, by which it would speak in our name."""


def clean_environment() -> dict[str, str]:
    """Messages are read, so they are in English."""
    return {name: os.environ[name] for name in KEPT if name in os.environ} | {"LC_ALL": "C"}
