"""Goods by the sheet, the quick way: it judges and writes what the slow way does, whatever the file holds."""

import io
import random
import threading
from pathlib import Path
from typing import Any

import pytest

from entrepot.base import scope
from entrepot.catalog import actions, jobs, queries
from entrepot.catalog.intake import files
from entrepot.catalog.intake.judge import judge
from entrepot.catalog.intake.known import Known
from entrepot.catalog.models import Goods, GoodsImport, SkuCost
from entrepot.catalog.rules import bigrams
from entrepot.events.models import Operation
from tests.rooms.test_imports import HEADINGS, Shop, sheet, work
from tests.world import STAFF, World

WIDE = (
    *("货号*", "商品名称*", "分类*", "品牌", "卖点", "规格", "规格编码", "成本价", "供货价*"),
    *("建议零售价", "最低价", "最高价", "重量（克）", "起订量", "主图", "属性：产地", "备注"),
)
STRANGE = ("", "苹果\t红", 'a"b\\c', "{NULL}", "x\ny", "ＡＢｃ 1", "\\N", "好,的;是", "长" * 121)
AMOUNTS = ("1", "80.5", "¥1,200.00", "0", "0.001", "99999999", "-1", "x", "", 12.3, 7)


@pytest.fixture
def shop(world: World, mark: str, media: Path, settings: Any) -> Shop:
    settings.DATA_DIR = media
    return Shop(world, mark)


def some_rows(shop: Shop, *, chance: random.Random, count: int) -> list[tuple[Any, ...]]:
    """Rows of which most are right; goods have one to three of them, now and then of different opinions."""
    rows: list[tuple[Any, ...]] = []
    for place in range(count):
        number = chance.choice((f"N{place}{shop.mark}", f"N{place // 2}{shop.mark}", f"N{place}{shop.mark}", "a b", ""))
        price, wrong = f"{chance.randint(1, 900)}.{chance.randint(0, 99):02}", chance.random() < 0.3
        cells = [
            *(number, f"苹果 {place // 3}号", f"果{shop.mark}", chance.choice(("", f"牌{shop.mark}"))),
            *("脆甜", chance.choice(("", "S", "M")), "", chance.choice(("", "5")), price, "999", "1", "2000"),
            *(chance.randint(0, 900), 1, "", chance.choice(("", "阿克苏")), "随便"),
        ]
        if wrong:
            at = chance.randrange(len(cells))
            cells[at] = chance.choice((*STRANGE, *AMOUNTS, "NULL", f"N1{shop.mark}"))
        rows.append(tuple(cells))
    return rows


def known_of(shop: Shop) -> Known:
    with scope.desk(read_only=True):
        return Known(queries.bounds_of(shop.supplier.pk), pictures=None, is_at_once=False)


def test_random_files_are_judged_alike_by_the_quick_and_the_full_way(shop: Shop) -> None:
    name = f"产地{shop.mark}"
    actions.save_attribute(None, name=name, choices=["阿克苏", "洛川"], category_ids=[shop.category.pk], actor=STAFF)
    headings = tuple(heading.replace("属性：产地", f"属性：{name}") for heading in WIDE)
    known = known_of(shop)
    made = refused = 0
    for seed in range(12):
        job = shop.start(*some_rows(shop, chance=random.Random(seed), count=120), headings=headings)
        actions.cancel_import(shop.supplier.pk, import_id=job.pk, actor=shop.actor)
        table = files.table(job.pk)
        quick, full = judge(table, known=known), judge(table, known=known, is_quick=False)
        assert quick == full
        made += sum(group.wanted is not None for group in quick)
        refused += sum(group.wanted is None for group in quick)
    assert made > 300 and refused > 300


