"""One table of truth for each API: every documented row, and the test that was seen to exercise it over real HTTP.

`rows.py` in each folder of `tests/apis` holds an API's rows, written from its provider's documents; `observe.py` there
tells which of them one exchange exercised. `recorder` keeps what each test was seen to exercise, `plugin` gathers that
over a run, `verdict` compares, `pages` writes and reads docs/coverage-*.md. Nothing here asserts what an answer should
be: that is for the tests that are recorded.
"""
