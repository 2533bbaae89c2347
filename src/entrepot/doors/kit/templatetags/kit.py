"""Template tags and filters of the three back offices: figures, times, states, icons, fields, list parts."""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

import heroicons
from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect
from django.template.context import RequestContext
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from entrepot.catalog import pictures
from entrepot.doors.kit import figures
from entrepot.doors.kit.agents import agent_words
from entrepot.doors.kit.carriers import carrier_name
from entrepot.doors.kit.demo import DemoAccount
from entrepot.doors.kit.lists import CURSORS, Page
from entrepot.doors.kit.shell import OFFICES
from entrepot.doors.kit.states import state_of
from entrepot.orders.consignees import place_line

register = template.Library()


for _filter in (
    figures.fen,
    figures.yuan,
    figures.signed_fen,
    figures.bps,
    figures.thousands,
    figures.stamp,
    figures.when,
    figures.day,
    figures.ago,
):
    register.filter(_filter.__name__, _filter)


@register.filter
def carrier(code: str) -> str:
    """Return the name of a carrier by its code."""
    return carrier_name(code)


@register.filter
def thumb(path: str) -> str:
    """Return where the thumbnail of a goods picture is served, by its kept path; empty for none."""
    return pictures.address(path, small=True)


@register.filter
def full_picture(path: str) -> str:
    """Return where a goods picture is served in full, by its kept path; empty for none."""
    return pictures.address(path)


register.simple_tag(place_line)


@register.simple_tag
def icon(name: str, size: int = 18) -> SafeString:
    """Draw a heroicon by its name; up to 16 pixels the filled form, above it the outline. Decoration only."""
    return _icon(str(name), size)


@lru_cache(maxsize=512)
def _icon(name: str, size: int) -> SafeString:
    style = "mini" if size <= 16 else "outline"
    drawn = heroicons._render_icon(style, name, size, {"focusable": "false"})
    drawn = re.sub(r"\s*\n\s*", "", drawn).replace(' data-slot="icon"', "")
    if 'aria-hidden="true"' not in drawn:
        drawn = drawn.replace("<svg", '<svg aria-hidden="true"', 1)
    # The drawing comes from the installed icon set and holds no outside text.
    return mark_safe(drawn)  # noqa: S308


@register.simple_tag
def state_badge(kind: str, state: str) -> SafeString:
    """Show a state as a coloured badge: `{% state_badge "order" order.state %}`."""
    word, tone = state_of(kind, state)
    return format_html('<span class="state{}">{}</span>', f" t-{tone}" if tone else "", word)


@register.filter
def state_word(state: str, kind: str) -> str:
    """Return the word of a state alone: `{{ order.state|state_word:"order" }}`."""
    return str(state_of(kind, state)[0])


@register.simple_tag
def masked(shown: str, reveal_url: str = "", label: str = "") -> SafeString:
    """Show masked personal data with a button that asks for it by a logged POST: `{% masked text url %}`.

    The address answers with the clear text as plain HTML; it takes the place of the mask.
    """
    if not reveal_url:
        return format_html('<span class="masked num">{}</span>', shown)
    return format_html(
        '<span class="masked"><span class="num">{}</span><button class="link" type="button" hx-post="{}"'
        ' hx-target="closest .masked" hx-swap="innerHTML" aria-label="{}">{}{}</button></span>',
        shown,
        reveal_url,
        label or gettext("Show in clear"),
        _icon("eye", 16),
        gettext("Show"),
    )


@register.simple_tag
def copy(text: str, label: str = "") -> SafeString:
    """Draw a small button that copies a text to the clipboard."""
    name = label or gettext("Copy")
    return format_html(
        '<button class="link" type="button" data-copy="{}" aria-label="{}" title="{}">{}</button>',
        text,
        name,
        name,
        _icon("clipboard-document", 16),
    )


