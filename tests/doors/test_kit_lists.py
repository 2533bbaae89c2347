"""Lists: keyset pages, cursors from strangers, filters, tabs and pagers in the address."""

import base64
import gc
import json
import weakref
from typing import Any

import pytest
from django import forms
from django.http import QueryDict
from django.template import RequestContext, Template
from django.test import RequestFactory

from entrepot.base import scope
from entrepot.doors.kit.lists import FilterForm, Page, page_of, page_of_rows
from entrepot.events.models import Operation

SIZE = 7


@pytest.fixture
def verbs(world: Any) -> str:
    """Fifty rows of the operation log of one made-up verb, many of them alike in the sorted columns."""
    verb = world.name("verb")
    with scope.desk():
        Operation.objects.bulk_create(
            Operation(
                actor="system",
                kind="system",
                verb=verb,
                object_kind=f"kind{i % 3}",
                object_id=str(i),
                object_label="x" * (i % 2),
            )
            for i in range(50)
        )
    return verb


def walk(verb: str, *, order: tuple[str, ...], backwards_after: int = 99) -> list[list[str]]:
    """The pages a person sees who goes on to the end, and from page `backwards_after` on goes back."""
    pages, query = [], {}
    with scope.desk(read_only=True):
        while True:
            page = page_of(Operation.objects.filter(verb=verb), query=query, order=order, size=SIZE)
            pages.append([row.object_id for row in page])
            going_on = len(pages) <= backwards_after
            cursor = page.next_cursor if going_on else page.previous_cursor
            if not cursor:
                return pages
            query = {"after" if going_on else "before": cursor}


@pytest.mark.parametrize(
    "order", [("-id",), ("object_kind", "-id"), ("-object_kind", "object_label", "id"), ("at", "-id")]
)
def test_pages_hold_every_row_once_and_in_order(verbs: str, order: tuple[str, ...]) -> None:
    with scope.desk(read_only=True):
        expected = [row.object_id for row in Operation.objects.filter(verb=verbs).order_by(*order)]
    pages = walk(verbs, order=order)
    assert [number for page in pages for number in page] == expected
    assert [len(page) for page in pages] == [SIZE] * 7 + [1]


def test_going_back_shows_the_same_pages(verbs: str) -> None:
    order = ("object_kind", "-id")
    there = walk(verbs, order=order)
    pages = walk(verbs, order=order, backwards_after=4)
    assert pages[:5] == there[:5]
    assert pages[5:] == [there[3], there[2], there[1], there[0]]


def test_the_last_page_backwards_offers_no_page_before_it(verbs: str) -> None:
    with scope.desk(read_only=True):
        rows = Operation.objects.filter(verb=verbs)
        first = page_of(rows, query={}, size=SIZE)
        second = page_of(rows, query={"after": first.next_cursor}, size=SIZE)
        again = page_of(rows, query={"before": second.previous_cursor}, size=SIZE)
    assert not first.previous_cursor
    assert not again.previous_cursor
    assert again.next_cursor == first.next_cursor


def test_going_back_past_what_has_gone_shows_the_first_page(verbs: str) -> None:
    with scope.desk(read_only=True):
        rows = Operation.objects.filter(verb=verbs)
        first = page_of(rows, query={}, size=SIZE)
        cursor = packed([first.rows[0].pk])
        page = page_of(rows, query={"before": cursor}, size=SIZE)
    assert [row.pk for row in page] == [row.pk for row in first]


