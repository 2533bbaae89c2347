"""Every component on one page with made-up data, for those who build pages; only in a demo world or with DEBUG."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from entrepot.doors.kit import charts
from entrepot.doors.kit.forms import BpsField, DayField, DayRangeField, FenField
from entrepot.doors.kit.lists import FilterForm, Page
from entrepot.doors.kit.party import Party
from entrepot.doors.kit.shell import OFFICES
from entrepot.doors.kit.states import STATES
from entrepot.parties.models import User

_GOODS = [
    ("儿童保暖内衣套装 A类", "YC2026555", 94_021, "confirmed"),
    ("阳澄湖大闸蟹 公4母3 8只礼盒", "YC2026185", 189_763, "shipped"),
    ("空气炸锅 5L 可视触控", "YC2026518", 72_097, "completed"),
    ("赣南脐橙 5斤装 现摘现发", "YC2026000", 58_146, "held"),
    ("竹纤维毛巾 4条装", "YC2026814", 32_380, "awaiting_funds"),
    ("每日坚果 30包", "YC2026777", 27_238, "refunded"),
    ("洞庭碧螺春 特级绿茶 125g", "YC2026111", 157_704, "partly_shipped"),
]


class OrderSearch(FilterForm):
    """A search form with every kind of field."""

    no = forms.CharField(label="订单号", widget=forms.TextInput(attrs={"placeholder": "支持后几位"}))
    goods = forms.CharField(label="商品", widget=forms.TextInput(attrs={"placeholder": "名称 / 货号"}))
    consignee = forms.CharField(label="收货人", widget=forms.TextInput(attrs={"placeholder": "姓名 / 手机"}))
    distributor = forms.ChoiceField(label="分销商", choices=[("", "全部"), ("1", "社群优品"), ("2", "企福采购")])
    placed = DayRangeField(label="下单时间")
    tracking = forms.CharField(label="快递单号")


class GoodsForm(forms.Form):
    """A form with every kind of field."""

    name = forms.CharField(label="商品名称", initial="洞庭碧螺春 特级绿茶 125g", help_text="不超过 60 个字。")
    goods_no = forms.CharField(label="货号", initial="YC2026111")
    category = forms.ChoiceField(label="分类", choices=[("1", "冲饮零食"), ("2", "生鲜")])
    price_fen = FenField(label="供货价", initial=157_704)
    rate_bps = BpsField(label="服务费", initial=525)
    ends = DayField(label="截止日期", required=False)
    kind = forms.ChoiceField(
        label="类型", choices=[("a", "实物"), ("b", "虚拟")], widget=forms.RadioSelect, initial="a"
    )
    live = forms.BooleanField(label="售罄自动下架", required=False, initial=True)
    text = forms.CharField(label="详情", widget=forms.Textarea(attrs={"rows": 3}), required=False)


@dataclass(frozen=True)
class _Fact:
    at: Any
    title: str
    text: str = ""
    actor: str = ""


def _party(kind: str) -> Party:
    names = {"platform": "平台运营", "supplier": "赣南果业合作社", "distributor": "云选商城"}
    user = User(username=f"{kind}-demo", kind=kind, display_name="王小明")
    return Party(kind=kind, id=1, name=names[kind], user=user, permissions=frozenset("*"))


def gallery(request: HttpRequest) -> HttpResponse:
    """Go to the first sample."""
    return sample(request, "list")


@require_http_methods(["GET", "POST"])
def sample(request: HttpRequest, name: str) -> HttpResponse:
    """Show one sample page: list, detail, form, dashboard, tiles, parts, drawer, error."""
    if name not in ("list", "empty", "detail", "form", "dashboard", "tiles", "parts", "drawer", "reveal"):
        raise Http404
    kind = request.GET.get("party", "platform")
    request.party = _party(kind if kind in OFFICES else "platform")  # type: ignore[attr-defined]
    if name == "reveal":
        return HttpResponse("郭靖 13612349896")
    if request.GET.get("toast"):
        messages.success(request, "已发货 3 单，1 单被拒绝。")
        messages.error(request, "货款不足，还差 ¥1,204.50。")
    context: dict[str, Any] = {"kind": kind, "title": "订单管理", "now": timezone.now()}
    context |= _SAMPLES[name](request)
    return render(request, f"kit/gallery/{name}.html", context)


def _list(request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    rows = [
        {"no": f"2026112200165302{i:02d}", "name": goods, "goods_no": no, "fen": fen, "state": state,
         "at": now - timedelta(minutes=9 * i), "qty": i % 4 + 1, "fee": fen // 20}
        for i, (goods, no, fen, state) in enumerate(_GOODS * 2)
    ]  # fmt: skip
    page = Page(rows=rows, next_cursor="abc", previous_cursor="def", total=12_300, sort=request.GET.get("sort", ""))
    tabs = [("", "全部", 12_300), ("held", "待支付", 30), ("confirmed", "待发货", 62), ("shipped", "待收货", 70)]
    tabs += [("completed", "已完成", 12_100), ("closed", "已关闭", 21)]
    return {"form": OrderSearch(request.GET), "page": page, "tabs": tabs, "total_fen": 15_770_460}


def _empty(request: HttpRequest) -> dict[str, Any]:
    return {"form": OrderSearch(request.GET), "page": Page(), "tabs": [("", "全部", 0), ("held", "待支付", 0)]}


def _detail(request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    facts = [
        _Fact(now, "已发货", "顺丰速运 SF1234567890123", "赣南果业合作社"),
        _Fact(now - timedelta(hours=3), "已支付，货款已扣除 ¥940.21", actor="云选商城"),
        _Fact(now - timedelta(hours=3, minutes=4), "下单，库存与货款已占用", "订单号 2026112200165302"),
    ]
    steps = [("下单", "done", now), ("支付", "done", now), ("发货", "now", None), ("收货", "", None)]
    why = [
        ("供货价 × 件数", "¥895.44", "111.93 × 8"),
        ("服务费", "¥44.77", "5% 每件四舍五入"),
        ("协议价", "¥940.21", ""),
    ]
    return {"title": "订单 202611220016530224", "facts": facts, "steps": steps, "why_rows": why}


def _form(request: HttpRequest) -> dict[str, Any]:
    form = GoodsForm(
        {"name": "", "price_fen": "12,345.678", "ends": "2026-13-01"} if request.GET.get("wrong") else None
    )
    return {"title": "洞庭碧螺春 特级绿茶 125g", "form": form}


def _dashboard(request: HttpRequest) -> dict[str, Any]:
    days = [f"11-{day:02d}" for day in range(9, 23)]
    course = [5, 5, 3, 12, 10, 13, 18, 13, 24, 23, 41, 36, 53, 20]
    parts = [("待支付", 30), ("待发货", 62), ("待收货", 70), ("已完成", 100), ("售后中", 17), ("已关闭", 21)]
    ranking = [(name, fen) for name, _no, fen, _state in sorted(_GOODS, key=lambda row: -row[2])]
    return {
        "title": "工作台",
        "line": charts.area(days, values=course, title="近 14 天订单"),
        "ring": charts.donut(parts, title="订单状态", total_label="总订单"),
        "ranking": charts.bars(ranking, title="商品排行", shown=charts.money),
        "spark": charts.spark(course),
        "goods": _GOODS[:5],
    }


def _tiles(request: HttpRequest) -> dict[str, Any]:
    return {"title": "选品中心", "goods": _GOODS}


def _parts(request: HttpRequest) -> dict[str, Any]:
    badges = [(kind, state) for kind, states in STATES.items() for state in states]
    return {"title": "组件", "badges": badges, "moment": timezone.now() - timedelta(minutes=5)}


_SAMPLES = {
    "list": _list, "empty": _empty, "detail": _detail, "drawer": _detail, "form": _form, "dashboard": _dashboard,
    "tiles": _tiles, "parts": _parts,
}  # fmt: skip
