"""Asks a server on a Unix socket whether it takes connections, without a driver, an event loop or a login.

Leaves to others: waiting and patience (embedded), real connections (store, connect).
The trap: a socket that accepts is not yet a database. While it starts up, recovers or shuts down, the server accepts
and then answers with an error; only the request for a password ('R') means that it is ready.
"""

import socket
import struct
from pathlib import Path

from outlay.postgres.endpoint import DATABASE, SOCKET_PORT, USER

PROTOCOL_3_0 = 196608  # PostgreSQL manual, "Message Formats", StartupMessage


def socket_file(folder: Path) -> Path:
    return folder / f".s.PGSQL.{SOCKET_PORT}"


def answers(folder: Path, timeout_s: float = 0.5) -> bool:
    """True when the server would now let a client log in."""
    fields = f"user\0{USER}\0database\0{DATABASE}\0\0".encode()
    message = struct.pack("!ii", len(fields) + 8, PROTOCOL_3_0) + fields
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(timeout_s)
            client.connect(str(socket_file(folder)))
            client.sendall(message)
            return client.recv(1) == b"R"
    except OSError:
        return False
