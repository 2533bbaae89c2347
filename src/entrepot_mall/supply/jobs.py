"""The warehouse kept like the platform's shelf: one walk, then the change feed."""

import threading

from django.db import transaction
from django.utils import timezone

from entrepot_mall.shop.models import Shop
from entrepot_mall.shop.queries import client_of, connected
from entrepot_mall.supply import actions
from entrepot_sdk import Entrepot, EntrepotError
from entrepot_sdk.errors import CursorExpiredError

PAGE = 500


def sync(shop: Shop) -> int:
    """Bring a shop's warehouse up to date; returns how many changes came. Raises EntrepotError."""
    with client_of(shop) as client:
        if not shop.changes_cursor:
            return _walk(shop, client=client)
        count = 0
        while True:
            try:
                page = client.changes(cursor=shop.changes_cursor, types="product,stock", limit=1000)
            except CursorExpiredError:
                return _walk(shop, client=client)
            with transaction.atomic():
                for change in page.items:
                    if change.type == "stock":
                        actions.take_in_live(shop, live=change.live())
                    elif change.deleted:
                        actions.drop(shop, platform_ids=[change.id])
                    else:
                        actions.take_in(shop, products=[change.product()], walk=shop.walk)
                _keep(shop, cursor=page.next_cursor)
            count += len(page.items)
            if not page.has_more:
                return count


def _walk(shop: Shop, *, client: Entrepot) -> int:
    """Walk all products; the cursor of the first page leads on from before the walk."""
    actions.take_in_categories(shop, categories=client.categories())
    shop.walk += 1
    count, cursor, behind = 0, "", None
    while True:
        page = client.products_page(cursor=behind, limit=PAGE)
        cursor = cursor or page.changes_cursor or ""
        with transaction.atomic():
            actions.take_in(shop, products=page.items, walk=shop.walk)
        count += len(page.items)
        if not page.has_more or page.next_cursor is None:
            break
        behind = page.next_cursor
    with transaction.atomic():
        actions.drop_unseen(shop, walk=shop.walk)
        _keep(shop, cursor=cursor)
    return count


def _keep(shop: Shop, *, cursor: str) -> None:
    # A shop that was connected elsewhere meanwhile keeps its new place.
    same = Shop.objects.filter(pk=shop.pk, key=shop.key, platform_url=shop.platform_url)
    shop.changes_cursor, shop.synced_at = cursor, timezone.now()
    same.update(changes_cursor=cursor, walk=shop.walk, synced_at=shop.synced_at)


def sync_all(stop: threading.Event) -> int:
    """The warehouses of all shops; one whose platform is away does not hold up the others."""
    count = 0
    for shop in connected():
        if stop.is_set():
            break
        try:
            count += sync(shop)
        except EntrepotError as fault:
            Shop.objects.filter(pk=shop.pk).update(connection_fault=str(fault)[:300])
        else:
            if shop.connection_fault:
                Shop.objects.filter(pk=shop.pk).update(connection_fault="")
    return count