def packed(value: object) -> str:
    """A cursor as the kit writes it."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["x", "%%%", "ab=cd", packed([]), packed({"a": 1}), packed(["x"]), packed([1, 2]), packed([None]), packed([[1]]),
     packed(["1; drop table parties_user"]), packed([10**30]), packed([1.5]), packed([True]), "\x00", "é", "A" * 5000],
)  # fmt: skip
@pytest.mark.parametrize("side", ["after", "before"])
def test_a_cursor_that_is_not_ours_gives_the_first_page(verbs: str, cursor: str, side: str) -> None:
    with scope.desk(read_only=True):
        rows = Operation.objects.filter(verb=verbs)
        page = page_of(rows, query={side: cursor}, size=SIZE)
        first = page_of(rows, query={}, size=SIZE)
    assert [row.pk for row in page] in ([row.pk for row in first], [])


def test_only_named_orders_sort(verbs: str) -> None:
    sorts = {"kind": ("object_kind", "id")}
    with scope.desk(read_only=True):
        rows = Operation.objects.filter(verb=verbs)
        up = page_of(rows, query={"sort": "kind"}, sorts=sorts, size=50)
        down = page_of(rows, query={"sort": "-kind"}, sorts=sorts, size=50)
        wild = page_of(rows, query={"sort": "actor__password"}, sorts=sorts, size=50)
    assert [row.pk for row in up] == list(reversed([row.pk for row in down]))
    assert up.sort == "kind" and down.sort == "-kind"
    assert wild.sort == "" and [row.pk for row in wild] == sorted((row.pk for row in up), reverse=True)


def test_rows_of_plain_sql_page_alike() -> None:
    numbers = list(range(20))

    def fetch(values: list[Any] | None, backwards: bool, limit: int) -> list[int]:
        found = numbers[::-1] if backwards else numbers
        if values is not None:
            found = [n for n in found if (n < values[0] if backwards else n > values[0])]
        return found[:limit]

    first = page_of_rows(fetch, key=lambda n: [n], query={}, size=8)
    second = page_of_rows(fetch, key=lambda n: [n], query={"after": first.next_cursor}, size=8)
    third = page_of_rows(fetch, key=lambda n: [n], query={"after": second.next_cursor}, size=8)
    assert first.rows + second.rows + third.rows == numbers
    assert third.next_cursor == ""
    back = page_of_rows(fetch, key=lambda n: [n], query={"before": third.previous_cursor}, size=8)
    assert back.rows == second.rows


class Search(FilterForm):
    """A search form."""

    number = forms.CharField(label="number")
    pieces = forms.IntegerField(label="pieces")


def test_one_wrong_field_does_not_stop_the_others() -> None:
    form = Search(QueryDict("number=A1&pieces=many"))
    assert form.value("number") == "A1"
    assert form.value("pieces") is None
    assert form.used == 1
    assert form["pieces"].errors


def rendered(template: str, *, address: str, **context: Any) -> str:
    """A template, rendered for a request."""
    request = RequestFactory().get(address)
    return Template("{% load kit %}" + template).render(RequestContext(request, context | {"request": request}))


def test_links_keep_the_filters_and_drop_the_place_in_the_list() -> None:
    address = "/x/?number=A%26b&tab=held&after=abc"
    tabs = rendered("{% tabs entries %}", address=address, entries=[("", "all", 3), ("held", "held", None)])
    assert 'href="?number=A%26b&amp;tab="' in tabs
    assert "after" not in tabs
    pager = rendered("{% pager page %}", address=address, page=Page(rows=[1], next_cursor="n", previous_cursor="p"))
    assert 'href="?number=A%26b&amp;tab=held&amp;after=n"' in pager
    assert 'href="?number=A%26b&amp;tab=held&amp;before=p"' in pager
    export = rendered("{% export_url %}", address=address)
    assert export == "?number=A%26b&amp;tab=held&amp;export=xlsx" or export == "?number=A%26b&tab=held&export=xlsx"


def test_a_new_search_keeps_the_tab_and_escapes_what_it_keeps() -> None:
    html = rendered(
        "{% search_form form %}", address="/x/?tab=%22%3E%3Cscript%3E&after=abc", form=Search(QueryDict(""))
    )
    assert "<script>" not in html
    assert 'name="tab"' in html
    assert 'name="after"' not in html


def test_a_filter_form_goes_with_its_request_and_waits_for_no_garbage_collector() -> None:
    class OneWord(FilterForm):
        word = forms.CharField()

    form = OneWord({"word": "x"})
    assert str(form["word"]) in str(form) and form["word"].value() == "x" and [bound.name for bound in form] == ["word"]
    gone = weakref.ref(form)
    gc.disable()
    try:
        del form
        assert gone() is None
    finally:
        gc.enable()
