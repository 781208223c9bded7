"""A fourth API, written from `DOCUMENT.md` by docs/another-api.md alone: proof that one folder of the sources and one
of the tests are all that it takes. It is no part of the product, so its two folders stand here, outside of the tree:

    dialect/    would be src/outlay/dialects/harbour
    tests/      would be tests/apis/harbour
"""
