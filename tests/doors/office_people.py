"""Suppliers and distributors with their staff and orders, for the tests of their back offices."""

import dataclasses
import html
import io
import re
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from entrepot.orders.consignees import PlainConsignee, masked_name, masked_phone, phone_hash, seal_consignee
from entrepot.trade.books import OrderRow, SealedConsignee
from tests.doors.kit_people import Person, person
from tests.world import Article, World, taken

BUYER = PlainConsignee("郭靖", "13612349896", "湖北省", "武汉市", "洪山区", "珞喻路 1037 号")
_BACKEND = "entrepot.doors.kit.backend.EntranceBackend"


def at_work(kind: str, party: Any, *permissions: str) -> Client:
    """A browser of somebody who works for a party; without permissions named he holds all of them."""
    found: Person = person(kind, party=party, permissions=permissions or ("*",))
    found.browser.force_login(found.user, backend=_BACKEND)
    return found.browser


def order_of(
    world: World, party: Any, *lines: tuple[Article, int], mode: str = "direct", buyer: PlainConsignee = BUYER
) -> OrderRow:
    """An order with a real address."""
    sealed = SealedConsignee(
        seal_consignee(buyer),
        masked_name(buyer.name),
        masked_phone(buyer.phone),
        phone_hash(buyer.phone),
        buyer.province,
        buyer.city,
        buyer.district,
    )
    return taken(world.run(dataclasses.replace(world.place_ask(party, *lines, mode=mode), consignee=sealed)))


def sheet_of(response: Any) -> list[list[str]]:
    """The rows of an XLSX download, headings first, as text."""
    data = b"".join(response.streaming_content) if response.streaming else response.content
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [[str(cell) for cell in row] for row in book.get_sheet_by_index(0).to_python(skip_empty_area=False)]


def text_of(response: Any) -> str:
    """The HTML of an answer."""
    return response.content.decode()


def whole_list(browser: Client, address: str) -> str:
    """The HTML of all pages of a list: neighbours may have filled the first."""
    found, onward = [], [address]
    while onward:
        found.append(text_of(browser.get(onward[0])))
        links = re.findall(r'rel="next" href="(\?[^"]+)"', found[-1])
        onward = [address.partition("?")[0] + html.unescape(link) for link in links]
    return "".join(found)


def round_trips(browser: Client, address: str) -> int:
    """How many statements a page asks of the database, the marks of its transaction left out.

    The fewest of three: what a process keeps for some seconds (the choices of categories, say) is asked for again by
    the one call that finds it lapsed.
    """
    browser.get(address)
    return min(_statements(browser, address) for _ in range(3))


def _statements(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(address).status_code == 200, address
    marks = ("BEGIN", "COMMIT", "SET TRANSACTION")
    return sum(not query["sql"].upper().startswith(marks) for query in asked.captured_queries)
