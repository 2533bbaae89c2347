"""A mall in a process of its own: a receiver that loses some callbacks, and a mirror that follows what it hears and looks anew.

Started by the trial, killed by it at any moment and started again on the same file and port.
"""

import argparse
import random
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from entrepot_sdk import Entrepot, Mirror
from entrepot_sdk.callbacks import challenge_answer, read_callback
from entrepot_sdk.errors import OutcomeUnknownError, UnavailableError
from entrepot_sdk.signing import SignatureError

LOOK_S = 3.0


class Receiver(ThreadingHTTPServer):
    """Hears callbacks; of those it drops, half are refused and half acknowledged and forgotten."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, port: int, *, secret: str, drops: float, tally: Path) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.secret, self.drops, self.chance = secret, drops, random.Random()
        self.news = threading.Event()
        self._tally = tally.open("ab", buffering=0)

    def judge(self) -> int:
        """Return the status to answer with; what is heard wakes the mirror."""
        dice = self.chance.random()
        is_heard = dice >= self.drops
        self._tally.write(b"h" if is_heard else b"d")
        if is_heard:
            self.news.set()
        return 503 if dice < self.drops / 2 else 200


class Handler(BaseHTTPRequestHandler):
    """One callback."""

    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        """Check it, then hear or drop it."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            event = read_callback(dict(self.headers), body=body, secrets_live=[self.server.secret])
        except SignatureError:
            self._reply(400, b"")
            return
        challenge = challenge_answer(event)
        if challenge is not None:
            self._reply(200, challenge)
            return
        self._reply(self.server.judge(), b"")

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> int:
    """Follow until killed."""
    parser = argparse.ArgumentParser()
    for name in ("url", "key", "secret", "callback-secret"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", type=Path, required=True)
    parser.add_argument("--drops", type=float, required=True)
    given = parser.parse_args()
    tally = given.path.with_suffix(".heard")
    receiver = Receiver(given.port, secret=given.callback_secret, drops=given.drops, tally=tally)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    with Entrepot(given.url, key=given.key, secret=given.secret) as client, Mirror(client, path=given.path) as mirror:
        while True:
            receiver.news.clear()
            # Who is told that the platform is busy comes again later.
            with suppress(OutcomeUnknownError, UnavailableError):
                mirror.sync()
            receiver.news.wait(LOOK_S)


if __name__ == "__main__":
    sys.exit(main())
