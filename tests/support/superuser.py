"""Tests look at an embedded database, and change it, as nobody else may."""

from pathlib import Path

from outlay.postgres.endpoint import Endpoint
from outlay.postgres.folders import DataDir


def superuser_url(data: Path) -> str:
    """Of the server that runs on the folder."""
    folder = DataDir(data).socket_folder()
    assert folder is not None, "no server runs on this folder"
    return Endpoint.on_socket(folder, DataDir(data).password()).url
