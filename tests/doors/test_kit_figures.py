"""Amounts, rates, moments, fields and charts of the back offices."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.template import Context, Template
from django.utils import timezone, translation

from entrepot.catalog.models import GoodsState
from entrepot.doors.kit import charts, figures
from entrepot.doors.kit.forms import BpsField, DayRangeField, FenField
from entrepot.doors.kit.states import STATES
from entrepot.orders.models import OrderState
from entrepot.parties.models import PartyState
from entrepot.recharge.models import TopUpState


def shown(template: str, **context: object) -> str:
    """A line of template, rendered."""
    return Template("{% load kit %}" + template).render(Context(context))


@pytest.mark.parametrize(
    ("amount_fen", "plain", "with_sign"),
    [(157_704, "1,577.04", "¥1,577.04"), (0, "0.00", "¥0.00"), (-2_100, "-21.00", "-¥21.00"), (5, "0.05", "¥0.05")],
)
def test_amounts_have_thousands_separators_and_two_decimals(amount_fen: int, plain: str, with_sign: str) -> None:
    assert shown("{{ a|fen }} {{ a|yuan }}", a=amount_fen) == f"{plain} {with_sign}"


def test_a_share_is_percent_with_one_digit_after_the_point() -> None:
    shares = [
        figures.share(part, whole) for part, whole in ((1, 8), (1, 3), (2, 3), (1, 5), (0, 7), (7, 7), (1, 2_001))
    ]
    assert shares == ["12.5%", "33.3%", "66.7%", "20.0%", "0.0%", "100.0%", "0.0%"] and figures.share(0, 0) == "—"


def test_a_number_beyond_its_bounds_is_refused_in_an_operators_words() -> None:
    class Pieces(forms.Form):
        pieces = forms.IntegerField(min_value=1, max_value=60)
        label = forms.CharField(min_length=3, max_length=5)

    with translation.override("zh-hans"):
        said = [str(Pieces({"pieces": n, "label": text}).errors) for n, text in (("0", "字"), ("61", "六个字六个字"))]
    assert "不能小于 1<" in said[0] and "不能少于 3 个字（现在 1 个字）" in said[0]
    assert "不能大于 60<" in said[1] and "不能超过 5 个字（现在 6 个字）" in said[1]
    assert "确保" not in said[0] + said[1]


def test_no_amount_is_a_dash() -> None:
    assert shown("{{ a|fen }}{{ a|yuan }}{{ a|bps }}{{ a|when }}", a=None) == "————"


@pytest.mark.parametrize(
    ("rate_bps", "text"), [(500, "5%"), (525, "5.25%"), (510, "5.1%"), (0, "0%"), (10_000, "100%")]
)
def test_rates_are_percent_without_idle_zeros(rate_bps: int, text: str) -> None:
    assert figures.bps(rate_bps) == text


def test_moments_are_shown_in_beijing() -> None:
    moment = datetime(2026, 11, 21, 16, 5, 9, tzinfo=UTC)
    assert "2026-11-22 00:05:09" in str(figures.stamp(moment))
    assert figures.day(moment) == "2026-11-22"


@pytest.mark.parametrize(
    ("distance", "text"),
    [(timedelta(minutes=3), "3 分钟前"), (timedelta(hours=5), "5 小时前"), (timedelta(days=2), "2 天前")],
)
def test_distances_are_told_in_the_largest_whole_unit(distance: timedelta, text: str) -> None:
    with translation.override("zh-hans"):
        assert text in str(figures.ago(timezone.now() - distance - timedelta(seconds=1)))


@pytest.mark.parametrize(
    ("kind", "states"), [("order", OrderState), ("goods", GoodsState), ("party", PartyState), ("topup", TopUpState)]
)
def test_every_state_of_the_trade_has_a_word(kind: str, states: type) -> None:
    missing = [state.value for state in states if state.value not in STATES[kind]]
    assert missing == []


def test_a_badge_escapes_what_it_does_not_know() -> None:
    assert "<b>" not in shown('{% state_badge "order" s %}', s="<b>")


@pytest.mark.parametrize(
    ("typed", "fen"), [("1,577.04", 157_704), ("12.5", 1_250), ("12", 1_200), ("¥3.00", 300), ("0.1", 10)]
)
def test_amounts_are_typed_in_yuan_and_kept_in_fen(typed: str, fen: int) -> None:
    assert FenField().clean(typed) == fen


@pytest.mark.parametrize("typed", ["1.005", "1e3", "abc", "-1", "٣", "1 2", "1" * 20, "NaN", "0x1f", "1..2"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        FenField().clean(typed)


def test_a_rate_is_typed_in_percent() -> None:
    assert BpsField().clean("5.25%") == 525
    with pytest.raises(ValidationError, match="100"):
        BpsField().clean("100.01")


def test_a_range_of_days_ends_before_the_next_day_in_beijing() -> None:
    start, end = DayRangeField(required=False).clean(["2026-11-21", "2026-11-22"]) or (None, None)
    assert start == datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert end == datetime(2026, 11, 22, 16, tzinfo=UTC)
    with pytest.raises(ValidationError, match=r"begins|早于"):
        DayRangeField(required=False).clean(["2026-11-22", "2026-11-21"])


@pytest.mark.parametrize("values", [[0] * 14, [1], [5, 5, 3, 12], [10**12, 0, 7]])
def test_a_line_stays_inside_its_frame_and_carries_its_table(values: list[int]) -> None:
    drawn = charts.area([f"11-{i:02d}" for i in range(len(values))], values=values, title="订单")
    assert drawn.count("<td>") == len(values)
    heights = [
        float(y) for _x, y in re.findall(r"[MC ]([\d.]+),([\d.]+)", re.findall(r'ch-line" d="([^"]+)', drawn)[0])
    ]
    assert all(0 <= y <= 240 for y in heights)
    assert "style=" not in drawn


def test_shares_add_up_and_escape_names() -> None:
    drawn = charts.donut([("<i>", 1), ("b", 2), ("c", 0)], title="t", total_label="all")
    assert "<i>" not in drawn.replace('<i class="', "")
    assert drawn.count("<path") == 2
    assert "33.3%" in drawn and "66.7%" in drawn and "0.0%" in drawn


def test_a_ring_of_one_part_is_whole() -> None:
    drawn = charts.donut([("a", 5)], title="t", total_label="all")
    start, end = re.findall(r"M([\d.]+,[\d.]+) A80,80 0 1 1 ([\d.]+,[\d.]+)", drawn)[0]
    assert start != end, "an arc that ends where it began draws nothing"


def test_a_long_select_says_what_the_usual_one_says() -> None:
    from django import forms

    from entrepot.doors.kit.forms import LongSelect

    choices = [("", "全部"), (1, "<b>甲</b>"), (2, '乙"')]
    for value in (None, "", 1, "2", "nobody"):
        said = [
            "".join(kind(attrs={"class": "x"}, choices=choices).render("who", value, {"id": "id_who"}).split())
            for kind in (LongSelect, forms.Select)
        ]
        assert said[0] == said[1], value
