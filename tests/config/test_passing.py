"""Passing on to the pages: nothing of one person's request may reach the next one's."""

import asyncio
from pathlib import Path
from typing import Any

from entrepot.config.passing import Pages


async def _pages(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Stand in for the server of the pages: gives everyone a session and says what it received."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        body = head + (await reader.readexactly(length))
        writer.write(
            b"HTTP/1.1 200 OK\r\nset-cookie: session=alice\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        )
        await writer.drain()


async def _asked(pages: Pages, *headers: tuple[bytes, bytes], method: str = "GET", body: bytes = b"") -> dict[str, Any]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asgi = {
        "type": "http",
        "method": method,
        "path": "/platform/",
        "raw_path": b"/platform/",
        "query_string": b"a=%E6%B0%B4&b=1",
        "headers": [(b"host", b"shop.example"), *headers],
        "client": ("192.0.2.7", 40000),
        "scheme": "https",
    }
    await pages(asgi, receive, send)
    text = b"".join(message.get("body", b"") for message in sent).decode().lower()
    return {"status": sent[0]["status"], "headers": sent[0]["headers"], "text": text}


def _with_pages(folder: Path, work: Any) -> Any:
    async def run() -> Any:
        server = await asyncio.start_unix_server(_pages, path=str(folder / "p"))
        async with server:
            return await work(Pages(str(folder / "p")))

    return asyncio.run(run())


def test_nobody_inherits_the_session_of_the_one_before(tmp_path: Path) -> None:
    async def work(pages: Pages) -> Any:
        first = await _asked(pages)
        return first, await _asked(pages), await _asked(pages, (b"cookie", b"session=bob"))

    first, second, third = _with_pages(tmp_path, work)
    assert (b"set-cookie", b"session=alice") in first["headers"]
    assert "cookie:" not in second["text"].replace("set-cookie:", "")
    assert third["text"].count("cookie: session=bob") == 1
    assert "alice" not in third["text"]


def test_the_request_arrives_as_it_was_sent(tmp_path: Path) -> None:
    body = "备注=水果".encode()

    async def work(pages: Pages) -> Any:
        return await _asked(pages, (b"content-length", str(len(body)).encode()), method="POST", body=body)

    answer = _with_pages(tmp_path, work)
    assert answer["status"] == 200
    assert answer["text"].startswith("post /platform/?a=%e6%b0%b4&b=1 http/1.1\r\n")
    assert "host: shop.example\r\n" in answer["text"]
    assert "transfer-encoding" not in answer["text"]
    assert answer["text"].endswith("备注=水果")


def test_the_pages_believe_only_our_word_of_where_a_request_came_from(tmp_path: Path) -> None:
    async def work(pages: Pages) -> Any:
        return await _asked(pages, (b"x-forwarded-for", b"10.0.0.1"), (b"x-forwarded-proto", b"http"))

    answer = _with_pages(tmp_path, work)
    assert "x-forwarded-for: 192.0.2.7\r\n" in answer["text"]
    assert "x-forwarded-proto: https\r\n" in answer["text"]
    assert "10.0.0.1" not in answer["text"]


def test_pages_that_are_away_are_said_to_be_away(tmp_path: Path) -> None:
    answer = asyncio.run(_asked(Pages(str(tmp_path / "nobody"))))
    assert answer["status"] == 503
    assert (b"retry-after", b"2") in answer["headers"]
