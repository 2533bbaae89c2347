"""Amounts, rates and moments as people read them."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from entrepot.base.days import ZONE
from entrepot.base.money import yuan as plain_yuan


def fen(amount_fen: int | None) -> str:
    """Show an amount in fen as `1,577.04`; a dash when there is none."""
    return "—" if amount_fen is None else plain_yuan(amount_fen)


def yuan(amount_fen: int | None) -> str:
    """Show an amount in fen as `¥1,577.04`, a negative one as `-¥21.00`."""
    if amount_fen is None:
        return "—"
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}¥{plain_yuan(abs(amount_fen))}"


def goods_title(name: str, spec: str) -> str:
    """Return goods with their specification; a name that ends with it already says it."""
    return name if name.endswith(spec) else f"{name} {spec}"


def signed_fen(amount_fen: int) -> SafeString:
    """Show a movement of money with its sign, `+1,000.00` in green and `-21.00` in the usual colour."""
    if amount_fen > 0:
        return format_html('<span class="num ok">+{}</span>', plain_yuan(amount_fen))
    return format_html('<span class="num">{}</span>', plain_yuan(amount_fen))


def bps(rate_bps: int | None) -> str:
    """Show a rate in basis points as percent: 500 as `5%`, 525 as `5.25%`."""
    if rate_bps is None:
        return "—"
    whole, rest = divmod(abs(rate_bps), 100)
    decimals = f".{rest:02d}".rstrip("0") if rest else ""
    return f"{'-' if rate_bps < 0 else ''}{whole}{decimals}%"


def share(part: int, whole: int) -> str:
    """Show how much of a whole a part is, in percent with one digit after the point: 1 of 8 as `12.5%`."""
    if not whole:
        return "—"
    tenths = (part * 2_000 + whole) // (whole * 2)
    return f"{tenths // 10}.{tenths % 10}%"


def thousands(number: int | str | None) -> str:
    """Show a whole number with thousands separators; a text such as `9,999+` stays as it is."""
    if isinstance(number, str):
        return number
    return "—" if number is None else f"{number:,}"


def at_most(count: int, limit: int) -> int | str:
    """Return a count as it is shown: `9,999+` where counting stopped behind its limit."""
    return f"{limit:,}+" if count > limit else count


def stamp(moment: datetime | None) -> SafeString | str:
    """Show a moment in full, Beijing time: `2026-11-22 08:16:05`."""
    return _time(moment, "%Y-%m-%d %H:%M:%S")


def when(moment: datetime | None) -> SafeString | str:
    """Show a moment short, Beijing time: `11-22 08:16`, with the year when it is not this one."""
    if moment is None:
        return "—"
    same_year = _local(moment).year == timezone.now().astimezone(ZONE).year
    return _time(moment, "%m-%d %H:%M" if same_year else "%Y-%m-%d %H:%M")


def day(moment: datetime | date | None) -> str:
    """Show a day as `2026-11-22`."""
    if moment is None:
        return "—"
    return (_local(moment) if isinstance(moment, datetime) else moment).strftime("%Y-%m-%d")


def ago(moment: datetime | None) -> SafeString | str:
    """Show how long ago a moment was or how soon it comes, with the full time as its title."""
    if moment is None:
        return "—"
    seconds = int((timezone.now() - moment).total_seconds())
    local = _local(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat(), f"{local:%Y-%m-%d %H:%M:%S}", _distance(seconds)
    )


def _distance(seconds: int) -> str:
    if abs(seconds) < 60:
        return gettext("just now") if seconds >= 0 else gettext("in a moment")
    minutes, hours, days = abs(seconds) // 60, abs(seconds) // 3600, abs(seconds) // 86400
    if seconds > 0:
        if hours == 0:
            return ngettext("%(n)d minute ago", "%(n)d minutes ago", minutes) % {"n": minutes}
        if days == 0:
            return ngettext("%(n)d hour ago", "%(n)d hours ago", hours) % {"n": hours}
        return ngettext("%(n)d day ago", "%(n)d days ago", days) % {"n": days}
    if hours == 0:
        return ngettext("in %(n)d minute", "in %(n)d minutes", minutes) % {"n": minutes}
    if days == 0:
        return ngettext("in %(n)d hour", "in %(n)d hours", hours) % {"n": hours}
    return ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}


def _local(moment: datetime) -> datetime:
    return moment.astimezone(ZONE)


def _time(moment: datetime | None, pattern: str) -> SafeString | str:
    if moment is None:
        return "—"
    local = _local(moment)
    return format_html('<time class="num" datetime="{}">{}</time>', local.isoformat(), local.strftime(pattern))