@register.inclusion_tag("kit/field.html")
def field(bound: BoundField, wide: bool = False, pre: str = "", post: str = "", hint: str = "") -> dict[str, Any]:
    """Show a form field with label, control, hint and errors: `{% field form.price pre="¥" wide=True %}`."""
    widget = bound.field.widget
    many = isinstance(widget, (RadioSelect, CheckboxSelectMultiple))
    described = [f"{bound.auto_id}-error"] if bound.errors else []
    help_text = hint or bound.help_text
    if help_text:
        described.append(f"{bound.auto_id}-hint")
    attrs: dict[str, str | bool] = {}
    if described and not many:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors and not many:
        attrs["aria-invalid"] = "true"
    return {
        "bound": bound,
        "control": bound.as_widget(attrs=attrs),
        "is_group": many or getattr(widget, "is_range", False),
        "is_many": many,
        "is_check": isinstance(widget, CheckboxInput),
        "is_file": isinstance(widget, FileInput),
        "is_lost": bound.html_name in bound.form.files,
        "wide": wide,
        "pre": pre,
        "post": post,
        "hint": help_text,
    }


@register.inclusion_tag("kit/parts/errors.html")
def error_summary(form: Any) -> dict[str, Any]:
    """Show on top of a form what is wrong with it, each error a link to its field."""
    fields = [(bound, bound.errors) for bound in form if bound.errors] if form.is_bound else []
    return {"fields": fields, "general": form.non_field_errors() if form.is_bound else []}


@register.inclusion_tag("kit/parts/search.html", takes_context=True)
def search_form(context: RequestContext, form: Any) -> dict[str, Any]:
    """Show a list's search form; it keeps the chosen tab and swaps `#list`."""
    names = set(form.fields)
    ranges = {f"{name}_{end}" for name in names for end in ("from", "to")}
    query = _request(context).GET
    kept = [(key, value) for key, value in query.items() if key not in names | ranges | CURSORS]
    return {"form": form, "kept": kept, "path": _request(context).path}


@register.inclusion_tag("kit/parts/tabs.html", takes_context=True)
def tabs(context: RequestContext, entries: Iterable[tuple[str, Any, int | None]], name: str = "tab") -> dict[str, Any]:
    """Show tabs with counts from `(value, label, count)`; the value goes into the address as `?tab=`.

    The entry whose value the address holds is marked, or the first when the address holds none of them.
    """
    entries = list(entries)
    query = _request(context).GET
    values = [value for value, _label, _count in entries]
    chosen = query.get(name, "")
    if chosen not in values:
        chosen = values[0] if values else ""
    shown = []
    for value, label, count in entries:
        address = query.copy()
        for key in CURSORS:
            address.pop(key, None)
        address[name] = value
        shown.append({"url": f"?{address.urlencode()}", "label": label, "count": count, "is_here": value == chosen})
    return {"tabs": shown}


@register.inclusion_tag("kit/parts/pager.html", takes_context=True)
def pager(context: RequestContext, page: Page) -> dict[str, Any]:
    """Show previous and next of a keyset page, and how many rows there are when that is known."""
    query = _request(context).GET.copy()
    for key in CURSORS:
        query.pop(key, None)

    def address(key: str, cursor: str) -> str:
        found = query.copy()
        found[key] = cursor
        return f"?{found.urlencode()}"

    return {
        "page": page,
        "previous_url": address("before", page.previous_cursor) if page.previous_cursor else "",
        "next_url": address("after", page.next_cursor) if page.next_cursor else "",
    }


@register.inclusion_tag("kit/parts/sort.html", takes_context=True)
def sort_head(context: RequestContext, page: Page, name: str, label: str, extra: str = "") -> dict[str, Any]:
    """Show a heading that sorts its list: `{% sort_head page "created" "Placed" "right" %}`."""
    query = _request(context).GET.copy()
    for key in CURSORS:
        query.pop(key, None)
    here = page.sort.lstrip("-") == name
    down = here and page.sort.startswith("-")
    query["sort"] = name if down else f"-{name}"
    direction = ("descending" if down else "ascending") if here else ""
    return {"url": f"?{query.urlencode()}", "label": label, "direction": direction, "extra": extra}


