"""A real database for each test here, in the inner loop as well in both shapes: the statements are the store's."""

import pytest

from tests.support.databases import SHAPES, Server
from tests.support.fixtures import *  # noqa: F403
from tests.support.world import World


@pytest.fixture(params=SHAPES, ids=lambda shape: shape.name)
def world(server: Server, request: pytest.FixtureRequest) -> World:
    """An empty world in both shapes."""
    return World(server.of_shape(request.param))