def test_what_is_written_is_what_was_judged(shop: Shop) -> None:
    rows = [
        *(shop.row(f"S{place}", 商品名称=f"{strange}果") for place, strange in enumerate(STRANGE[:-1])),
        shop.row("D", 规格="大", 规格编码="NULL" + shop.mark, 成本价=""),
        shop.row("D", 规格='"小"\\', 供货价="¥1,200.5", 成本价="0"),
    ]
    job = shop.start(*rows)
    wanted = {
        group.wanted.goods_no: group.wanted
        for group in judge(files.table(job.pk), known=known_of(shop))
        if group.wanted
    }
    assert work(job).goods_made == len(wanted) == len(STRANGE)
    with scope.supplier(shop.supplier.pk):
        goods = {row.goods_no: row for row in Goods.objects.filter(supplier=shop.supplier).prefetch_related("skus")}
        costs = dict(SkuCost.objects.filter(supplier=shop.supplier).values_list("sku__code", "cost_fen"))
    for number, one in wanted.items():
        row = goods[number]
        assert (row.name, row.subtitle, row.category_id, row.brand_id) == (one.name, "", one.category_id, None)
        assert (row.images, row.attributes, row.version, row.state) == ([], {}, 1, "draft")
        assert row.search_terms == bigrams(f"{one.name} {one.goods_no} {one.brand}")
        assert [(sku.code, sku.spec, sku.supplier_price_fen, sku.supply_price_fen) for sku in row.skus.all()] == [
            (code, draft.spec, draft.supplier_price_fen, None) for code, draft in zip(one.codes, one.skus, strict=True)
        ]
        with scope.platform():
            line = Operation.objects.get(verb="goods.imported", object_id=str(row.pk))
        assert line.after == {"state": "draft", "import": job.pk, "skus": one.codes}
        assert (line.object_label, line.actor) == (f"{number} {one.name}"[:120], shop.actor)
    assert costs == {
        code: draft.cost_fen
        for one in wanted.values()
        for code, draft in zip(one.codes, one.skus, strict=True)
        if draft.cost_fen is not None
    }


def test_what_others_took_is_refused_and_every_other_goods_written(
    shop: Shop, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "GOODS_AT_ONCE", 4)
    taken, other = world.article().code, world.article().code
    assert work(shop.start(shop.row("T1"), shop.row("T2", 规格编码=f"c{shop.mark}"))).goods_made == 2
    rows = [shop.row(f"W{place}") for place in range(10)]
    rows[1] = shop.row("T1", 规格编码=taken)
    rows[6] = shop.row("W6", 规格编码=f"c{shop.mark}")
    done = work(shop.start(*rows, shop.row("W6", 规格编码=other)))
    assert (done.goods_made, done.goods_done, done.rows_refused) == (8, 10, 3)
    assert [(one["row"], one["column"]) for one in done.refused] == [(3, "货号"), (8, "规格编码")]
    assert min(other, f"c{shop.mark}") in done.refused[1]["reason"]
    assert set(shop.goods()) == {"T1", "T2"} | {f"W{place}" for place in range(10)} - {"W1", "W6"}


def test_rows_kept_as_text_are_the_rows_of_the_file_and_are_not_needed(shop: Shop) -> None:
    job = shop.start(shop.row("K"), ("", *shop.row("")[1:]), (*shop.row("L")[:7], 12.3, 2, "", ""))
    kept = files.table(job.pk)
    (files.folder(job.pk) / "rows.json").unlink()
    assert files.table(job.pk) == kept and [line.number for line in kept.lines] == [2, 3, 4]
    assert work(job).goods_made == 2


def test_a_fault_while_writing_leaves_nothing_of_the_piece(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("pulled the plug")

    monkeypatch.setattr(jobs.imported, "record_selected", fails)
    job = shop.start(shop.row("P"), shop.row("Q"))
    with pytest.raises(RuntimeError, match="plug"):
        work(job)
    assert shop.goods() == {}
    with scope.platform():
        row = GoodsImport.objects.get(pk=job.pk)
    assert (row.goods_done, row.goods_made) == (0, 0)
    monkeypatch.undo()
    assert work(job).goods_made == 2
    assert jobs.run_imports(threading.Event()) == 0


def test_the_sheet_of_goods_is_read_alike_from_a_text_file(shop: Shop) -> None:
    lines = "\n".join(",".join(map(str, cells)) for cells in (HEADINGS, shop.row("0012"), shop.row("E")))
    for encoding in ("utf-8-sig", "gb18030"):
        job = actions.start_import(
            shop.supplier.pk, sheet=io.BytesIO(lines.encode(encoding)), file_name="goods.csv", actor=shop.actor
        )
        text = files.table(job.pk)
        book = shop.start(shop.row("0012"), shop.row("E"))
        assert [line.cells for line in text.lines] == [line.cells for line in files.table(book.pk).lines]
        for one in (job, book):
            actions.cancel_import(shop.supplier.pk, import_id=one.pk, actor=shop.actor)
    assert sheet(HEADINGS)
