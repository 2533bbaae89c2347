"""The tree of categories: add, rename, move, order, merge, remove, in and out as a sheet."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.catalog import actions, queries, rules
from entrepot.catalog.models import Category
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.figures import at_most
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, ImportColumn, UnreadableSheet, export_xlsx, read_sheet
from entrepot.doors.platform.attempts import SeenForm, attempt, mark_of, refuse_stale

_ALL = 2**31
MOST = 9_999
"""Nobody needs to know how many more goods a category has; the sheet tells the whole number."""
_LEVELS = (_("Level 1"), _("Level 2"), _("Level 3"))
_SHEET = tuple(
    ImportColumn(name=str(place), headings=(heading, english, chinese), is_required=place == 0)
    for place, (heading, english, chinese) in enumerate(
        zip(_LEVELS, ("Level 1", "Level 2", "Level 3"), ("一级分类", "二级分类", "三级分类"), strict=True)
    )
)


def _parents(*, without: int | None = None) -> list[tuple[Any, Any]]:
    """Return the categories something may hang below, for a select that may stay empty."""
    tree = queries.parents()
    below = rules.below(tree, ids=[without] if without else [])
    return [
        ("", _("None: a category of the first level")),
        *(
            (pk, name)
            for pk, name in queries.category_names().items()
            if pk not in below and rules.depth_of(tree, category_id=pk) < rules.DEPTH_AT_MOST
        ),
    ]


class CategoryForm(SeenForm):
    """A category and where it hangs."""

    name = forms.CharField(label=_("Category name"), max_length=40)
    parent_id = forms.TypedChoiceField(label=_("Below"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, without: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent_id"].choices = _parents(without=without)  # type: ignore[attr-defined]


class MergeForm(forms.Form):
    """Where the goods of a category go."""

    into_id = forms.TypedChoiceField(label=_("Merge into"), coerce=int)

    def __init__(self, *args: Any, without: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(pk, name) for pk, name in queries.category_names().items() if pk != without]
        self.fields["into_id"].choices = [("", _("Choose")), *found]  # type: ignore[attr-defined]


class SheetForm(forms.Form):
    """A sheet of categories."""

    file = forms.FileField(label=_("Sheet"))


@page("platform", "goods.view")
@require_GET
def categories(request: PartyRequest) -> HttpResponseBase:
    """Show the tree, or hand it out as a sheet."""
    return _listed(request)


def _listed(request: PartyRequest, *, fault: str = "") -> HttpResponseBase:
    names, tree = queries.category_names(), queries.parents()
    is_sheet = request.GET.get("export") == "xlsx"
    counts = queries.goods_of_categories(names, most=_ALL if is_sheet else MOST + 1)
    rows = [(pk, name.split(" / "), rules.depth_of(tree, category_id=pk), counts[pk]) for pk, name in names.items()]
    if is_sheet:
        columns = [
            *(Column(title=title, value=partial(_level, place)) for place, title in enumerate(_LEVELS)),
            Column(title=_("Goods"), value=lambda row: row[3], kind="int", width=10),
        ]
        return export_xlsx(rows, name=gettext("Categories"), columns=columns)
    context = {
        "title": _("Categories"),
        "rows": [
            (pk, path[-1], "　" * (depth - 1), depth < rules.DEPTH_AT_MOST, at_most(n, MOST))
            for pk, path, depth, n in rows
        ],
        "can_edit": request.party.can("goods.edit"),
        "fault": fault,
    }
    return render(request, "platform/categories.html", context, status=422 if fault else 200)


def _level(place: int, row: tuple[int, list[str], int, int]) -> str:
    return row[1][place] if place < row[2] else ""


@page("platform", "goods.edit")
@require_http_methods(["GET", "POST"])
def category_new(request: PartyRequest) -> HttpResponse:
    """Add a category, below the one the address names."""
    initial = {"seen": "new", "parent_id": request.GET.get("parent", "")}
    form = CategoryForm(request.POST or None, initial=initial)

    def act(cleaned: dict[str, Any]) -> Category:
        return actions.create_category(
            cleaned["name"],
            parent_id=cleaned["parent_id"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    back = reverse("platform:categories")
    if request.method == "POST" and (made := attempt(form, act)):
        messages.success(request, gettext("“%(name)s” is added.") % {"name": made.name})
        return HttpResponseRedirect(back)
    context = {"title": _("New category"), "form": form, "back": back}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)


@page("platform", "goods.edit")
@require_http_methods(["GET", "POST"])
def category(request: PartyRequest, category_id: int) -> HttpResponse:
    """Rename a category, or hang it elsewhere."""
    row = _category(category_id)
    form = CategoryForm(request.POST, without=category_id) if request.method == "POST" else None

    def act(cleaned: dict[str, Any]) -> Category:
        locked = Category.objects.select_for_update(no_key=True).get(pk=category_id)
        refuse_stale(cleaned["seen"], mark=mark_of(locked, "name", "parent_id"))
        who, where = actor(request.party), client_ip(request) or ""
        actions.move_category(category_id, parent_id=cleaned["parent_id"], actor=who, address=where)
        return actions.rename_category(category_id, name=cleaned["name"], actor=who, address=where)

    if form is not None and attempt(form, act) is not None:
        messages.success(request, gettext("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
        return HttpResponseRedirect(reverse("platform:categories"))
    return _shown(request, row=row, form=form)


def _shown(
    request: PartyRequest, *, row: Category, form: CategoryForm | None = None, merge: MergeForm | None = None
) -> HttpResponse:
    initial = {"name": row.name, "parent_id": row.parent_id, "seen": mark_of(row, "name", "parent_id")}
    has_children = row.children.exists()
    context = {
        "title": row.name,
        "row": row,
        "form": form or CategoryForm(initial=initial, without=row.pk),
        "goods_count": row.goods.count(),
        "has_children": has_children,
        "merge_form": merge or (None if has_children else MergeForm(without=row.pk)),
    }
    status = 422 if form is not None or (merge is not None and merge.is_bound) else 200
    return render(request, "platform/category.html", context, status=status)


@page("platform", "goods.edit")
@require_POST
def category_shift(request: PartyRequest, category_id: int) -> HttpResponse:
    """Let a category change places with its neighbour."""
    _category(category_id)
    actions.shift_category(
        category_id,
        is_up=request.POST.get("do") == "up",
        actor=actor(request.party),
        address=client_ip(request) or "",
    )
    return HttpResponseRedirect(f"{reverse('platform:categories')}#c{category_id}")


@page("platform", "goods.edit")
@require_POST
def category_merge(request: PartyRequest, category_id: int) -> HttpResponse:
    """Move the goods of a category into another and remove it."""
    row = _category(category_id)
    form = MergeForm(request.POST, without=category_id)
    moved = 0

    def act(cleaned: dict[str, Any]) -> bool:
        nonlocal moved
        who, where = actor(request.party), client_ip(request) or ""
        moved = actions.merge_category(category_id, into_id=cleaned["into_id"], actor=who, address=where)
        return True

    if not attempt(form, act):
        return _shown(request, row=row, merge=form)
    messages.success(request, gettext("“%(name)s” is merged; %(n)d goods moved.") % {"name": row.name, "n": moved})
    return HttpResponseRedirect(reverse("platform:categories"))


@page("platform", "goods.edit")
@require_POST
def category_remove(request: PartyRequest, category_id: int) -> HttpResponse:
    """Remove an empty category."""
    row = _category(category_id)
    try:
        actions.remove_category(category_id, actor=actor(request.party), address=client_ip(request) or "")
    except Mistake as mistake:
        messages.error(request, mistake.reason)
        return HttpResponseRedirect(reverse("platform:category", args=[category_id]))
    messages.success(request, gettext("“%(name)s” is removed.") % {"name": row.name})
    return HttpResponseRedirect(reverse("platform:categories"))


@page("platform", "goods.edit")
@require_POST
def categories_import(request: PartyRequest) -> HttpResponseBase:
    """Add the categories of a sheet that are not there yet, all or none."""
    form = SheetForm(request.POST, request.FILES)
    if not form.is_valid():
        return _listed(request, fault=gettext("Choose a file first."))
    try:
        sheet = read_sheet(form.cleaned_data["file"], columns=_SHEET)
        if sheet.refused:
            first = sheet.refused[0]
            raise UnreadableSheet(gettext("Row %(row)d: %(why)s") % {"row": first.number, "why": first.reason})
        made = actions.import_categories(
            [[row.values[str(place)] for place in range(3) if row.values[str(place)]] for row in sheet.rows],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )
    except UnreadableSheet as unreadable:
        return _listed(request, fault=str(unreadable))
    except Mistake as mistake:
        row_number = sheet.rows[int(mistake.field)].number
        return _listed(request, fault=gettext("Row %(row)d: %(why)s") % {"row": row_number, "why": mistake.reason})
    messages.success(request, gettext("%(n)d categories are added; those that were there stay.") % {"n": made})
    return HttpResponseRedirect(reverse("platform:categories"))


def _category(category_id: int) -> Category:
    row = Category.objects.filter(pk=category_id).first()
    if row is None:
        raise Http404
    return row
