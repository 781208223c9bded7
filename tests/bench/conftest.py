"""A real database for what is timed on one."""

from tests.support.fixtures import *  # noqa: F403
