"""One table of truth for each API: every documented row, and the test that was seen to exercise it over real HTTP.

`documented/` holds the rows, written from the providers' documents. `observe_*` tells which rows one exchange
exercised. `recorder` keeps what each test was seen to exercise, `plugin` gathers that over a run, `verdict` compares,
`pages` writes and reads docs/coverage-*.md. Nothing here asserts what an answer should be: that is for the tests
that are recorded.
"""