@register.simple_tag(takes_context=True)
def export_url(context: RequestContext) -> str:
    """Return the address that exports exactly what is filtered now."""
    query = _request(context).GET.copy()
    for key in CURSORS:
        query.pop(key, None)
    query["export"] = "xlsx"
    return f"?{query.urlencode()}"


@register.inclusion_tag("kit/parts/empty.html")
def empty(title: str, text: str = "", icon_name: str = "inbox", url: str = "", action: str = "") -> dict[str, Any]:
    """Show that a list holds nothing, why that may be and what to do next."""
    return {"title": title, "text": text, "icon_name": icon_name, "url": url, "action": action}


@register.inclusion_tag("kit/parts/kpi.html")
def kpi(
    title: str, value: str, unit: str = "", delta: str = "", tone: str = "", spark: str = "", url: str = ""
) -> dict[str, Any]:
    """Show one figure as a card: `{% kpi "Orders today" 20 unit="orders" delta="+3" tone="up" spark=svg %}`.

    `tone` is up (green), down (red) or empty; `spark` a drawing of `charts.spark`; `url` makes the card a link.
    """
    return locals()


@register.inclusion_tag("kit/parts/steps.html")
def steps(entries: Iterable[tuple[Any, str, datetime | None]]) -> dict[str, Any]:
    """Show how far a thing has come, from `(label, mark, moment)`; mark is done, now, stopped or empty."""
    return {"steps": list(entries)}


@register.inclusion_tag("kit/parts/timeline.html")
def timeline(entries: Iterable[Any]) -> dict[str, Any]:
    """Show what happened, newest first: each entry has `at`, `title` and optionally `text` and `actor`."""
    return {"entries": list(entries)}


@register.inclusion_tag("kit/parts/goods.html")
def goods_cell(
    name: str, line: str = "", image: str = "", url: str = "", large: bool = False, spec: str = ""
) -> dict[str, Any]:
    """Show goods with picture, name and a small line below, which ends with the specification."""
    small = " · ".join(part for part in (line, spec) if part)
    return {"name": name, "line": small, "image": image, "url": url, "large": large}


@register.inclusion_tag("kit/parts/why.html")
def why(label: str, rows: Iterable[tuple[Any, str, str]]) -> dict[str, Any]:
    """Explain a figure, folded away: rows of `(what, figure, reason)`, the last one the result."""
    return {"label": label, "rows": list(rows)}


@register.inclusion_tag("kit/parts/progress.html")
def progress(label: str, done: int, total: int) -> dict[str, Any]:
    """Show how much of a whole is done, as a bar with its figures."""
    return {"label": label, "done": done, "total": total}


def _request(context: RequestContext) -> Any:
    return context["request"]


@register.filter
def agent(user_agent: str) -> str:
    """Return which browser on which system a user agent is."""
    return agent_words(user_agent)


@register.filter
def office_title(kind: str) -> str:
    """Return the title of a back office."""
    return str(OFFICES[kind].title)


@register.inclusion_tag("kit/parts/bulk_count.html")
def bulk_count() -> dict[str, Any]:
    """Show how many rows of the list are chosen."""
    return {}


@register.simple_tag
def select_all() -> SafeString:
    """Draw the box in a list's heading that chooses every row."""
    return format_html('<input type="checkbox" data-all aria-label="{}">', gettext("Choose all"))


@register.simple_tag
def select_row(value: Any, label: str = "") -> SafeString:
    """Draw the box that chooses one row for the batch form with the id `bulk`."""
    name = gettext("Choose %(name)s") % {"name": label or value}
    return format_html('<input type="checkbox" name="ids" value="{}" form="bulk" aria-label="{}">', value, name)


@register.filter
def fill_sign_in(account: DemoAccount) -> str:
    """Return what a click on a demo account writes into the sign-in form."""
    return json.dumps({"username": account["username"], "password": account["password"]})


@register.filter
def fill_code(code: str) -> str:
    """Return what a click on a demo world's code writes into the form."""
    return json.dumps({"code": code})
