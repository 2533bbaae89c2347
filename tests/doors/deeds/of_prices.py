"""Prices announced, decided, imported and proposed; rates of goods; freight templates and the goods sent by them."""

import io
from typing import Any

import xlsxwriter

from entrepot.base import scope
from entrepot.freight.models import Template
from entrepot.pricing import actions
from entrepot.pricing.models import PriceChange
from tests.doors.deeds import deed, no_deed
from tests.doors.deeds.stage import Desk, Stage

WHY = "原料涨价"


def _template(desk: Desk, office: str, **typed: Any) -> int:
    """A template written in an office; returns its id."""
    answer = desk.fill(f"/{office}/freight/new/", name="顺丰快递", kind="piece", **{"zone-0-first_fen": "8"}, **typed)
    assert answer.status_code == 302, answer.status_code
    return int(answer["Location"].rstrip("/").rpartition("/")[2])


def _goods_page(stage: Stage) -> str:
    return f"/platform/goods/{stage.supplied.goods_id}/prices/"


def _proposal(stage: Stage) -> int:
    """A price that waits for the platform's word."""
    ids = {"sku_id": stage.supplied.sku_id, "new_fen": 850}
    actor = f"supplier/{stage.supplier_party.pk}/1/anna"
    return actions.propose(stage.supplier_party.pk, **ids, reason=WHY, actor=actor).pk


def _looked_at(stage: Stage, *, code: str) -> Any:
    """What the page shows of a sheet with one row."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([["SKU 编码", "新供货价"], [code, 12]]):
            sheet.write_row(place, 0, row)
    buffer.seek(0)
    buffer.name = "prices.xlsx"
    return stage.platform.post("/platform/prices/import/", file=buffer)


@deed("platform:freight-new", "freight.created")
def write_a_template(stage: Stage) -> Any:
    page = "/platform/freight/new/"
    return stage.platform.fill(page, name="平台快递", kind="piece", supplier=str(stage.supplier_party.pk))


@deed("platform:freight-template", "freight.changed")
def change_a_template(stage: Stage) -> Any:
    made = _template(stage.platform, "platform", supplier=str(stage.supplier_party.pk))
    return stage.platform.fill(f"/platform/freight/{made}/", **{"zone-0-first_fen": "9"})


@deed("platform:freight-remove", "freight.removed")
def remove_a_template(stage: Stage) -> Any:
    made = _template(stage.platform, "platform", supplier=str(stage.supplier_party.pk))
    return stage.platform.post(f"/platform/freight/{made}/remove/")


@deed("platform:goods-freight", "goods.freight")
def send_goods_by_a_template(stage: Stage) -> Any:
    made = _template(stage.platform, "platform", supplier=str(stage.supplied.supplier_id))
    return stage.platform.fill(_goods_page(stage), at=f"{_goods_page(stage)}freight/", template=str(made))


@deed("platform:goods-announce", "price.announced", reason=WHY)
def announce_prices(stage: Stage) -> Any:
    typed = {f"supply_price_{stage.supplied.sku_id}": "12.00", "reason": WHY}
    return stage.platform.fill(_goods_page(stage), at=f"{_goods_page(stage)}announce/", **typed)


@deed("platform:goods-rate", "goods.fee_rate", reason=WHY)
def give_goods_a_rate(stage: Stage) -> Any:
    whose = f"distributor-{stage.distributor_party.pk}"
    page = _goods_page(stage)
    return stage.platform.fill(page, at=f"{page}rate/", whose=whose, rate_bps="3", reason=WHY)


@deed("platform:price-decide", "price.approved", reason="同意")
def approve_a_price(stage: Stage) -> Any:
    page = f"/platform/prices/{_proposal(stage)}/"
    return stage.platform.fill(page, at=f"{page}decide/", do="approve", note="同意")


@deed("platform:price-decide", "price.refused", reason="太高")
def refuse_a_price(stage: Stage) -> Any:
    page = f"/platform/prices/{_proposal(stage)}/"
    return stage.platform.fill(page, at=f"{page}decide/", do="refuse", note="太高")


@deed("platform:price-decide", "price.cancelled", reason="算错")
def call_a_price_off(stage: Stage) -> Any:
    draft = actions.ChangeDraft(field="supply_price", new_value=1100, sku_id=stage.supplied.sku_id)
    actions.announce([draft], actor="platform/0/1/proof")
    with scope.platform():
        change = PriceChange.objects.get(sku_id=stage.supplied.sku_id)
    page = f"/platform/prices/{change.pk}/"
    return stage.platform.fill(page, at=f"{page}decide/", do="cancel", note="算错")


@deed("platform:prices-setting", "price.setting")
def tell_earlier(stage: Stage) -> Any:
    known = stage.platform.form("/platform/prices/", at="/platform/prices/setting/")
    answer = stage.platform.post("/platform/prices/setting/", **(known | {"notice_minutes": "61"}))
    stage.platform.post("/platform/prices/setting/", **known)
    return answer


@deed("platform:prices-tier", "price.announced", reason=WHY)
def announce_a_rate(stage: Stage) -> Any:
    tier = stage.world.tier(fee_rate_bps=500)
    return stage.platform.fill("/platform/prices/tier/", tier_id=str(tier.pk), rate_bps="8", reason=WHY)


@deed("platform:prices-import-run", "price.announced", reason=WHY)
def announce_by_a_sheet(stage: Stage) -> Any:
    plan = _looked_at(stage, code=stage.supplied.code).context["form"]["plan"].value()
    return stage.platform.post("/platform/prices/import/run/", plan=plan, reason=WHY)


no_deed("platform:prices-import", "reads a sheet and shows what it would change; nothing is changed yet")
no_deed("platform:prices-import-refused", "hands the refused rows of a sheet back as they came")


@deed("supplier:freight-new", "freight.created")
def write_ones_own_template(stage: Stage) -> Any:
    return stage.supplier.fill("/supplier/freight/new/", name="中通快递", kind="piece")


@deed("supplier:freight-template", "freight.changed")
def change_ones_own_template(stage: Stage) -> Any:
    made = _template(stage.supplier, "supplier")
    return stage.supplier.fill(f"/supplier/freight/{made}/", **{"zone-0-first_fen": "9"})


@deed("supplier:freight-remove", "freight.removed")
def remove_ones_own_template(stage: Stage) -> Any:
    return stage.supplier.post(f"/supplier/freight/{_template(stage.supplier, 'supplier')}/remove/")


@deed("supplier:freight-of-goods", "goods.freight")
def send_ones_own_goods_by_it(stage: Stage) -> Any:
    made, goods_id = _template(stage.supplier, "supplier"), stage.supplied.goods_id
    page, at = f"/supplier/prices/goods/{goods_id}/", f"/supplier/freight/goods/{goods_id}/"
    answer = stage.supplier.fill(page, at=at, template=str(made))
    with scope.supplier(stage.supplier_party.pk):
        assert Template.objects.filter(pk=made).exists()
    return answer


@deed("supplier:prices-goods", "price.proposed", reason=WHY)
def propose_a_price(stage: Stage) -> Any:
    page = f"/supplier/prices/goods/{stage.supplied.goods_id}/"
    return stage.supplier.fill(page, sku_id=str(stage.supplied.sku_id), new_fen="8.50", reason=WHY)


@deed("supplier:prices-withdraw", "price.cancelled")
def take_a_proposal_back(stage: Stage) -> Any:
    return stage.supplier.post(f"/supplier/prices/{_proposal(stage)}/withdraw/")
