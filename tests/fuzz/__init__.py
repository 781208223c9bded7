"""Every route of every API, attacked over real HTTP with valid signatures.

`shapes_*` say what each API documents: valid requests, their fields, the answers and the codes. `mutations` spoils the
requests, `senders` sign and send them, `judge` looks at every answer and at the books afterwards. `stage` prepares a
server with something of everything. `python -m tests.fuzz` attacks for longer; `test_fuzz` is the short run, and its
control attacks a server with planted faults (`launcher`), which must all be found.
"""
