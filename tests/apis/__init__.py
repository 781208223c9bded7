"""What tests know of each API: one folder here for each folder of `outlay.dialects`, found by its name.

    rows.py                            its documented rows
    observe.py                         which of them one exchange exercised
    unproved.py                        what a request of it says, for tests of what comes after the proof
    examples.json, example_entries.py  the requests that its vendor prints, and how they are played (example_senders.py:
                                       by whom)
    documented.py                      what its documents say, for whatever is asked of every API
    merchant.py                        a merchant's own software for it
    reading.py, views.py               what that understands of an answer; all ways in which an account is shown
    lengths.py                         good bodies of each endpoint, and what the limits of its length are computed from
    shapes.py                          how the fuzzer attacks it
    refused.py, longest.py             what may be refused for two reasons at once, and the longest bodies
    rules/                             its rules, each claimed by a test: see tests/rules
    test_*.py                          what no other API could have, and whatever helps these tests

Beside the folders: `found.py` finds their parts, `software.py` and `strategies.py` are what several of them share.
`lives.py` makes accounts full of payouts, about which `asking.py` asks through any API; `views.py` says what a folder
must show of them, and `test_agreement` holds all that against each other.
"""
