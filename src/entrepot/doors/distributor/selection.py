"""The distributor's selection: what of the shelf his mall sells, picked by goods, category and brand."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import connection
from django.db.models.expressions import RawSQL
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.catalog import actions
from entrepot.catalog.models import Goods, Pick
from entrepot.catalog.rules import bigrams
from entrepot.catalog.selection import Reach, reach_of, selected_ids, words_on
from entrepot.doors.distributor.goods import COLUMNS, GoodsSearch, found_by, now_choices, shown
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.lists import Page, page_of, page_of_rows
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.reports import shelf
from entrepot.reports.shelf import ShelfGoods, Terms

NEW_DAYS = 30
_TABS = ("", "selected", "new", "gone")
_LAST = 2**62
_GONE = f"""
select p.id, p.goods_id, p.picked_at from catalog_pick p
where p.distributor_id = %s and p.state = 'picked' and p.goods_id is not null
    and not exists (select from catalog_goods g where g.id = p.goods_id and {shelf.TERMS})
order by p.id desc limit 100
"""  # noqa: S608 - terms of ours


_WIDE = """(
    select coalesce(json_agg(json_build_array(w.id, w.category_id, w.brand_id, coalesce(c.name, b.name)) order by w.id),
        '[]')::text
    from catalog_pick w left join catalog_category c on c.id = w.category_id left join catalog_brand b on b.id = w.brand_id
    where w.distributor_id = %s and w.state = 'picked' and w.goods_id is null
)"""
_TIER = "(select d.tier_id from parties_distributor d where d.id = %s)"
_RATE = "(select t.fee_rate_bps from parties_distributor d join parties_tier t on t.id = d.tier_id where d.id = %s)"
_WORD = "(select p.state from catalog_pick p where p.distributor_id = %s and p.goods_id = catalog_goods.id)"


@dataclass
class _Picked:
    """His terms, and the categories and brands he has picked, each as id, category, brand and name."""

    terms: Terms
    wide: list[tuple[int, int | None, int | None, str]]

    @property
    def reach(self) -> Reach:
        """Return how far they reach, by the tree as this process knows it."""
        below = now_choices()[2]
        categories = {
            one for _, category_id, _, _ in self.wide if category_id for one in below.get(category_id, [category_id])
        }
        brands = tuple(brand_id for _, _, brand_id, _ in self.wide if brand_id)
        return Reach(self.terms.distributor_id, tuple(sorted(categories)), brands, bool(self.wide))

    def word(self, row: Any) -> str:
        """Return why goods are selected, or that they are left out."""
        if row.own_word in ("picked", "left_out"):
            return "goods" if row.own_word == "picked" else "left_out"
        if row.category_id in self.reach.category_ids:
            return "category"
        return "brand" if row.brand_id in self.reach.brand_ids else ""


@require_GET
@page("distributor", "goods.view")
def selection(request: PartyRequest) -> HttpResponse:
    """Show the shelf with what is selected of it, only that, what is new on it, or what was selected and has gone."""
    form = GoodsSearch(request.GET)
    tab = request.GET.get("tab", "")
    tab = tab if tab in _TABS else ""
    names, brands, _below = now_choices()
    context: dict[str, Any] = {
        "title": _("Selection"),
        "form": form,
        "tab": tab,
        "tabs": [
            ("", _("All goods"), None),
            ("selected", _("Selected"), None),
            ("new", _("New in %(days)d days") % {"days": NEW_DAYS}, None),
            ("gone", _("Gone"), None),
        ],
        "is_narrowed": form.used,
        "may_edit": request.party.can("selection.edit"),
        "categories": list(names.items()),
        "brands": list(brands.items()),
        "address": request.get_full_path(),
    }
    if tab == "gone":
        picked = _picked(request.party.id)
        context["gone"] = _gone(request.party.id)
    else:
        found, picked = _page(request, form, tab=tab)
        goods = {row.pk: ShelfGoods(**{name: getattr(row, name) for name in COLUMNS}) for row in found.rows}
        if goods:
            shelf.fill(goods, terms=picked.terms)
        context["page"] = found
        context["goods"] = [
            shown(goods[row.pk], category=names.get(row.category_id, ""), brand=brands.get(row.brand_id or 0, ""))
            | {"word": picked.word(row)}
            for row in found.rows
        ]
    context["wide"] = picked.wide
    return render(request, "distributor/selection.html", context)


def _picked(distributor_id: int) -> _Picked:
    with connection.cursor() as cursor:
        cursor.execute(f"select {_TIER}, {_RATE}, {_WIDE}", [distributor_id] * 3)
        tier_id, rate_bps, wide = cursor.fetchone()
    return _Picked(Terms(distributor_id, tier_id, rate_bps), [tuple(one) for one in json.loads(wide)])


def _page(request: PartyRequest, form: GoodsSearch, *, tab: str) -> tuple[Page, _Picked]:
    """Return a page of goods, each with his own word on them; his terms and picks come along with the rows."""
    party_id = request.party.id
    if tab == "selected":
        picked = _picked(party_id)
        found = _selected(request, form, reach=picked.reach)
        his = Goods.objects.filter(pk__in=found.rows).annotate(own_word=RawSQL(_WORD, [party_id]))  # noqa: S611 - a constant of ours
        by_id = {row.pk: row for row in his.defer("search_terms")}
        found.rows = [by_id[pk] for pk in found.rows if pk in by_id]
        return found, picked
    rows = found_by(form)
    if tab == "new":
        rows = rows.filter(created_at__gte=timezone.now() - timedelta(days=NEW_DAYS))
    riding = {"my_tier_id": _TIER, "my_rate_bps": _RATE, "wide": _WIDE, "own_word": _WORD}
    riding_rows = rows.annotate(**{name: RawSQL(sql, [party_id]) for name, sql in riding.items()})  # noqa: S611 - constants
    found = page_of(riding_rows, query=request.GET)
    if not found.rows:
        return found, _picked(party_id)
    first = found.rows[0]
    terms = Terms(party_id, first.my_tier_id, first.my_rate_bps)
    return found, _Picked(terms, [tuple(one) for one in json.loads(first.wide)])


def _selected(request: PartyRequest, form: GoodsSearch, *, reach: Reach) -> Page:
    """Return a page of ids of what is selected, narrowed by the search."""
    terms, pairs = (
        shelf.TERMS,
        sorted({pair for word in (form.value("text") or "").split()[:8] for pair in bigrams(word)}),
    )
    if pairs:
        terms += " and g.search_terms @> %(pairs)s::varchar[]"
    if category := form.value("category"):
        below = ",".join(str(int(one)) for one in now_choices()[2].get(category, [category]))
        terms += f" and g.category_id = any('{{{below}}}'::bigint[])"
    if brand := form.value("brand"):
        terms += f" and g.brand_id = {int(brand)}"

    def fetch(values: list[Any] | None, is_backwards: bool, limit: int) -> list[int]:
        after = int(values[0]) if values else 0 if is_backwards else _LAST
        return selected_ids(reach, terms=terms, limit=limit, after_id=after, is_falling=not is_backwards, pairs=pairs)

    return page_of_rows(fetch, key=lambda pk: [pk], query=request.GET)


def _gone(distributor_id: int) -> list[dict[str, Any]]:
    """Return goods that were picked one by one and are no longer on the shelf; their names he has seen before."""
    with connection.cursor() as cursor:
        cursor.execute(_GONE, [distributor_id])
        rows = cursor.fetchall()
    if not rows:
        return []
    with scope.desk(read_only=True):
        goods = {row.pk: row for row in Goods.objects.filter(pk__in=[row[1] for row in rows])}
    return [
        {
            "pick_id": pick_id,
            "goods": goods[goods_id],
            "picked_at": at,
            "is_elsewhere": goods[goods_id].state == "on_sale",
        }
        for pick_id, goods_id, at in rows
    ]


@require_POST
@page("distributor", "selection.edit", in_scope=False)
def selection_change(request: PartyRequest) -> HttpResponse:
    """Add or take out the chosen goods, a category, a brand, or an entry."""
    do = request.POST.get("do", "")
    ids = [int(one) for one in request.POST.getlist("ids") if one.isdigit() and len(one) < 19]
    who: dict[str, Any] = {"actor": actor(request.party), "address": client_ip(request) or ""}
    try:
        if do == "add":
            count = actions.pick(request.party.id, goods_ids=ids, **who).changed
            messages.success(request, _("%(count)d goods came into the selection.") % {"count": count})
        elif do == "remove":
            count = take_out(request.party.id, ids, **who)
            messages.success(request, _("%(count)d goods left the selection.") % {"count": count})
        elif do in ("category", "brand"):
            one = request.POST.get(do, "")
            wish: dict[str, Any] = {f"{do}_ids": [int(one)]} if one.isdigit() and len(one) < 19 else {}
            if actions.pick(request.party.id, **wish, **who).changed:
                messages.success(request, _("Selected, with all that comes into it from now on."))
        elif do == "drop":
            actions.drop(request.party.id, pick_ids=ids, **who)
            messages.success(request, _("Taken out of the selection."))
        else:
            return HttpResponse(status=404)
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    return HttpResponseRedirect(_back(request.POST.get("back", "")))


def take_out(distributor_id: int, goods_ids: Sequence[int], *, actor: str, address: str) -> int:
    """Take goods out of a selection: drop what was picked by itself, leave out what a category or brand brings."""
    with scope.distributor(distributor_id):
        before = words_on(reach_of(distributor_id), goods_ids)
        own = list(Pick.objects.filter(goods_id__in=goods_ids, state="picked").values_list("pk", flat=True))
    if own:
        actions.drop(distributor_id, pick_ids=own, actor=actor, address=address)
    with scope.distributor(distributor_id, read_only=True):
        still = [pk for pk, word in words_on(reach_of(distributor_id), goods_ids).items() if word != "left_out"]
    if still:
        actions.pick(distributor_id, left_out_ids=still, actor=actor, address=address)
    return sum(word != "left_out" for word in before.values())


def _back(address: str) -> str:
    """Return the list one came from, and nothing outside it."""
    own = reverse("distributor:selection")
    return address if address.startswith(f"{own}?") else own
