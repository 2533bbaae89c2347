"""What freight costs, figure by figure, and which region an address lies in."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.base.refusals import Refusal
from entrepot.freight.regions import name_of, path_of, region_of
from entrepot.freight.rules import Item, TemplateRow, ZoneRow, charge, quote, zone_for
from tests.rules.ready_books import CLEARING, HOUSE, PAYABLE, PLATFORM, Shop

HANGZHOU = ("33", "3301", "330106", "330106/翠苑街道")
URUMQI = ("65", "6501", "650103")

CHARGES = [
    # first, its price, step, its price, pieces or grams, freight
    (1, 800, 1, 200, 1, 800),
    (1, 800, 1, 200, 2, 1000),
    (3, 800, 2, 200, 3, 800),
    (3, 800, 2, 200, 4, 1000),  # a step that has begun is a step
    (3, 800, 2, 200, 5, 1000),
    (3, 800, 2, 200, 6, 1200),
    (1000, 1200, 500, 300, 0, 1200),  # no weight is known: the first kilogram all the same
    (1000, 1200, 500, 300, 1000, 1200),
    (1000, 1200, 500, 300, 1001, 1500),
    (1000, 1200, 500, 300, 1500, 1500),
    (1000, 1200, 500, 300, 1501, 1800),
    (0, 0, 1, 100, 7, 700),  # nothing first, each piece the same
    (1, 500, 0, 0, 99, 500),  # one price however many
    (1, 10**12, 1, 10**12, 1_000_000, 10**18),
]


@pytest.mark.parametrize(("first", "first_fen", "step", "step_fen", "measure", "freight_fen"), CHARGES)
def test_the_first_and_each_further_step(
    first: int, first_fen: int, step: int, step_fen: int, measure: int, freight_fen: int
) -> None:
    zone = ZoneRow(first=first, first_fen=first_fen, step=step, step_fen=step_fen)
    assert charge(zone, measure=measure) == freight_fen


def template(*zones: ZoneRow, kind: str = "piece", number: int = 7) -> TemplateRow:
    return TemplateRow(number, "快递", kind, zones)


def item(pieces: int = 1, *, shipper: int = 2, template_id: int | None = 7, weight_g: int = 0, fen: int = 1000) -> Item:
    return Item(shipper, template_id, pieces, weight_g * pieces, fen * pieces)


def asked(*items: Item, to: Sequence[str] = HANGZHOU, by: Sequence[TemplateRow] = ()) -> int | list[int]:
    """The freight, or the places that are not served."""
    found = quote(items, templates={one.id: one for one in by}, path=to)
    assert not (found.unserved and found.parts)
    return found.unserved or found.freight_fen


def test_the_narrowest_region_wins() -> None:
    zones = [
        ZoneRow(first_fen=1000),
        ZoneRow(("33", "32"), first_fen=800),
        ZoneRow(("3301",), first_fen=600),
        ZoneRow(("330106",), first_fen=500),
        ZoneRow(("330106/翠苑街道",), first_fen=400),
    ]
    for order in (zones, zones[::-1]):
        one = template(*order)
        assert [
            zone_for(one, path=path) for path in (HANGZHOU, HANGZHOU[:3], HANGZHOU[:2], HANGZHOU[:1], URUMQI, ())
        ] == [
            (zones[4], "330106/翠苑街道"),
            (zones[3], "330106"),
            (zones[2], "3301"),
            (zones[1], "33"),
            (zones[0], ""),
            (zones[0], ""),
        ]


def test_no_template_and_the_free_kind_ask_for_nothing() -> None:
    free = template(ZoneRow(first_fen=900), kind="free")
    assert asked(item(template_id=None), to=()) == 0
    assert asked(item(9), by=[free]) == 0
    assert asked(item(9), by=[template()]) == 0, "a template that says nothing of a place asks for nothing"


def test_a_region_that_is_not_served_names_its_lines_even_when_it_would_be_free() -> None:
    for kind in ("free", "piece", "weight"):
        one = template(ZoneRow(), ZoneRow(("65", "54"), is_served=False, free_from_fen=0), kind=kind)
        lines = (item(template_id=None), item(), item(2))
        assert asked(*lines, to=URUMQI, by=[one]) == [1, 2]
        assert asked(*lines, to=HANGZHOU, by=[one]) == 0
    only_urumqi = template(ZoneRow(is_served=False), ZoneRow(("6501",), first_fen=300))
    assert (asked(item(), by=[only_urumqi]), asked(item(), to=URUMQI, by=[only_urumqi])) == ([0], 300)


def test_lines_of_one_shipper_under_one_template_are_one() -> None:
    by_piece = template(ZoneRow(first=2, first_fen=800, step=2, step_fen=100))
    by_weight = template(ZoneRow(first=1000, first_fen=500, step=1000, step_fen=50), kind="weight", number=8)
    heavy = item(3, template_id=8, weight_g=700)
    assert asked(item(1), item(1), by=[by_piece]) == 800
    assert asked(item(1), item(1, shipper=3), by=[by_piece]) == 1600, "two shippers, two parcels"
    assert asked(item(5), heavy, by=[by_piece, by_weight]) == 800 + 2 * 100 + 500 + 2 * 50
    found = quote([item(1), item(1, shipper=3), heavy], templates={7: by_piece, 8: by_weight}, path=())
    assert (found.of_shipper(2), found.of_shipper(3), found.of_shipper(9)) == (800 + 600, 800, 0)


@pytest.mark.parametrize(
    ("pieces", "fen", "free_by", "freight_fen"),
    [
        (1, 9_899, "", 800),
        (1, 9_900, "amount", 0),
        (4, 1_000, "", 1_100),
        (5, 1_000, "pieces", 0),
        (5, 9_900, "pieces", 0),
    ],
)
def test_free_from_an_amount_or_a_number_of_pieces(pieces: int, fen: int, free_by: str, freight_fen: int) -> None:
    zone = ZoneRow(first_fen=800, step_fen=100, free_from_fen=9_900, free_from_pieces=5)
    (part,) = quote([item(pieces, fen=fen)], templates={7: template(zone)}, path=HANGZHOU).parts
    assert (part.free_by, part.freight_fen, part.pieces, part.amount_fen) == (
        free_by,
        freight_fen,
        pieces,
        pieces * fen,
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.integers(2, 4), st.sampled_from([None, 7, 8]), st.integers(0, 3000)), max_size=6
    ),
    st.integers(0, 5),
    st.integers(0, 5000),
    st.integers(0, 5),
    st.integers(0, 5000),
    st.randoms(),
)
def test_order_and_splitting_of_lines_change_nothing(
    lines: list[tuple[int, int, int | None, int]], first: int, first_fen: int, step: int, step_fen: int, chance: object
) -> None:
    zone = ZoneRow(first=first, first_fen=first_fen, step=step, step_fen=step_fen)
    both = {7: template(zone), 8: template(zone, kind="weight", number=8)}
    whole = [item(qty, shipper=who, template_id=by, weight_g=grams) for qty, who, by, grams in lines]
    single = [item(1, shipper=who, template_id=by, weight_g=grams) for qty, who, by, grams in lines for _ in range(qty)]
    chance.shuffle(single)  # type: ignore[attr-defined]
    found = quote(whole, templates=both, path=())
    assert quote(single, templates=both, path=()).parts == found.parts
    assert found.freight_fen == sum(found.of_shipper(who) for who in (2, 3, 4)) >= 0


PATHS = [
    (("浙江省", "杭州市", "西湖区"), ("33", "3301", "330106")),
    (("浙江", "杭州", "西湖"), ("33", "3301", "330106")),
    (("浙江省", "杭州市", ""), ("33", "3301")),
    (("浙江省", "不知市", "不知区"), ("33",)),
    (("浙江省", "写错了", "西湖区"), ("33", "3301", "330106")),  # the district says the city
    (("火星", "杭州市", "西湖区"), ()),
    (("北京市", "北京市", "朝阳区"), ("11", "1101", "110105")),
    (("北京", "市辖区", "朝阳区"), ("11", "1101", "110105")),
    (("湖北省", "省直辖县级行政区划", "仙桃市"), ("42", "4290", "429004")),
    (("广西", "桂林", "阳朔"), ("45", "4503", "450321")),
    (("新疆维吾尔自治区", "巴音郭楞", "库尔勒"), ("65", "6528", "652801")),
    (("新疆", "和田地区", "和田县"), ("65", "6532", "653221")),
    (("台湾", "台北市", ""), ("71",)),
]


@pytest.mark.parametrize(("names", "path"), PATHS)
def test_names_lead_to_regions(names: tuple[str, str, str], path: tuple[str, ...]) -> None:
    province, city, district = names
    assert path_of(province, city=city, district=district) == path


def test_a_code_decides_and_a_street_is_the_narrowest() -> None:
    names = {"city": "杭州市", "district": "西湖区"}
    assert path_of("浙江省", **names, street=" 翠苑街道 ") == HANGZHOU
    assert path_of("浙江省", **names, division_code="330108") == ("33", "3301", "330108")
    assert path_of("浙江省", **names, division_code="330106003000", street="翠苑街道") == (*HANGZHOU, "330106003")
    assert path_of("浙江省", **names, division_code="990106") == HANGZHOU[:3], "a code nobody knows decides nothing"
    assert path_of("浙江省", **names, division_code="330199") == ("33", "3301"), "as far as it is known"


@pytest.mark.parametrize(
    ("text", "region", "name"),
    [
        ("新疆", "65", "新疆维吾尔自治区"),
        ("浙江省杭州市", "3301", "浙江省杭州市"),
        ("浙江 杭州 西湖", "330106", "浙江省杭州市西湖区"),
        ("北京/北京/朝阳", "110105", "北京市朝阳区"),
        ("浙江/杭州/西湖/翠苑街道", "330106/翠苑街道", "浙江省杭州市西湖区/翠苑街道"),
        ("330106003", "330106003", "浙江省杭州市西湖区330106003"),
        ("吉林吉林", "2202", "吉林省吉林市"),
        ("杭州", "", ""),
        ("浙江/宁波/西湖区", "", ""),
        ("99", "", ""),
        ("33010", "", ""),
        ("", "", ""),
    ],
)
def test_what_is_typed_becomes_a_region(text: str, region: str, name: str) -> None:
    assert region_of(text) == region
    assert name_of(region) == name
    if region:
        assert region_of(name) == region or len(region) == 9, "what is shown can be typed again"


def test_an_order_draws_its_freight_and_owes_it_to_each_shipper() -> None:
    shop = Shop()
    shop.distributor(1, balance_fen=10_000)
    shop.freight(5, ZoneRow(("330106",), first_fen=500, step_fen=100), first_fen=900)
    shop.freight(6, kind="weight", first=1000, first_fen=300, step=1000, step_fen=50)
    shop.sku("A", template_id=5)
    shop.sku("B", template_id=5)
    shop.sku("C", template_id=6, supplier=3, weight_g=900)
    shop.sku("OWN", template_id=6, supplier=PLATFORM, weight_g=100)
    shop.sku("FREE", supplier=4)
    order = shop.place(("A", 1), ("C", 2), ("B", 1), ("OWN", 1), ("FREE", 1), mode="direct")
    freight = {number: part.freight_fen for number, part in order.supply_orders.items()}
    assert freight == {2: 600, 3: 350, PLATFORM: 300, 4: 0}
    assert (order.goods_amount_fen, order.freight_fen, order.total_fen) == (6_300, 1_250, 7_550)
    assert shop.money() == (2_450, 0), "no fee on freight"
    assert [(row.order_id, row.part.shipper, row.part.region, row.part.freight_fen) for row in shop.books.charges] == [
        (order.id, PLATFORM, "", 300),
        (order.id, 2, "330106", 600),
        (order.id, 3, "", 350),
    ]
    shop.finish(order)
    sums = shop.sums()
    assert (sums[PAYABLE + 2], sums[PAYABLE + 3], sums[PAYABLE + 4]) == (2_600, 2_350, 1_000)
    assert (sums[HOUSE["goods_income"]], sums[HOUSE["fee_income"]]) == (1_300, 300)
    assert CLEARING + 1 not in sums


def test_funds_must_reach_for_the_freight_too() -> None:
    shop = Shop()
    shop.distributor(1, balance_fen=1_850)
    shop.freight(5, first_fen=800)
    shop.sku("A", template_id=5)
    shop.place(("A", 1))
    assert shop.money() == (1_850, 1_850)
    shop.distributor(2, balance_fen=1_849)
    answer = shop.try_place(("A", 1), party=2)
    assert (answer.refusal, answer.faults[0].facts["needed"]) == (Refusal.INSUFFICIENT_BALANCE, 1_850)


def test_a_shippers_freight_comes_back_though_another_has_sent() -> None:
    shop = Shop()
    shop.distributor(1)
    shop.freight(5, first_fen=800)
    shop.sku("A", template_id=5)
    shop.sku("B", template_id=5, supplier=3)
    order = shop.place(("A", 2), ("B", 1), mode="direct")
    assert shop.ship(order, 3).is_accepted
    assert shop.refund(order, "R1", {1: 1}).facts == {"refunded": 1_050}, "a piece is still to come"
    assert shop.refund(order, "R2", {1: 1}).facts == {"refunded": 1_050 + 800}
    assert shop.refund(order, "R2", {1: 1}).is_replay
    assert shop.refund(order, "R1", {1: 2}).refusal is Refusal.NUMBER_REUSED
    shop.finish(order)
    assert shop.sums()[PAYABLE + 3] == 1_800
    assert CLEARING + 1 not in shop.sums()


def test_a_line_that_is_not_sent_there_is_named() -> None:
    shop = Shop()
    shop.distributor(1)
    shop.freight(5, ZoneRow(("3301",), is_served=False))
    shop.sku("A", template_id=5)
    shop.sku("B")
    answer = shop.try_place(("B", 1), ("A", 1))
    assert answer.refusal is Refusal.REGION_NOT_SERVED
    assert [(fault.pointer, fault.facts) for fault in answer.faults] == [
        ("/lines/1/sku", {"sku": "A", "region": "浙江省杭州市西湖区"})
    ]
    assert (shop.money()[1], shop.levels()) == (0, [(100, 0), (100, 0)])
    assert shop.try_place(("B", 1)).is_accepted


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(PLATFORM, 4), st.integers(1, 4), st.integers(0, 2)), min_size=1, max_size=6),
    st.lists(st.tuples(st.sampled_from(["ship", "refund", "refund", "refund all"]), st.integers(0, 5))),
    st.lists(st.integers(0, 900), min_size=3, max_size=3),
)
def test_freight_comes_back_once_for_each_shipper_or_is_earned_to_the_fen(
    lines: list[tuple[int, int, int]], history: list[tuple[str, int]], prices: list[int]
) -> None:
    shop = Shop()
    shop.distributor(1, balance_fen=10**9, fee_rate_bps=333)
    for number, price_fen in enumerate(prices):
        shop.freight(number, first_fen=price_fen, step_fen=number)
    for place, (supplier, _, template_id) in enumerate(lines):
        shop.sku(f"{place}", price=777, supplier=supplier, template_id=template_id)
    order = shop.place(*((f"{place}", qty) for place, (_, qty, _) in enumerate(lines)), mode="direct")
    assert order.freight_fen == sum(part.freight_fen for part in order.supply_orders.values())
    for step, (verb, place) in enumerate(history):
        line = order.lines[place % len(lines) + 1]
        if verb == "ship":
            shop.ship(order, line.supplier_id, {line.line_no: 1})
        else:
            answer = shop.refund(order, f"R{step}", {line.line_no: 1} if verb == "refund" else None)
            if answer.is_accepted:
                assert shop.refund(order, f"R{step}", {line.line_no: 1} if verb == "refund" else None).is_replay
    back_fen = sum(part.freight_fen for part in order.supply_orders.values() if part.state == "refunded")
    assert sum(refund.freight_fen for refund in shop.books.refunds) == back_fen
    assert order.refunded_fen == back_fen + sum(
        line.agreed_price_fen * line.refunded_qty for line in order.lines.values()
    )
    if order.state != "refunded":
        shop.finish(order)
    assert CLEARING + 1 not in shop.sums(), "nothing stays between the parties"
    for number, part in order.supply_orders.items():
        if number != PLATFORM:
            kept = sum(
                777 * (line.qty - line.refunded_qty) for line in order.lines.values() if line.supplier_id == number
            )
            freight_fen = 0 if part.state == "refunded" else part.freight_fen
            assert shop.sums().get(PAYABLE + number, 0) == kept + freight_fen
