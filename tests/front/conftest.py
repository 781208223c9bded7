"""Tests here may be `async def`."""

from tests.support.fixtures import pytest_pyfunc_call  # noqa: F401
