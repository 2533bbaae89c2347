"""A tiny network in place of the product, so that the launcher is tried by itself: `launch` it, or be one program of it."""

import http.server
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from entrepot_launch import options, plan, up
from entrepot_launch.folder import DataFolder


def make_plan(wishes: options.Options, folder: DataFolder) -> plan.Plan:
    me = [sys.executable, str(Path(__file__).resolve())]
    return plan.Plan(
        migrate=[*me, "migrate"],
        load_demo=[*me, "demo"],
        accounts=[*me, "accounts"],
        programs={"pages": [*me, "pages"], "worker": [*me, "worker"], "api": [*me, "api"]},
        health_paths=("/api/v1/health", "/"),
        fingerprint=os.environ.get("STANDIN_VERSION", "1"),
    )


def migrate() -> None:
    if fault := os.environ.get("STANDIN_FAULT"):
        sys.exit(f"planted: {fault}")
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS visit (id bigint GENERATED ALWAYS AS IDENTITY, name text)")


def demo() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("INSERT INTO visit (name) SELECT 'demo' WHERE NOT EXISTS (SELECT FROM visit)")


def accounts() -> None:
    print("demo account: alice")


def worker() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        time.sleep(1)


def pages() -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.environ["ENTREPOT_PAGES_SOCKET"])
        listener.listen()
        while True:
            connection, _ = listener.accept()
            connection.sendall(b"pages")
            connection.close()


def api() -> None:
    """Has a process below it, as a real server has, which would outlive it if only the first one were ended."""
    helper = subprocess.Popen([sys.executable, __file__, "worker"])
    signal.signal(signal.SIGTERM, lambda *_: (helper.terminate(), sys.exit(0)))
    address = (os.environ["ENTREPOT_HOST"], int(os.environ["ENTREPOT_PORT"]))
    http.server.ThreadingHTTPServer(address, Front).serve_forever()


class Front(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        try:
            body = self._body()
        except (OSError, psycopg.Error) as fault:
            self.send_error(503, explain=str(fault))
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        if self.path == "/":
            with socket.socket(socket.AF_UNIX) as pages_connection:
                pages_connection.connect(os.environ["ENTREPOT_PAGES_SOCKET"])
                return pages_connection.recv(100)
        if self.path == "/environment":
            return "\n".join(sorted(os.environ)).encode()
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            if self.path.startswith("/visit/"):
                connection.execute("INSERT INTO visit (name) VALUES (%s)", [self.path.removeprefix("/visit/")])
            return "\n".join(row[0] for row in connection.execute("SELECT name FROM visit ORDER BY id")).encode()

    def log_message(self, format: str, *arguments: object) -> None:
        """The launcher asks several times a second; none of it is worth a line."""


if __name__ == "__main__":
    if sys.argv[1] == "launch":
        sys.exit(up.launch(options.parse(sys.argv[2:]), make_plan=make_plan))
    {"migrate": migrate, "demo": demo, "accounts": accounts, "pages": pages, "worker": worker, "api": api}[
        sys.argv[1]
    ]()
