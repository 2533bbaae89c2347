"""Goods by the sheet: rows judged, pictures matched, everything whole, called off, gone on with after a stop."""

import io
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from entrepot.base import scope
from entrepot.base.actors import staff
from entrepot.base.mistakes import Mistake
from entrepot.catalog import actions, jobs
from entrepot.catalog.intake import zipped
from entrepot.catalog.models import Goods, GoodsImport, GoodsVersion, Sku, SkuCost
from entrepot.events.models import Event, Operation
from tests.rooms.conftest import picture
from tests.world import STAFF, World

HEADINGS = ("货号*", "商品名称*", "分类*", "品牌", "规格", "规格编码", "成本价", "供货价*", "起订量", "主图", "详情图")


class Shop:
    """A supplier with a category who sends sheets."""

    def __init__(self, world: World, mark: str) -> None:
        self.mark, self.supplier = mark, world.supplier()
        self.actor = staff("supplier", party_id=self.supplier.pk, user_id=1, name="孙有田")
        self.category = actions.create_category(f"果{mark}", actor=STAFF)
        self.brand = actions.create_brand(f"牌{mark}", actor=STAFF)

    def row(self, number: str, **more: str) -> tuple[str, ...]:
        """A row that is right, but for what is said otherwise."""
        right = (f"{number}{self.mark}", "苹果", f"果{self.mark}", "", "", "", "50", "80.5", "1", "", "")
        cells = dict(zip(HEADINGS, right, strict=True)) | {
            next(name for name in HEADINGS if name.startswith(key)): value for key, value in more.items()
        }
        return tuple(cells.values())

    def start(self, *rows: tuple[Any, ...], headings: tuple[str, ...] = HEADINGS, **more: Any) -> GoodsImport:
        return actions.start_import(
            self.supplier.pk, sheet=io.BytesIO(sheet(headings, *rows)), file_name="goods.xlsx", actor=self.actor, **more
        )

    def goods(self) -> dict[str, Goods]:
        with scope.supplier(self.supplier.pk):
            rows = Goods.objects.filter(supplier=self.supplier).prefetch_related("skus")
            return {row.goods_no.removesuffix(self.mark): row for row in rows}


def sheet(headings: tuple[str, ...], *rows: tuple[Any, ...]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet()
        for number, row in enumerate((headings, *rows)):
            page.write_row(number, 0, row)
    return buffer.getvalue()


def packed(**files: bytes) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    buffer.seek(0)
    return buffer


def work(job: GoodsImport) -> GoodsImport:
    """Let the worker make its rounds until an import is over."""
    for _round in range(200):
        jobs.run_imports(threading.Event())
        with scope.platform():
            job = GoodsImport.objects.get(pk=job.pk)
        if job.state in ("done", "failed", "cancelled"):
            return job
    raise AssertionError(f"the import is still {job.state}")


@pytest.fixture
def shop(world: World, mark: str, media: Path, settings: Any) -> Shop:
    settings.DATA_DIR = media
    return Shop(world, mark)


def test_good_rows_become_goods_and_bad_ones_are_told_by_row_column_and_reason(shop: Shop) -> None:
    done = work(
        shop.start(
            shop.row("A", 品牌=f"牌{shop.mark}"),
            shop.row("B", 规格="S"),
            shop.row("B", 规格="M", 供货价="90"),
            shop.row("C", 供货价="8.123"),
            shop.row("D", 分类="没有的分类"),
            shop.row("E", 品牌="没有的品牌", 起订量="0"),
            shop.row("A B"),
            ("", "", "", "", "", "", "", "", "", "", ""),
            shop.row("F", 规格="x"),
            shop.row("F", 商品名称="另一个"),
            (*shop.row("G")[:7], 12.3, 2, "", ""),
        )
    )
    assert (done.state, done.goods_total, done.goods_done, done.goods_made, done.rows_refused) == ("done", 8, 8, 3, 6)
    assert [(one["row"], one["column"]) for one in done.refused] == [
        (5, "供货价"),
        (6, "分类"),
        (7, "品牌"),
        (7, "起售数"),
        (8, "货号"),
        (11, "商品名称"),
    ]
    assert all(one["reason"] for one in done.refused)
    goods = shop.goods()
    assert set(goods) == {"A", "B", "G"}
    assert (goods["A"].state, goods["A"].brand_id, goods["A"].version) == ("draft", shop.brand.pk, 1)
    assert [(sku.code, sku.spec, sku.supplier_price_fen) for sku in goods["B"].skus.all()] == [
        (f"B{shop.mark}-1", "S", 8050),
        (f"B{shop.mark}-2", "M", 9000),
    ]
    assert (goods["G"].min_quantity, goods["G"].skus.all()[0].supplier_price_fen) == (2, 1230)
    with scope.supplier(shop.supplier.pk):
        assert SkuCost.objects.get(sku__goods=goods["A"]).cost_fen == 5000
        assert Goods.objects.filter(search_terms__contains=["苹果"], pk=goods["A"].pk).exists()
    with scope.platform():
        record = Operation.objects.get(verb="goods.imported", object_id=str(goods["A"].pk))
        assert record.after["import"] == done.pk and "50" not in str(record.after["skus"]).replace(shop.mark, "")


def test_a_second_upload_of_the_same_numbers_overwrites_nothing(shop: Shop, world: World) -> None:
    assert work(shop.start(shop.row("A"))).goods_made == 1
    taken = world.article().code
    again = work(shop.start(shop.row("A", 商品名称="改"), shop.row("B", 规格编码=f"A{shop.mark}"),
                            shop.row("C", 规格编码=taken), shop.row("D", 规格编码="x"), shop.row("E", 规格编码="x")))  # fmt: skip
    assert (again.goods_made, again.rows_refused) == (1, 4)
    assert {one["column"] for one in again.refused} == {"货号", "规格编码"}
    assert shop.goods()["A"].name == "苹果"


def test_pictures_are_found_by_name_and_a_bad_one_refuses_its_goods_alone(shop: Shop, media: Path) -> None:
    m = shop.mark
    files = packed(
        **{
            f"图/A{m}.jpg": picture(),
            f"../../A{m}-2.PNG": picture(colour="blue", form="PNG"),
            f"A{m}-d1.jpg": picture(colour="green"),
            "named.jpg": picture(colour="black"),
            "twice.jpg": picture(),
            "b/twice.jpg": picture(),
            f"C{m}.jpg": b"no picture at all",
        }
    )
    done = work(
        shop.start(
            shop.row("A"),
            shop.row("B", 主图="named.jpg"),
            shop.row("C"),
            shop.row("D", 主图="twice.jpg"),
            shop.row("E", 主图="missing.jpg"),
            shop.row("F"),
            pictures=files,
            is_at_once=True,
        )
    )
    goods = shop.goods()
    assert {name: row.state for name, row in goods.items()} == {"A": "submitted", "B": "submitted"}
    assert (len(goods["A"].images), len(goods["A"].detail_images), len(goods["B"].images)) == (2, 1, 1)
    assert {one["row"] for one in done.refused} == {4, 5, 6, 7}, "handed in at once, goods need a picture"
    assert not list((media / "imports").rglob("*.zip")), "the zip is not kept"
    assert not list(media.parent.glob(f"A{m}*"))


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", "sheet"),
        (b"PK\x03\x04 broken", "sheet"),
        (sheet(("货号", "名称")), "sheet"),
        (sheet(HEADINGS), "sheet"),
        (b"\x00" * (21 * 1024 * 1024), "sheet"),
    ],
)
def test_files_that_cannot_be_used_are_not_taken(shop: Shop, data: bytes, field: str) -> None:
    with pytest.raises(Mistake) as told:
        actions.start_import(shop.supplier.pk, sheet=io.BytesIO(data), file_name="x", actor=shop.actor)
    assert told.value.field == field
    with scope.platform():
        assert not GoodsImport.objects.filter(supplier=shop.supplier).exists()


