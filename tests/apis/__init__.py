"""What tests know of each API: one folder here for each folder of `outlay.dialects`, found by its name.

    rows.py                            its documented rows
    observe.py                         which of them one exchange exercised
    unproved.py                        what a request of it says, for tests of what comes after the proof
    examples.json, example_entries.py  the requests that its vendor prints, and how they are played
    merchant.py                        a merchant's own software for it
    rules/                             its rules, each claimed by a test: see tests/rules
    test_*.py                          what no other API could have, and whatever helps these tests

Beside the folders: `found.py` finds their parts, `software.py` and `strategies.py` are what several of them share.
"""
