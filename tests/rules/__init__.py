"""The rules that the APIs' documents state, each claimed by a test that names its row and shows both sides of it.

    claims.py        how a test claims a row, and says how its rule would be broken
    breaks.py        ways to break a rule in a copy of the sources
    collecting.py    which test claims which row
    desk.py          an endpoint's pure functions, driven from the bytes of a request to the bytes of an answer

`./run prove` breaks each rule and sees that the test which claims it notices.
"""
