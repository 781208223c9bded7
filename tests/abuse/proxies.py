"""nginx or Caddy before a server, with TLS, by the files that docs/proxy has for operators.

The files are used as they stand: only addresses, certificates and, to save time, how long they wait for a client are
written over, and how many connections one address may have, because here everybody has the same. A text that is not
there any more is a fault.
"""

from __future__ import annotations

import datetime
import ipaddress
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.abuse.lines import Place
from tests.abuse.mission import BODY_S, HEAD_S, IDLE_S, UNREAD_S

FILES = Path(__file__).resolve().parents[2] / "docs" / "proxy"
PROGRAMS = {"nginx": "nginx.conf", "caddy": "Caddyfile"}
READY_S = 15.0
STOPS_S = 10.0
# Debian keeps nginx out of a user's search path.
_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
_MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes {workers};
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/nginx.conf;
}}
"""


def program(name: str) -> str | None:
    """Where it is installed."""
    return shutil.which(name) or shutil.which(name, path=_PATH)


class Proxy:
    """`upstream`: the server's port. `workers`: nginx's processes; each keeps connections of its own."""

    def __init__(self, name: str, upstream: int, workers: str = "auto") -> None:
        self._name, self._upstream, self._workers = name, upstream, workers
        self.port = _free_port()

    def __enter__(self) -> Self:
        found = program(self._name)
        assert found, f"{self._name} is not installed"
        with ExitStack() as opened:
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="outlay-proxy-")))
            folder.chmod(0o755)
            write_certificate(folder)
            config = folder / PROGRAMS[self._name]
            config.write_text(written_over(self._name, self._texts(folder)), "utf-8")
            self.log = folder / "error.log"
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    _command(self._name, found, folder, self._workers),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={"HOME": str(folder), "PATH": _PATH},
                )
            opened.callback(self._end)
            self.place = Place("127.0.0.1", self.port, str(folder / "cert.pem"))
            self._wait()
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def _texts(self, folder: Path) -> Mapping[str, str]:
        """What is written over in the file, by what stands there."""
        if self._name == "nginx":
            return {
                "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
                "server 127.0.0.1:8080;": f"server 127.0.0.1:{self._upstream};",
                "/etc/ssl/outlay/cert.pem": f"{folder}/cert.pem",
                "/etc/ssl/outlay/key.pem": f"{folder}/key.pem",
                "server_name payouts.example;": "server_name localhost;",
                "client_header_timeout 10s;": f"client_header_timeout {HEAD_S:.0f}s;",
                "client_body_timeout 10s;": f"client_body_timeout {BODY_S:.0f}s;",
                "send_timeout 30s;": f"send_timeout {UNREAD_S:.0f}s;",
                "keepalive_timeout 30s;": f"keepalive_timeout {IDLE_S:.0f}s;",
                "limit_conn of_one_network 100;": "limit_conn of_one_network 1000;",
            }
        return {
            "payouts.example {": f"https://localhost:{self.port} {{",
            "reverse_proxy 127.0.0.1:8080": f"reverse_proxy 127.0.0.1:{self._upstream}",
            "/etc/ssl/outlay/cert.pem": f"{folder}/cert.pem",
            "/etc/ssl/outlay/key.pem": f"{folder}/key.pem",
            "read_header 10s": f"read_header {HEAD_S:.0f}s",
            "read_body 60s": f"read_body {BODY_S:.0f}s",
            "write 90s": f"write {BODY_S + UNREAD_S:.0f}s",
            "idle 60s": f"idle {IDLE_S:.0f}s",
            "admin off": "admin off\n\tauto_https disable_redirects",
        }

    def _wait(self) -> None:
        end = time.monotonic() + READY_S
        while True:
            try:
                socket.create_connection((self.place.host, self.port), timeout=1).close()
                return
            except OSError:
                said = self.log.read_text("utf-8", "replace")
                assert self._process.poll() is None, f"{self._name} ended: {said}"
                assert time.monotonic() < end, f"{self._name} does not listen: {said}"
                time.sleep(0.05)

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOPS_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def written_over(name: str, texts: Mapping[str, str]) -> str:
    """The file of docs/proxy with these texts in the place of others; each must stand there once."""
    config = (FILES / PROGRAMS[name]).read_text("utf-8")
    for old, new in texts.items():
        assert config.count(old) == 1, f"{PROGRAMS[name]} has {old!r} {config.count(old)} times"
        config = config.replace(old, new)
    return config


def _command(name: str, found: str, folder: Path, workers: str) -> list[str]:
    if name == "nginx":
        main = folder / "main.conf"
        main.write_text(_MAIN.format(folder=folder, workers=workers), "utf-8")
        return [found, "-p", str(folder), "-c", str(main)]
    return [found, "run", "--adapter", "caddyfile", "--config", str(folder / PROGRAMS[name])]


def write_certificate(folder: Path) -> None:
    """cert.pem and key.pem, of nobody but this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
