"""What every template of the kit can use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from entrepot.doors.kit.shell import shell_of

_PARTS = {"list": "kit/part_list.html", "drawer": "kit/part_drawer.html"}


def kit(request: HttpRequest) -> dict[str, Any]:
    """Return the frame of the page, the chosen theme, and `layout`, the template a page extends.

    `layout` is the whole page, or only the part that HTMX asked for: the list when it swaps `#list`, the drawer's
    content when it swaps `#drawer`. So one view and one template serve all three.
    """
    party = getattr(request, "party", None)
    theme = request.COOKIES.get("theme", "")
    found: dict[str, Any] = {
        "party": party,
        "theme": theme if theme in ("light", "dark") else "",
        "is_demo": settings.DEMO,
        "layout": "kit/base.html",
    }
    if request.headers.get("HX-Request") == "true":
        found["layout"] = _PARTS.get(request.headers.get("HX-Target", ""), "kit/base.html")
    if party is not None and found["layout"] == "kit/base.html":
        # Only when the template asks: an error page has no frame, and no transaction to read the wallet in.
        found["shell"] = SimpleLazyObject(lambda: shell_of(request, party=party))
    return found
