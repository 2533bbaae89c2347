"""The frame around every page: each back office registers its menu, its search and its wallet here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from entrepot.doors.kit.party import Party


@dataclass(frozen=True, kw_only=True)
class Item:
    """One entry of the menu; without the permission it is not shown. `icon` is a heroicon's name."""

    label: Any
    url_name: str
    icon: str
    permission: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """A headed part of the menu. Where the menu is long it folds; one that `is_first` is open from the start."""

    label: Any
    items: Sequence[Item]
    is_first: bool = False


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What every page of an office says until it is mended: a sentence, the page to mend it on, and how bad it is."""

    text: str
    url: str = ""
    action: str = ""
    is_grave: bool = True


@dataclass(kw_only=True)
class Office:
    """A back office: its title, and what the doors registered for its frame."""

    kind: str
    title: Any
    groups: Sequence[Group] = ()
    find_url_name: str = ""
    find_hint: Any = ""
    wallet_fen: "Callable[[Party], int] | None" = None
    wallet_url_name: str = ""
    notices: "Callable[[Party], Sequence[Notice]] | None" = None


_FOLDS = "folds"
_UNFOLDED_AT_MOST = 16
"""So many entries fit on a screen beside their headings; a longer menu folds."""

OFFICES = {
    "platform": Office(kind="platform", title=_("Platform office")),
    "supplier": Office(kind="supplier", title=_("Supplier office")),
    "distributor": Office(kind="distributor", title=_("Distributor office")),
    "referrer": Office(kind="referrer", title=_("Referrer office")),
}


def register(
    kind: str,
    *,
    groups: Sequence[Group],
    find_url_name: str = "",
    find_hint: Any = "",
    wallet_fen: "Callable[[Party], int] | None" = None,
    wallet_url_name: str = "",
    notices: "Callable[[Party], Sequence[Notice]] | None" = None,
) -> None:
    """Give a back office its menu; call it in the `ready` of the door's app.

    `find_url_name` names the list that the search field of the top bar asks by `?q=`; `wallet_fen` returns the
    available funds shown in the top bar, in fen, and `wallet_url_name` the page behind it.
    `notices` returns what stands above every page of the office until it is mended.
    """
    office = OFFICES[kind]
    office.groups = groups
    office.find_url_name, office.find_hint = find_url_name, find_hint
    office.wallet_fen, office.wallet_url_name = wallet_fen, wallet_url_name
    office.notices = notices


@dataclass(frozen=True)
class ShownItem:
    """A menu entry as one user sees it on one page."""

    label: str
    url: str
    icon: str
    is_here: bool


@dataclass
class ShownGroup:
    """A part of the menu as one user sees it; `key` names it in the cookie of what he unfolded."""

    label: str
    key: str
    items: list[ShownItem]
    is_open: bool


@dataclass(frozen=True)
class Shell:
    """What the frame of one page shows. `folds`: the menu is so long that its parts fold."""

    title: str
    home: str
    groups: list[ShownGroup]
    folds: bool
    crumbs: list[tuple[str, str]]
    find_url: str
    find_hint: str
    wallet_fen: int | None
    wallet_url: str
    notices: Sequence[Notice]


def shell_of(request: HttpRequest, *, party: "Party") -> Shell:
    """Return the frame of this page: the menu the user may use, with the entry the page lies under marked."""
    office = party.office
    items = [(group, item, reverse(item.url_name)) for group in office.groups for item in group.items]
    items = [(group, item, url) for group, item, url in items if party.can(item.permission)]
    home = f"/{office.kind}/"
    # The page lies under the entry with the longest address that begins its own; home only matches itself.
    under = [
        url for _group, _item, url in items if request.path == url or (url != home and request.path.startswith(url))
    ]
    here = max(under, key=len, default="")
    unfolded = request.COOKIES.get(_FOLDS, "").split(".") if _FOLDS in request.COOKIES else None
    groups: list[ShownGroup] = []
    crumbs: list[tuple[str, str]] = []
    for group, item, url in items:
        if not groups or groups[-1].label != str(group.label):
            # The first entry's name stays the same in every language.
            key = group.items[0].url_name.partition(":")[2]
            is_open = group.is_first if unfolded is None else key in unfolded
            groups.append(ShownGroup(str(group.label), key, [], is_open))
        groups[-1].items.append(ShownItem(str(item.label), url, item.icon, url == here))
        if url == here:
            groups[-1].is_open = True
            crumbs = [(str(group.label), ""), (str(item.label), url)]
    return Shell(
        title=str(office.title),
        home=home,
        groups=groups,
        folds=len(items) > _UNFOLDED_AT_MOST,
        crumbs=crumbs,
        find_url=reverse(office.find_url_name) if office.find_url_name else "",
        find_hint=str(office.find_hint),
        wallet_fen=_wallet_fen(request, party=party),
        wallet_url=reverse(office.wallet_url_name) if office.wallet_url_name else "",
        notices=office.notices(party) if office.notices else (),
    )


def _wallet_fen(request: HttpRequest, *, party: "Party") -> int | None:
    """Return the funds in the top bar, as the page has read them already or as its office reads them."""
    known: int | None = getattr(request, "wallet_fen", None)
    if known is not None or party.office.wallet_fen is None:
        return known
    return party.office.wallet_fen(party)
