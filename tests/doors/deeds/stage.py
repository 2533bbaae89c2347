"""Three back offices with somebody at work in each, and a browser that fills forms in as they stand on the page."""

import io
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests.doors.kit_people import Person, person
from tests.doors.office_people import order_of, text_of
from tests.world import Article, World, rows

_BACKEND = "entrepot.doors.kit.backend.EntranceBackend"


@dataclass
class Form:
    """A form of a page: where it goes, and what it would hand in untouched."""

    action: str
    values: dict[str, Any] = field(default_factory=dict)


class Forms(HTMLParser):
    """Reads the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.name = self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up a form or one of its fields."""
        has = dict(attrs)
        name, value = has.get("name") or "", has.get("value") or ""
        if tag == "form":
            self.found.append(Form(has.get("action") or ""))
        elif not self.found:
            return
        elif tag == "input" and name:
            kind = has.get("type") or "text"
            if kind in ("checkbox", "radio") and "checked" not in has:
                return
            if kind == "checkbox":
                self.found[-1].values.setdefault(name, []).append(value or "on")
            elif kind not in ("file", "submit"):
                self.found[-1].values[name] = value
        elif tag in ("select", "textarea"):
            self.name, self.text = name, ""
        elif tag == "option" and self.name and "selected" in has:
            self.found[-1].values[self.name] = value

    def handle_data(self, data: str) -> None:
        """Take up what stands in a text field."""
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        """Put a finished text field down."""
        if tag == "textarea" and self.found and self.name:
            self.found[-1].values[self.name] = self.text.strip("\n")
        if tag in ("select", "textarea"):
            self.name = ""


@dataclass
class Desk:
    """Somebody at work in one back office."""

    who: Person

    @property
    def browser(self) -> Client:
        """His browser, signed in."""
        return self.who.browser

    def form(self, page: str, *, at: str = "") -> dict[str, Any]:
        """What the form of a page would hand in untouched: the one that goes to `at`, or to the page itself."""
        reader = Forms()
        reader.feed(text_of(self.browser.get(page)))
        wanted = at or page
        for found in reader.found:
            if found.action == wanted or (not found.action and wanted == page):
                found.values.pop("csrfmiddlewaretoken", None)
                return found.values
        raise AssertionError(f"{page} has no form to {wanted}: {[one.action for one in reader.found]}")

    def fill(self, page: str, *, at: str = "", **typed: Any) -> Any:
        """Open a page, type into its form and hand it in; returns the answer."""
        return self.browser.post(at or page, self.form(page, at=at) | typed)

    def post(self, address: str, **values: Any) -> Any:
        """Hand values in without a look at the page."""
        return self.browser.post(address, values)


class Stage:
    """A world of one deed's own, made as far as the deed needs it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def _at_work(self, kind: str, party: Any) -> Desk:
        who = person(kind, party=party, permissions=("*",))
        who.browser.force_login(who.user, backend=_BACKEND)
        return Desk(who)

    @cached_property
    def supplier_party(self) -> Any:
        """A supplier."""
        return self.world.supplier()

    @cached_property
    def distributor_party(self) -> Any:
        """A distributor with 10,000.00."""
        return self.world.distributor(funds_fen=1_000_000)

    @cached_property
    def platform(self) -> Desk:
        """Somebody of the platform."""
        return self._at_work("platform", None)

    @cached_property
    def supplier(self) -> Desk:
        """Somebody of the supplier."""
        return self._at_work("supplier", self.supplier_party)

    @cached_property
    def distributor(self) -> Desk:
        """Somebody of the distributor."""
        return self._at_work("distributor", self.distributor_party)

    @cached_property
    def own(self) -> Article:
        """Own goods of the platform."""
        return self.world.article(supplier=self.world.supplier(is_own=True), stock=50)

    @cached_property
    def supplied(self) -> Article:
        """Goods of the supplier."""
        return self.world.article(supplier=self.supplier_party, stock=50, supplier_price_fen=800)

    @cached_property
    def category_id(self) -> int:
        """A category goods may stand in."""
        ((found,),) = rows("select category_id from catalog_goods where id = %s", self.supplied.goods_id)
        return int(found)

    def order(self, *articles: Article, state: str = "confirmed") -> Any:
        """An order of three pieces each, of own goods unless others are named, brought to a state."""
        world, mode = self.world, "hold" if state == "held" else "direct"
        order = order_of(world, self.distributor_party, *((one, 3) for one in articles or (self.own,)), mode=mode)
        if state in ("shipped", "received"):
            for one in articles or (self.own,):
                world.ship(order, supplier_id=one.supplier_id)
        if state == "received":
            world.receive(order)
        return order

    def colleague(self, kind: str) -> Person:
        """Somebody else of a back office."""
        party = {"platform": None, "supplier": self.supplier_party, "distributor": self.distributor_party}[kind]
        return person(kind, party=party, permissions=())

    def login_name(self) -> str:
        """A user name nobody has."""
        return f"u.{uuid.uuid4().hex[:12]}"


def picture() -> SimpleUploadedFile:
    """A picture to upload."""
    buffer = io.BytesIO()
    Image.new("RGB", (60, 60), "red").save(buffer, "PNG")
    return SimpleUploadedFile("picture.png", buffer.getvalue(), "image/png")
