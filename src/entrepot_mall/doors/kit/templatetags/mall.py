"""Amounts, pictures, words of states."""

from typing import Any

from django import template

from entrepot_mall.base.money import yuan
from entrepot_mall.doors.kit import words
from entrepot_mall.members.rules import masked_phone, place_line
from entrepot_mall.shop.models import Shop
from entrepot_mall.shop.queries import picture_url

register = template.Library()
register.simple_tag(place_line)


@register.filter(name="yuan")
def yuan_filter(amount_fen: int | None) -> str:
    """An amount of fen as yuan."""
    return "—" if amount_fen is None else yuan(amount_fen)


@register.filter
def picture(path: str, shop: Shop) -> str:
    """The address of a picture of goods."""
    return picture_url(shop, path) if path else ""


@register.filter
def phone(text: str) -> str:
    """A phone number, masked."""
    return masked_phone(text)


@register.filter
def word(code: str, table: str) -> str:
    """The word for a code."""
    return words.word(table, code)


@register.filter
def get(table: dict[Any, Any], key: Any) -> Any:
    """What a table says under a key."""
    return table.get(key, "")


@register.simple_tag(takes_context=True)
def with_query(context: dict[str, Any], **changes: Any) -> str:
    """The address of this page with some of its filters changed; the page number is dropped."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"
