"""The tests of Outlay."""