def test_a_zip_that_is_a_bomb_or_none_is_not_taken(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipped, "UNPACKED_AT_MOST", 1_000)
    for pictures in (packed(bomb=b"0" * 2_000), io.BytesIO(b"no zip")):
        with pytest.raises(Mistake) as told:
            shop.start(shop.row("A"), pictures=pictures)
        assert told.value.field == "pictures"
    assert shop.goods() == {}


def test_a_sheet_that_unpacks_to_a_mountain_is_not_taken(shop: Shop) -> None:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as stream,
    ):
        for _piece in range(310):
            stream.write(b" " * 1024 * 1024)
    assert buffer.tell() < 1024 * 1024
    buffer.seek(0)
    with pytest.raises(Mistake):
        actions.start_import(shop.supplier.pk, sheet=buffer, file_name="x", actor=shop.actor)


def test_it_goes_on_where_it_was_and_can_be_called_off(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "GOODS_AT_ONCE", 2)
    monkeypatch.setattr(jobs, "SLICE_S", 0.0)
    job = shop.start(*(shop.row(f"A{n}") for n in range(7)))
    stop = threading.Event()

    def slices(count: int) -> int:
        made = 0
        for _slice in range(count):
            monkeypatch.setattr(jobs, "SLICE_S", 0.0001)
            made += jobs.run_imports(stop)
        return made

    while not slices(1):
        pass
    jobs._close()  # as after a kill: what this process held is gone
    while len(shop.goods()) < 4:
        slices(1)
    assert len(shop.goods()) in (4, 6)
    actions.cancel_import(shop.supplier.pk, import_id=job.pk, actor=shop.actor)
    count = len(shop.goods())
    done = work(job)
    assert (done.state, done.goods_made, done.rows_refused) == ("cancelled", count, 0)
    assert len(shop.goods()) == count
    stop.set()
    shop.start(shop.row("Z"))
    assert jobs.run_imports(stop) == 0


def test_own_goods_go_on_sale_at_once_and_malls_are_told(shop: Shop, world: World, admin: str) -> None:
    own = world.supplier(is_own=True)
    files = packed(**{f"O{shop.mark}.jpg": picture()})
    job = actions.start_import(
        own.pk,
        sheet=io.BytesIO(sheet(HEADINGS, shop.row("O"))),
        pictures=files,
        file_name="own.xlsx",
        actor=admin,
        is_at_once=True,
    )
    assert work(job).goods_made == 1
    with scope.platform():
        goods = Goods.objects.get(goods_no=f"O{shop.mark}")
        assert (goods.state, Sku.objects.get(goods=goods).supply_price_fen) == ("on_sale", 8050)
        assert Event.objects.filter(object_kind="goods", object_id=goods.pk, type="product.listed").count() == 1
        assert GoodsVersion.objects.get(goods=goods).state == "live"


def test_three_uploads_at_a_time(shop: Shop) -> None:
    for number in range(3):
        shop.start(shop.row(f"A{number}"))
    with pytest.raises(Mistake):
        shop.start(shop.row("B"))
    with scope.platform():
        ids = list(GoodsImport.objects.filter(supplier=shop.supplier).values_list("pk", flat=True))
    for job_id in ids:
        actions.cancel_import(shop.supplier.pk, import_id=job_id, actor=shop.actor)
