"""Errors whose message is all that there is to say: what is wrong, and what to do about it."""

from __future__ import annotations


class ForPeople(RuntimeError):
    """Its text goes to whoever runs Outlay, as it is, without a traceback."""
