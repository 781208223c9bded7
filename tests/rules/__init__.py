"""The rules that the APIs' documents state, each claimed by a test that names its row and shows both sides of it.

    claims.py        how a test claims a row, and says how its rule would be broken
    breaks.py        ways to break a rule in a copy of the sources
    collecting.py    which test claims which row

The rules themselves are in `tests/apis/*/rules`, a folder for each API:

    desk.py          the API's pure functions, driven from the bytes of a request to an ask or the bytes of an answer
    fields.py        tables of fields: what is taken, what refused, and how each rule is broken

`./run prove` breaks each rule and sees that the test which claims it notices.
"""
