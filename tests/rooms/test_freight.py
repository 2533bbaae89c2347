"""Freight templates: written, chosen for goods, charged on orders and quoted beforehand."""

from typing import Any

import pytest

from entrepot.base import scope
from entrepot.base.actors import staff
from entrepot.catalog.models import Sku
from entrepot.freight import actions
from entrepot.freight.models import Template
from entrepot.freight.queries import template_of, templates
from entrepot.freight.rules import ZoneRow
from entrepot.reports.freight_quotes import quote_for
from entrepot.reports.shelf import goods_page, terms_of
from entrepot.reports.verify import verify
from tests.audit import faults
from tests.rooms.test_parties import refused
from tests.world import World, rows, taken

ZONES = (
    ZoneRow(first_fen=800, step_fen=200),
    ZoneRow(("3301",), first_fen=500, step_fen=100, free_from_fen=9_900),
    ZoneRow(("65", "54"), is_served=False),
)


def written(supplier_id: int, **more: Any) -> Template:
    actor = staff("supplier", party_id=supplier_id, user_id=1, name="孙有田")
    return actions.save_template(
        supplier_id, **{"name": "快递", "kind": "piece", "zones": ZONES, "actor": actor} | more
    )


def test_an_order_is_charged_what_its_template_asks(world: World, admin: str) -> None:
    party, supplier = world.distributor(funds_fen=100_000), world.supplier()
    article, free = world.article(supplier=supplier, stock=99), world.article(stock=9)
    template = written(supplier.pk)
    actions.set_template(article.goods_id, template_id=template.pk, actor=admin)
    order = world.place(party, (article, 3), (free, 1), mode="direct")
    assert (order.freight_fen, order.total_fen) == (700, 4 * 1050 + 700)
    parts = rows("select supplier_id, freight_fen from orders_supplyorder where order_id = %s", order.id)
    assert dict(parts) == {supplier.pk: 700, free.supplier_id: 0}
    charged = rows(
        "select region, pieces, first_fen, step_fen, freight_fen from freight_charge where order_id = %s", order.id
    )
    assert charged == [("3301", 3, 500, 100, 700)]
    actions.save_template(
        supplier.pk, name="快递", kind="piece", zones=[ZoneRow(first_fen=9_999)], actor=admin, template_id=template.pk
    )
    for supplier_id in (supplier.pk, free.supplier_id):
        taken(world.ship(order, supplier_id=supplier_id))
    taken(world.receive(order))
    taken(world.complete(order))
    owed = rows("select balance_fen from ledger_account where supplier_id = %s", supplier.pk)
    assert owed == [(3_000 + 700,)], "the new price is for the orders of tomorrow"
    assert faults(distributors=[party.pk], skus=[article.sku_id, free.sku_id]) == []
    wrong = {(f["table"], f["id"]) for f in verify()["differences"]}
    assert not wrong & {("orders_order", str(order.id)), ("freight_charge", str(order.id))}


def test_a_quote_says_what_the_order_will_draw(world: World, admin: str) -> None:
    party, supplier = world.distributor(funds_fen=100_000), world.supplier()
    article, free = world.article(supplier=supplier, stock=99), world.article(stock=9)
    hidden = world.article(visible_distributors=[0])
    template = written(supplier.pk)
    actions.set_template(article.goods_id, template_id=template.pk, actor=admin, supplier_id=supplier.pk)

    def quoted(*lines: tuple[str, int], path: tuple[str, ...] = ("33", "3301")) -> tuple[int, list[int], list[int]]:
        with scope.distributor(party.pk, read_only=True):
            found, missing = quote_for(terms_of(party.pk), lines=lines, path=path)
        return found.freight_fen, found.unserved, missing

    assert quoted((article.code, 3), (free.code, 1)) == (700, [], [])
    assert quoted((article.code, 10)) == (0, [], []), "free from 99 yuan at the agreed price"
    assert quoted((free.code, 1), (article.code, 1), path=("65",)) == (0, [1], [])
    assert quoted((hidden.code, 1), ("no such", 1), (free.code, 1)) == (0, [], [0, 1])
    assert world.place(party, (article, 10)).freight_fen == 0
    with scope.distributor(party.pk, read_only=True):
        shown = {
            row.id: row.freight_template_id
            for row in goods_page(terms_of(party.pk), limit=2, ids=[article.goods_id, free.goods_id])
        }
    assert (shown[article.goods_id], shown[free.goods_id]) == (template.pk, None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"kind": "volume"}, "kind"),
        ({"zones": []}, "zones"),
        ({"zones": [ZoneRow(("33",))]}, "zones"),
        ({"zones": [ZoneRow(), ZoneRow()]}, "zones"),
        ({"zones": [ZoneRow(), ZoneRow(("33", "32")), ZoneRow(("31", "33"))]}, "zones.2.regions"),
        ({"zones": [ZoneRow(first_fen=-1)]}, "zones.0.first_fen"),
        ({"zones": [ZoneRow(step=0, step_fen=5)]}, "zones.0.step"),
        ({"zones": [ZoneRow(first=1_000_001)]}, "zones.0.first"),
    ],
)
def test_a_template_that_cannot_be_reckoned_with_is_refused(world: World, change: dict[str, Any], field: str) -> None:
    supplier = world.supplier()
    assert refused(written, supplier.pk, **change) == field
    with scope.platform():
        assert not templates(supplier_id=supplier.pk)


def test_templates_belong_to_their_shipper(world: World, admin: str) -> None:
    anna, boris = world.supplier(), world.supplier()
    article = world.article(supplier=anna)
    hers, his = written(anna.pk), written(boris.pk)
    assert refused(written, anna.pk) == "name", "there is one of that name"
    assert refused(actions.set_template, article.goods_id, template_id=his.pk, actor=admin) == "template"
    with pytest.raises(Template.DoesNotExist):
        written(anna.pk, template_id=his.pk)
    actions.set_template(article.goods_id, template_id=hers.pk, actor=admin)
    with scope.supplier(anna.pk, read_only=True):
        assert [(row.pk, row.goods_count, row.zone_count) for row in templates()] == [(hers.pk, 1, 3)]
    assert refused(actions.remove_template, anna.pk, template_id=hers.pk, actor=admin) == ""
    assert refused(written, anna.pk, template_id=hers.pk, version=7) == "", "changed meanwhile"
    before = rows("select version from catalog_goods where id = %s", article.goods_id)
    actions.set_template(article.goods_id, template_id=None, actor=admin)
    assert rows("select version from catalog_goods where id = %s", article.goods_id) > before
    actions.remove_template(anna.pk, template_id=hers.pk, actor=admin, is_platform=True)
    with scope.platform():
        assert (template_of(article.goods_id), Sku.objects.filter(code=article.code).count()) == (None, 1)
    verbs = rows(
        "select verb from events_operation where object_kind = 'freight' and object_id = %s order by id", str(hers.pk)
    )
    assert [verb for (verb,) in verbs] == ["freight.created", "freight.removed"]
