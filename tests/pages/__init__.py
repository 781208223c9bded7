"""The pages of docs/ that repeat what the code says: parts of them are written from the code, between marks, and what
stands around the marks is written by hand. `./run pages` writes them, `tests/test_pages.py` compares.
"""
