"""What malls are told is read as a whole: however much there is, no part of a plan is gone through again for each row."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection

from entrepot.base import scope
from entrepot.base.journeys import STEADILY, literal
from entrepot.parties.models import Distributor
from entrepot.pricing.actions import set_fee_rate
from entrepot.reports import pages, told
from tests.world import STAFF, Article, World

STATEMENTS = {
    "products": told._PRODUCTS,
    "lines": told._LINES,
    "prices": told._PRICES,
    "stocks": told._STOCKS,
    "figures": told._FIGURES,
    "pages": pages._PAGES,
}
PIECES = 40
Plan = Callable[..., str]


@pytest.fixture(scope="module")
def articles(database: Any, django_db_blocker: Any) -> list[Article]:
    """Goods, of which a few have rates and pools of their own."""
    with django_db_blocker.unblock():
        world = World()
        supplier, party = world.supplier(), world.distributor()
        made = [world.article(supplier=supplier, stock=9) for _ in range(PIECES)]
        for article in made[:5]:
            world.allotment(article, distributor=party, pieces=3)
            set_fee_rate(article.goods_id, rate_bps=100, tier_id=party.tier_id, actor=STAFF)
        return made


@pytest.fixture
def plan(committed: Any, articles: list[Article]) -> Plan:
    """How a statement was carried out over all the articles, by the plan that is kept for whatever values come."""
    with scope.platform():
        party = Distributor.objects.order_by("-pk")[:1].get()
    ids = literal([article.goods_id for article in articles])
    given = told.values(ids, party.pk) | {"places": literal([0] * PIECES)}
    given |= {"sku_ids": literal([article.sku_id for article in articles])}

    def carried_out(statement: str, settings: str = STEADILY) -> str:
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
        text = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", statement)
        values = ", ".join(f"'{given[name]}'" for name in names)
        with scope.desk(read_only=True):
            raw: psycopg.Connection[Any] = connection.connection
            raw.execute(f"select {settings}".encode())
            raw.execute(f"prepare looked_at as {text}".encode())
            try:
                rows = raw.execute(f"explain (analyze, timing off) execute looked_at ({values})".encode())
                return "\n".join(row[0] for row in rows)
            finally:
                raw.execute("deallocate looked_at")

    return carried_out


def repeated(found: str) -> list[str]:
    """The parts of a plan that were gone through more than once, and conditions that hold a row against a whole array."""
    parts = re.findall(r".*loops=(?!1\b).*", found.replace("loops=0", "loops=1"))
    return parts + re.findall(r"Filter: .*= ANY \(\$\d+.*", found)


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_part_of_a_plan_is_gone_through_for_each_row(plan: Plan, name: str) -> None:
    found = plan(STATEMENTS[name])
    assert f"rows={1 if name in ('lines', 'pages') else PIECES}." in found.splitlines()[0]
    assert not repeated(found), found


def test_a_plan_that_does_so_is_found(plan: Plan) -> None:
    assert repeated(plan(told._STOCKS, STEADILY.replace("'enable_nestloop', 'off'", "'enable_hashjoin', 'off'")))
