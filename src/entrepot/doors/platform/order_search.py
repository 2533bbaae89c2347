"""The search form of the order list and the conditions it stands for."""

from typing import Any

from django import forms
from django.db import connection
from django.utils.translation import gettext_lazy as _

from entrepot.catalog.models import Goods, Sku
from entrepot.catalog.search import looked_up, pairs_of
from entrepot.doors.kit.forms import DayRangeField, Entries, LongSelect
from entrepot.doors.kit.lists import FilterForm
from entrepot.doors.kit.patterns import like
from entrepot.doors.platform.conditions import Conditions
from entrepot.orders.consignees import phone_hash

# Up to so many goods or orders that a text stands for are named one by one, and their orders found by index. Of more, a
# walk through the newest orders soon fills a page.
FEW = 5_000
_PARTIES = """
select 'distributor', id, name from parties_distributor
union all select 'supplier', id, name from parties_supplier
order by 2
"""
# Beginnings are asked for as a range: behind row-level security no index serves `like`, which might leak what it compares.
_NUMBERED = """
select array(
    select id from orders_order where id = %(order_id)s
    union (select id from orders_order where distributor_id = any(array(select id from parties_distributor))
           and out_order_no between %(no)s and %(no_end)s limit %(most)s)
)
"""
_ORDERS_OF_GOODS = "select order_id from orders_line where goods_id = any(%(goods_ids)s) limit %(most)s"
_HAS_GOODS = "exists (select from orders_line l where l.order_id = o.id and l.goods_id = any(%(goods_ids)s))"
_HAS_GOODS_NAMED = (
    "exists (select from orders_line l join catalog_goods g on g.id = l.goods_id"
    " where l.order_id = o.id and g.search_terms @> %(goods_pairs)s::varchar[])"
)
# The list goes by the order's id. Ids and times rise together, save that orders of the same moment may change places:
# so the ids around a moment tell where in the list to begin, instead of looking at every order since.
_SINCE = (
    "o.created_at >= %(first)s and o.id >= (select min(id) from (select id from orders_order"
    " where created_at >= %(first)s order by created_at limit 1000) x)"
)
_UNTIL = (
    "o.created_at < %(last_day)s and o.id <= (select max(id) from (select id from orders_order"
    " where created_at < %(last_day)s order by created_at desc limit 1000) x)"
)


class OrderSearch(FilterForm):
    """What an order can be found by."""

    no = forms.CharField(
        label=_("Order no."),
        max_length=64,
        widget=forms.TextInput(attrs={"placeholder": _("Ours or the mall's")}),
    )
    goods = forms.CharField(
        label=_("Goods"), max_length=60, widget=forms.TextInput(attrs={"placeholder": _("Name or number")})
    )
    phone = forms.CharField(
        label=_("Consignee phone"),
        max_length=24,
        widget=forms.TextInput(attrs={"placeholder": _("Whole number"), "inputmode": "tel", "autocomplete": "off"}),
    )
    distributor = forms.TypedChoiceField(label=_("Distributor"), coerce=int, empty_value=None, widget=LongSelect)
    supplier = forms.TypedChoiceField(label=_("Supplier"), coerce=int, empty_value=None, widget=LongSelect)
    placed = DayRangeField(label=_("Placed at"))
    tracking = forms.CharField(label=_("Tracking no."), max_length=64)

    def __init__(self, data: Any, **kwargs: Any) -> None:
        parties: dict[str, list[tuple[Any, Any]]] = {"distributor": [("", _("All"))], "supplier": [("", _("All"))]}
        with connection.cursor() as cursor:
            cursor.execute(_PARTIES)
            for kind, party_id, name in cursor.fetchall():
                parties[kind].append((party_id, name))
        self._choices = parties
        super().__init__(data, **kwargs)

    def full_clean(self) -> None:
        """Give the two selects their parties before anything is judged."""
        for name, choices in self._choices.items():
            self.fields[name].choices = Entries(choices)  # type: ignore[attr-defined]
        super().full_clean()

    def conditions(self) -> Conditions:
        """Return what the orders must meet."""
        found = Conditions()
        if number := self.value("no"):
            _of_number(found, number)
        if words := self.value("goods"):
            _of_goods(found, words)
        if phone := self.value("phone"):
            found.add(
                "o.id in (select order_id from orders_consignee where phone_hash = %(phone)s)", phone=phone_hash(phone)
            )
        if distributor_id := self.value("distributor"):
            found.add("o.distributor_id = %(distributor_id)s", distributor_id=distributor_id)
        if supplier_id := self.value("supplier"):
            found.add(
                "o.id in (select order_id from orders_supplyorder where supplier_id = %(supplier_id)s)",
                supplier_id=supplier_id,
            )
        if number := self.value("tracking"):
            found.add(
                "o.id in (select order_id from orders_shipment where tracking_no = %(tracking)s)", tracking=number
            )
        first, last = self.value("placed") or (None, None)
        if first:
            found.add(_SINCE, first=first)
        if last:
            found.add(_UNTIL, last_day=last)
        return found


def _of_number(found: Conditions, number: str) -> None:
    """Add that orders have a number of ours, or a mall's that begins so."""
    values: dict[str, Any] = {"order_id": _id_of(number), "out_no": like(number) + "%"}
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERED, values | {"no": number, "no_end": number + chr(0x10FFFF), "most": FEW + 1})
        (ids,) = cursor.fetchone()
    if len(ids) <= FEW:
        found.add("o.id = any(%(numbered)s)", numbered=ids)
    else:
        found.add("(o.id = %(order_id)s or o.out_order_no like %(out_no)s)", **values)
        found.is_wide = True


def _of_goods(found: Conditions, words: str) -> None:
    """Add that orders have goods that a number, a SKU code or words of the name stand for."""
    pairs = pairs_of(words)
    matching, is_wide = looked_up(Goods.objects.all(), text=words)
    if is_wide and pairs:
        found.add(_HAS_GOODS_NAMED, goods_pairs=pairs)
        found.is_wide = True
        return
    named = matching.values_list("id", flat=True)[: FEW + 1]
    numbered = Goods.objects.filter(goods_no=words).values_list("id", flat=True)
    coded = Sku.objects.filter(code=words).order_by().values_list("goods_id", flat=True)
    # Three questions, each with an index of its own; asked as one condition they would have none.
    ids = list(numbered.union(coded, named))
    if len(ids) > FEW and pairs:
        found.add(_HAS_GOODS_NAMED, goods_pairs=pairs)
        found.is_wide = True
        return
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS_OF_GOODS, {"goods_ids": ids, "most": FEW + 1})
        order_ids = [row[0] for row in cursor.fetchall()]
    if len(order_ids) <= FEW:
        found.add("o.id = any(%(order_ids)s)", order_ids=order_ids)
    elif len(ids) == 1:
        found.add("o.id in (select order_id from orders_line where goods_id = %(goods_id)s)", goods_id=ids[0])
    else:
        found.add(_HAS_GOODS, goods_ids=ids)
        found.is_wide = True


def _id_of(text: str) -> int:
    """Return the order id a text may be, 0 when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
