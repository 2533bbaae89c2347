"""Every list of the offices over a filled world: few questions, and an index for each that meets a large table."""

import argparse
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bench import pages
from django.db import connection

from entrepot.base.actors import SYSTEM
from entrepot.doors.cli.fill.world import fill
from entrepot.parties.actions import create_referrer
from entrepot_launch import roles
from tests.filled import as_owner

QUERIES_AT_MOST = 10
# A page that is no list and shows a good many things at once.
MANY = {"distributor"}
LARGE = {
    *(
        "orders_order",
        "orders_line",
        "orders_supplyorder",
        "orders_consignee",
        "orders_shipment",
        "orders_shipmentline",
    ),
    *("ledger_transfer", "stock_move", "events_event", "events_operation", "callbacks_message"),
    *("catalog_goods", "catalog_sku", "stock_level"),
}

KNOWN = {(name, "catalog_sku") for name in ("supplier's home", "supplier's stock", "search supplier's stock")}
"""His SKUs are found by his goods. Of five suppliers one has so many that reading all of them is as quick."""
COUNTED = "sum(x.total_fen)"
"""What a mall's list counts, it counts in the index: with few and large malls to visit the rows would take a second."""
FEW = {"order_held", "order_lapsing"}
"""Indexes that hold the few orders of one state alone; to walk them is to look at those."""


def test_no_page_reads_a_large_table_from_end_to_end_or_asks_too_often(
    fresh_database: roles.Access, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = argparse.Namespace(skus=300, orders=3_000, distributors=8, suppliers=5, yes=False)
    with as_owner(fresh_database):
        assert fill(asked) == 0
    create_referrer("推荐人", username="brings", actor=SYSTEM)
    facts = pages.counted()
    with connection.cursor() as cursor:
        cursor.execute("set enable_seqscan = off")  # in a small world reading all of a table is often right
    found = []
    for browser, addresses in pages.offices(facts):
        for name, address in addresses.items():
            plans, count = looked(browser, address)
            whole = {table for _asked, plan in plans for table in read_whole(plan, is_limited=False)}
            found += [f"{name}: all of {table}" for table in sorted(whole) if (name, table) not in KNOWN]
            if name == "mall's orders":
                met = {way for asked, plan in plans if COUNTED in asked for way in ways_to("orders_order", plan)}
                assert met == {("Index Only Scan", "order_by_distributor")}, met
            if count > QUERIES_AT_MOST and name not in MANY:
                found.append(f"{name}: {count} queries")
    assert not found, "\n".join(found)


def looked(browser: Any, address: str) -> tuple[list[tuple[str, dict[str, Any]]], int]:
    """Return what a page asks, each question with its plan, and how many questions that are."""
    assert browser.get(address).status_code == 200, address
    plans: list[tuple[str, dict[str, Any]]] = []
    questions: list[str] = []

    def explain(execute: Callable[..., Any], sql: str, values: Any, many: bool, context: Any) -> Any:
        if not sql.upper().startswith(pages.MARKS):
            questions.append(sql)
        parts = sql.split(";\n")  # a look as the desk puts its hat on before it asks, and takes it off behind
        asked = parts[1] if len(parts) == 3 else sql
        if asked.lstrip(" (\n").lower().startswith(("select", "with")):
            if len(parts) == 3:
                execute(parts[0], (), many, context)
            execute(f"explain (analyze, timing off, format json) {asked}", values, many, context)
            (answer,) = context["cursor"].fetchone()
            plan = json.loads(answer) if isinstance(answer, str) else answer
            plans.append((asked, plan[0]["Plan"]))
            if len(parts) == 3:
                execute(parts[2], (), many, context)
        return execute(sql, values, many, context)

    with connection.execute_wrapper(explain):
        browser.get(address)
        if len(questions) > QUERIES_AT_MOST:
            questions.clear()  # what a process keeps for half a minute was asked for anew, perhaps
            browser.get(address)
    return plans, len(questions)


def ways_to(table: str, node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield how a plan comes to the rows of a table."""
    if node.get("Relation Name") == table:
        yield node["Node Type"], node.get("Index Name", "")
    for inner in node.get("Plans", ()):
        yield from ways_to(table, inner)


def read_whole(node: dict[str, Any], *, is_limited: bool) -> Iterator[str]:
    """Yield the large tables of a plan that no condition of an index and no limit keeps from being read as a whole."""
    if not node["Actual Loops"]:
        return  # a way not taken, say a guard's question about another kind of party
    is_limited = is_limited or node["Node Type"] == "Limit"
    if node.get("Relation Name") in LARGE:
        is_scanned = node["Node Type"] == "Seq Scan"
        is_walked = node["Node Type"].startswith("Index") and "Index Cond" not in node and not is_limited
        if node.get("Index Name") in FEW:
            return
        if is_scanned or is_walked:
            yield node["Relation Name"]
    for inner in node.get("Plans", ()):
        gathers = inner["Node Type"] in ("Sort", "Hash") or inner.get("Strategy") in ("Plain", "Hashed")
        yield from read_whole(inner, is_limited=is_limited and not gathers)
