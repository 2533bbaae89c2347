"""The clients printed in the reference work as they are printed, and are as short as promised."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.clients.tools import node, papers, program, run
from tests.conftest import ROOT
from tests.doors.api.conftest import MakeMall
from tests.world import World

LONGEST = 30
FILES = {"php": "client.php", "js": "client.mjs"}


def printed(language: str) -> str:
    """The one block of a language in the reference."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / "docs/reference/api.md").read_text(), re.M | re.S)
    return str(found)


@pytest.mark.parametrize("language", FILES)
def test_the_printed_client_orders_and_pays(language: str, world: World, make_mall: MakeMall, tmp_path: Path) -> None:
    source = printed(language)
    assert len(source.splitlines()) <= LONGEST
    file = tmp_path / FILES[language]
    file.write_text(source)
    command = program("php") if language == "php" else node()
    mall, article = make_mall(funds_fen=2_150), world.article(stock=5)
    environment = papers(mall, ENTREPOT_SKU=article.code)
    said = run(command, file, cwd=tmp_path, environment=environment)
    (order,) = mall.get("/orders").json["items"]
    assert said == f"{order['id']} held 2100\nconfirmed\n"
    assert (order["state"], order["lines"][0]["qty"]) == ("confirmed", 2)
    assert order["out_order_no"].startswith({"php": "PHP-", "js": "NODE-"}[language])
    assert mall.get("/balance").json["balance"] == 50
    # A second one is more than he has: told by its code, and nothing is confirmed after it.
    refused = run(command, file, cwd=tmp_path, environment=environment)
    assert refused.startswith("insufficient_balance ") and refused.count("\n") == 1
    assert len(mall.get("/orders").json["items"]) == 1


@contextmanager
def on_a_bad_line(port: int, *faults: str) -> Iterator[tuple[str, list[bytes]]]:
    """An address before the API that spoils one answer after the other, then lets all through; and the bodies it saw.

    `lost`: it is done, but nobody hears of it; `page`: a gateway's own words, nothing is done; `limit`: told to wait.
    """
    bodies: list[bytes] = []

    class Line(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = faults[len(bodies)] if len(bodies) < len(faults) else ""
            bodies.append(body)
            status, said = 502, b"<html>Bad Gateway</html>"
            if fault == "limit":
                status, said = 429, b'{"code": "rate_limited", "detail": "", "retry": "same"}'
            elif fault != "page":
                onward = HTTPConnection("127.0.0.1", port, timeout=120)
                onward.request("POST", self.path, body=body, headers=dict(self.headers))
                answer = onward.getresponse()
                status, said = answer.status, answer.read()
                onward.close()
            if fault == "lost":
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    line = ThreadingHTTPServer(("127.0.0.1", 0), Line)
    threading.Thread(target=line.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{line.server_port}", bodies
    finally:
        line.shutdown()
        line.server_close()


@pytest.mark.parametrize("language", FILES)
def test_without_an_answer_the_same_number_goes_again(
    language: str, world: World, make_mall: MakeMall, tmp_path: Path
) -> None:
    file = tmp_path / FILES[language]
    file.write_text(printed(language))
    command = program("php") if language == "php" else node()
    mall, article = make_mall(funds_fen=10_000), world.article(stock=5)
    with on_a_bad_line(mall.port, "lost", "page", "limit") as (url, bodies):
        environment = papers(mall, ENTREPOT_SKU=article.code, ENTREPOT_URL=url)
        said = run(command, file, cwd=tmp_path, environment=environment)
    (order,) = mall.get("/orders").json["items"]
    assert said == f"{order['id']} held 2100\nconfirmed\n"
    assert len(bodies) == 5 and len(set(bodies[:4])) == 1, "the same content under the same number until it was heard"
    # Where nobody answers at all he says so, and ends.
    with socket.create_server(("127.0.0.1", 0)) as dead:
        environment["ENTREPOT_URL"] = f"http://127.0.0.1:{dead.getsockname()[1]}"
    said = run(command, file, cwd=tmp_path, environment=environment)
    assert said.startswith("outcome_unknown ") and said.count("\n") == 1
