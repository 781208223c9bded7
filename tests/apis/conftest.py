"""A real database for each test here."""

from tests.support.fixtures import *  # noqa: F403
