"""Freight templates, price changes and rates of goods in the back offices."""

import io
from datetime import timedelta
from typing import Any

import xlsxwriter
from django.test import Client
from django.utils import timezone

from entrepot.base import scope
from entrepot.catalog.models import Sku
from entrepot.freight.models import Template
from entrepot.freight.queries import template_of
from entrepot.pricing import actions
from entrepot.pricing.models import FeeRate, PriceChange
from tests.doors.office_people import at_work, sheet_of
from tests.world import World, rows


def page(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def zones(*rows_given: dict[str, Any]) -> dict[str, Any]:
    """A template's form with these zones."""
    usual = {"regions": "", "first": "1", "first_fen": "8", "step": "1", "step_fen": "2"}
    data: dict[str, Any] = {"zone-TOTAL_FORMS": len(rows_given), "zone-INITIAL_FORMS": 0}
    for place, row in enumerate(rows_given):
        data |= {f"zone-{place}-{name}": value for name, value in (usual | row).items()}
    return data


def test_a_supplier_writes_a_template_tries_it_and_sends_his_goods_by_it(world: World) -> None:
    supplier, party = world.supplier(), world.distributor(funds_fen=100_000)
    article = world.article(supplier=supplier, stock=9)
    browser = at_work("supplier", supplier)
    assert "freight/new/" in page(browser, "/supplier/freight/")
    wrong = browser.post("/supplier/freight/new/", {"name": "快递", "kind": "piece"} | zones({"regions": "火星"}))
    assert (wrong.status_code, "火星" in wrong.content.decode()) == (422, True)
    sent = {"name": "快递", "kind": "piece"} | zones(
        {}, {"regions": "浙江杭州、江苏", "first_fen": "5"}, {"regions": "西藏", "is_unserved": "on"}
    )
    more = browser.post("/supplier/freight/new/", sent | {"do": "more"})
    assert (more.status_code, more.content.decode().count('name="zone-4-regions"')) == (200, 1)
    made = browser.post("/supplier/freight/new/", sent)
    with scope.supplier(supplier.pk):
        (template,) = Template.objects.all()
    assert made["Location"] == f"/supplier/freight/{template.pk}/"
    tried = {"pieces": "3", "weight_g": "0", "amount_fen": "10"}
    places = {
        "浙江 杭州": "9.00",
        "上海 上海": "12.00",
        "西藏 拉萨": None,
    }
    for place, freight in places.items():
        province, city = place.split()
        shown = browser.get(made["Location"], tried | {"province": province, "city": city}).content.decode()
        assert (f'<b class="price">¥{freight}</b>' in shown or f'<b class="price">{freight}</b>' in shown) == (
            freight is not None
        ), place
    browser.post(f"/supplier/freight/goods/{article.goods_id}/", {"template": template.pk})
    assert world.place(party, (article, 2)).freight_fen == 700
    kept = browser.post(f"/supplier/freight/{template.pk}/remove/")
    assert kept["Location"] == made["Location"], "goods are sent by it"
    changed = browser.post(made["Location"], {"name": "快递", "kind": "free", "version": "1"} | zones({}))
    assert changed.status_code == 302
    stale = browser.post(made["Location"], {"name": "快递", "kind": "piece", "version": "1"} | zones({}))
    assert stale.status_code == 422
    assert world.place(party, (article, 2)).freight_fen == 0
    other = at_work("supplier", world.supplier())
    assert other.get(made["Location"]).status_code == 404
    assert other.post(f"/supplier/freight/goods/{article.goods_id}/", {"template": ""}).status_code == 404


def test_the_platform_writes_templates_for_every_shipper(world: World) -> None:
    supplier = world.supplier()
    article = world.article(supplier=supplier)
    browser = at_work("platform", None)
    sent = {"name": world.name("F"), "kind": "weight", "supplier": supplier.pk} | zones({"first": "1000"})
    made = browser.post("/platform/freight/new/", sent)
    assert made.status_code == 302
    with scope.platform():
        template = Template.objects.get(supplier=supplier)
    assert template.name in page(browser, f"/platform/freight/?supplier={supplier.pk}")
    assert template.name not in page(browser, f"/platform/freight/?supplier={world.supplier().pk}")
    for number, name in ((template.pk, template.pk), (world.article().goods_id, None)):
        goods_id = article.goods_id if name else number
        browser.post(f"/platform/goods/{goods_id}/prices/freight/", {"template": template.pk})
        with scope.platform():
            found = template_of(goods_id)
        assert (found.pk if found else None) == name, "a template holds for goods of its own shipper"
    reader = at_work("platform", None, "goods.view")
    shown = page(reader, f"/platform/freight/{template.pk}/")
    assert "zone-0-regions" not in shown
    assert reader.post(f"/platform/freight/{template.pk}/", sent).status_code == 200
    browser.post(f"/platform/goods/{article.goods_id}/prices/freight/", {"template": ""})
    assert browser.post(f"/platform/freight/{template.pk}/remove/")["Location"] == "/platform/freight/"
    assert rows("select 1 from freight_template where id = %s", template.pk) == []


def test_zones_nobody_touched_are_left_out_and_the_first_counts_as_it_stands(world: World) -> None:
    supplier = world.supplier()
    plain = {"first_fen": "0", "step_fen": "0"}
    sent = {"name": "快递", "kind": "weight"} | zones(plain, {"regions": "西藏", "is_unserved": "on"} | plain, plain)
    made = at_work("supplier", supplier).post("/supplier/freight/new/", sent)
    assert made.status_code == 302
    kept = rows(
        "select z.regions, z.is_served from freight_zone z join freight_template t on t.id = z.template_id"
        " where t.supplier_id = %s order by z.position",
        supplier.pk,
    )
    assert kept == [([], True), (["54"], False)]


def test_new_prices_are_announced_seen_and_called_off(world: World) -> None:
    article = world.article(supplier_price_fen=800)
    browser = at_work("platform", None)
    address = f"/platform/goods/{article.goods_id}/prices/"
    assert article.code in page(browser, address)
    nothing = browser.post(f"{address}announce/", {"reason": "涨价"})
    assert nothing.status_code == 422
    sent = {f"supply_price_{article.sku_id}": "12.00", f"supplier_price_{article.sku_id}": "9", "reason": "涨价"}
    early = browser.post(f"{address}announce/", sent | {"effective_at": "2020-01-01 00:00"})
    assert early.status_code == 422
    at = timezone.localtime() + timedelta(days=2)
    assert browser.post(f"{address}announce/", sent | {"effective_at": f"{at:%Y-%m-%d %H:%M}"}).status_code == 302
    with scope.platform():
        changes = {change.field: change for change in PriceChange.objects.filter(sku_id=article.sku_id)}
    assert {name: (c.old_value, c.new_value, c.state) for name, c in changes.items()} == {
        "supply_price": (1000, 1200, "announced"),
        "supplier_price": (800, 900, "announced"),
    }
    assert "12.00" in page(browser, address)
    found = page(browser, f"/platform/prices/?tab=announced&text={article.code}&field=supply_price")
    assert (found.count("¥12.00"), "¥9.00" in found) == (1, False)
    book = sheet_of(browser.get(f"/platform/prices/?export=xlsx&text={article.code}"))
    assert len(book) == 3
    change = changes["supply_price"]
    one = f"/platform/prices/{change.pk}/"
    assert "→" in page(browser, one)
    assert browser.post(f"{one}decide/", {"do": "cancel", "note": "算错"})["Location"] == one
    assert browser.post(f"{one}decide/", {"do": "cancel"}).status_code == 422
    assert rows("select state from pricing_pricechange where id = %s", change.pk) == [("cancelled",)]
    reader = at_work("platform", None, "goods.view")
    assert "decide/" not in page(reader, f"/platform/prices/{changes['supplier_price'].pk}/")


def test_goods_get_a_rate_of_their_own_on_their_page(world: World) -> None:
    article, tier = world.article(), world.tier(fee_rate_bps=500)
    browser = at_work("platform", None)
    address = f"/platform/goods/{article.goods_id}/prices/"
    for typed, kept in (("3", [300]), ("2.5", [250]), ("", [])):
        answer = browser.post(f"{address}rate/", {"whose": f"tier-{tier.pk}", "rate_bps": typed})
        assert answer.status_code == 302
        with scope.platform():
            assert list(FeeRate.objects.filter(goods_id=article.goods_id).values_list("rate_bps", flat=True)) == kept
        assert ("2.5%" in page(browser, address)) == (typed == "2.5")
    assert browser.post(f"{address}rate/", {"whose": "tier-0", "rate_bps": "1"}).status_code == 422
    assert at_work("platform", None, "goods.edit").post(f"{address}rate/", {}).status_code == 403


def test_a_tiers_rate_and_the_setting_are_announced_and_kept(world: World) -> None:
    tier = world.tier(fee_rate_bps=500)
    browser = at_work("platform", None)
    sent = {"tier_id": tier.pk, "rate_bps": "8", "reason": "新政策"}
    assert browser.post("/platform/prices/tier/", sent).status_code == 302
    assert browser.post("/platform/prices/tier/", sent).status_code == 422, "one is still open"
    assert rows("select old_value, new_value from pricing_pricechange where tier_id = %s", tier.pk) == [(500, 800)]
    browser.post("/platform/prices/setting/", {"notice_minutes": "90", "grace_minutes": "1441"})
    assert rows("select 1 from pricing_pricesetting where notice_minutes = 90") == []
    browser.post("/platform/prices/setting/", {"notice_minutes": "90", "grace_minutes": "20"})
    assert rows("select notice_minutes, grace_minutes from pricing_pricesetting") == [(90, 20)]
    browser.post("/platform/prices/setting/", {"notice_minutes": "60", "grace_minutes": "30"})


def test_a_supplier_proposes_a_price_and_reads_the_answer(world: World) -> None:
    supplier = world.supplier()
    article = world.article(supplier=supplier, supplier_price_fen=800)
    browser, office = at_work("supplier", supplier), at_work("platform", None)
    address = f"/supplier/prices/goods/{article.goods_id}/"
    shown = page(browser, address)
    assert ("8.00" in shown, "10.00" in shown) == (True, False), "what the platform asks is not his business"
    assert browser.post(address, {"sku_id": article.sku_id, "new_fen": "8", "reason": "x"}).status_code == 422
    sent = {"sku_id": article.sku_id, "new_fen": "8.50", "reason": "人工"}
    assert browser.post(address, sent)["Location"] == address
    with scope.platform():
        (change,) = PriceChange.objects.filter(sku_id=article.sku_id)
    decide = f"/platform/prices/{change.pk}/decide/"
    assert 'value="10.50"' in page(office, f"/platform/prices/{change.pk}/"), (
        "the margin stays unless decided otherwise"
    )
    assert office.post(decide, {"do": "refuse", "note": ""}).status_code == 422
    assert office.post(decide, {"do": "approve", "supply_price_fen": "10.50"}).status_code == 302
    states = rows(
        "select field, new_value, state from pricing_pricechange where sku_id = %s order by id", article.sku_id
    )
    assert states == [("supplier_price", 850, "announced"), ("supply_price", 1050, "announced")]
    listed = page(browser, "/supplier/prices/")
    assert (listed.count(article.code) >= 1, "10.50" in listed) == (True, False)
    assert browser.post(f"/supplier/prices/{change.pk}/withdraw/").status_code == 302
    assert rows("select state from pricing_pricechange where id = %s", change.pk) == [("announced",)]
    assert at_work("supplier", world.supplier()).get(address).status_code == 404


def sheet(*lines: list[Any]) -> io.BytesIO:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        made = book.add_worksheet()
        for number, line in enumerate([["SKU 编码", "新供货价", "新建议零售价"], *lines]):
            made.write_row(number, 0, line)
    buffer.seek(0)
    buffer.name = "prices.xlsx"
    return buffer


def test_many_prices_by_a_sheet_old_beside_new(world: World) -> None:
    cheap, dear, busy = (world.article(supplier_price_fen=800) for _ in range(3))
    browser = at_work("platform", None)
    draft = actions.ChangeDraft(field="supply_price", new_value=1100, sku_id=busy.sku_id)
    actions.announce([draft], actor="platform/0/1/proof")
    lines = [
        [cheap.code, 7.5, 9],
        [dear.code, "12.00", ""],
        [busy.code, 13, ""],
        ["no such", 1, ""],
        [dear.code, 14, ""],
        [cheap.code, "abc", ""],
        [dear.code, "", ""],
    ]
    looked = browser.post("/platform/prices/import/", {"file": sheet(*lines)})
    assert looked.status_code == 200
    context = looked.context
    assert [(one.sku.code, [(old, new) for _word, old, new in one.prices]) for one in context["planned"]] == [
        (cheap.code, [(1000, 750), (None, 900)]),
        (dear.code, [(1000, 1200)]),
    ]
    assert len(context["planned"][0].warned) == 1, "sold below what the supplier is paid"
    assert [row.number for row in context["sheet"].refused] == [4, 5, 6, 7, 8]
    assert rows("select 1 from pricing_pricechange where sku_id = %s", dear.sku_id) == [], "nothing changes by looking"
    refused = sheet_of(browser.post("/platform/prices/import/refused/", {"refused": context["refused"]}))
    assert [line[0] for line in refused[1:]] == [busy.code, "no such", dear.code, cheap.code, dear.code]
    plan = context["form"]["plan"].value()
    assert browser.post("/platform/prices/import/run/", {"plan": plan}).status_code == 422, "why?"
    assert browser.post("/platform/prices/import/run/", {"plan": plan, "reason": "调价"}).status_code == 302
    made = rows(
        "select field, new_value from pricing_pricechange where sku_id = any(%s) order by id",
        [cheap.sku_id, dear.sku_id],
    )
    assert made == [("supply_price", 750), ("suggested_price", 900), ("supply_price", 1200)]
    assert browser.post("/platform/prices/import/run/", {"plan": plan, "reason": "x"}).status_code == 422, "once"
    assert browser.post("/platform/prices/import/run/", {"plan": "x", "reason": "x"}).status_code == 302
    assert browser.post("/platform/prices/import/", {}).status_code == 422
    with scope.platform():
        on_sale = Sku.objects.filter(is_active=True, goods__state="on_sale").count()
    assert len(sheet_of(browser.get("/platform/prices/template/"))) == on_sale + 1


def test_every_party_reads_why_an_amount_is_what_it_is_and_no_more(world: World) -> None:
    supplier = world.supplier()
    party = world.distributor(funds_fen=100_000)
    article = world.article(supplier=supplier, stock=9, supply_price_fen=1000, supplier_price_fen=777)
    office, shipper, buyer = at_work("platform", None), at_work("supplier", supplier), at_work("distributor", party)
    shipper.post("/supplier/freight/new/", {"name": "顺丰快递", "kind": "piece"} | zones({"first_fen": "6.60"}))
    with scope.supplier(supplier.pk):
        template = Template.objects.get()
    shipper.post(f"/supplier/freight/goods/{article.goods_id}/", {"template": template.pk})
    office.post(
        f"/platform/goods/{article.goods_id}/prices/rate/", {"whose": f"distributor-{party.pk}", "rate_bps": "3"}
    )
    order = world.place(party, (article, 3), mode="direct")
    assert (order.freight_fen, order.total_fen) == (1060, 3 * 1030 + 1060)
    world.refund(order, pieces={1: 1})
    pages = {
        "platform": page(office, f"/platform/orders/{order.id}/"),
        "supplier": page(shipper, f"/supplier/orders/{order.id}/"),
        "distributor": page(buyer, f"/distributor/orders/{order.id}/"),
    }
    for name, shown in pages.items():
        assert "顺丰快递" in shown, name
        assert "10.60" in shown, name
        assert ("15.54" in shown) == (name != "distributor"), f"{name}: two pieces at the supplier price"
        assert ("10.30" in shown) == (name != "supplier"), f"{name}: the agreed price"
        assert ("3%" in shown) == (name != "supplier"), f"{name}: the rate of the goods"
    assert "7.77" not in pages["distributor"]
    shown = page(buyer, f"/distributor/goods/{article.goods_id}/")
    assert "3%" in shown
    assert "10.30" in shown
