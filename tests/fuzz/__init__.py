"""Every route of every API, attacked over real HTTP with valid signatures.

`shapes.py` in the folder of each API (tests/apis) says what it documents: valid requests, their fields, the answers and
the codes; and how it is attacked (`attacks`). `mutations` spoils the requests, `senders` sign and send them, `judge`
looks at every answer and at the books afterwards. `stage` prepares a server with something of everything. `python -m
tests.fuzz` attacks for longer; `test_fuzz` is the short run, and its control attacks a server with planted faults
(`launcher`), which must all be found.
"""
