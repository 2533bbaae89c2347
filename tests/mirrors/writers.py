"""Writers that change prices, stock and what is shown, dawdle, and then commit or roll back."""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from django.db import OperationalError, connection
from django.db.models import F

from entrepot.base import scope
from entrepot.catalog.actions.steps import keep, keep_all, locked, tell, tell_all
from entrepot.catalog.models import Goods, Sku
from entrepot.trade import desk, terms

ACTOR = "platform/0/1/proof"
LONGEST_DELAY_S = 0.6
ROLLED_BACK_OF_TEN = 2
AT_ONCE = 200  # goods that one transaction takes off sale or puts back
_WARES = """
select k.id, k.code, k.goods_id, min(l.warehouse_id), g.category_id from catalog_sku k
join stock_level l on l.sku_id = k.id and l.allotment_id is null join catalog_goods g on g.id = k.goods_id
where g.state = 'on_sale' group by k.id, g.category_id order by k.id
"""


class RolledBackError(Exception):
    """Ends a transaction without effect, on purpose."""


@dataclass(frozen=True, slots=True)
class Ware:
    """A SKU that writers change."""

    sku_id: int
    code: str
    goods_id: int
    warehouse_id: int
    category_id: int


def wares() -> list[Ware]:
    """Return all SKUs on sale that lie in some warehouse."""
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute(_WARES)
        return [Ware(*row) for row in cursor.fetchall()]


@dataclass
class Writers:
    """So many writers on the same wares; `failures` is what went wrong where nothing should."""

    wares: Sequence[Ware]
    tiers: Sequence[int]
    seed: str
    over: threading.Event = field(default_factory=threading.Event)
    failures: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def work(self, number: int) -> None:
        """Be one of the writers until it is over."""
        chance = random.Random(f"{self.seed}-{number}")
        deeds: list[Callable[[random.Random], None]] = [
            *[self._restock] * 9,
            *[self._list] * 4,
            *[self._hide] * 2,
            *[self._price] * 4,
            self._sweep,
        ]
        try:
            while not self.over.is_set():
                deed = chance.choice(deeds)
                try:
                    deed(chance)
                except RolledBackError:
                    self.done["rolled_back"] += 1
                except (OperationalError, desk.Busy):
                    # Writers meet on the same rows; who waits too long gives way, as everywhere.
                    connection.close()
                    self.done["gave_way"] += 1
                else:
                    self.done[deed.__name__.strip("_")] += 1
        except Exception as error:  # noqa: BLE001 - told by the trial
            self.failures.append(f"writer {number}: {error!r}")
        finally:
            connection.close()

    def _restock(self, chance: random.Random) -> None:
        ware = chance.choice(self.wares)
        with scope.desk():
            cause = f"mirrors:{uuid.uuid4().hex}"
            ask = terms.Restock(ware.code, ware.warehouse_id, chance.randint(1, 9), cause, ACTOR)
            (answer,) = desk.run_within([ask])
            assert answer.is_accepted, answer
            self._end(chance)

    def _list(self, chance: random.Random) -> None:
        with scope.platform():
            goods = locked(chance.choice(self.wares).goods_id)
            goods.state = "unlisted" if goods.state == "on_sale" else "on_sale"
            keep(goods, "state")
            tell(goods, event_type="product.updated", actor=ACTOR)
            self._end(chance)

    def _hide(self, chance: random.Random) -> None:
        with scope.platform():
            goods = locked(chance.choice(self.wares).goods_id)
            goods.visible_tiers = chance.choice([[], list(self.tiers[:1]), [2**40]])
            keep(goods, "visible_tiers")
            tell(goods, event_type="product.updated", actor=ACTOR)
            self._end(chance)

    def _price(self, chance: random.Random) -> None:
        ware = chance.choice(self.wares)
        with scope.platform():
            goods = locked(ware.goods_id)
            dearer = F("supplier_price_fen") + chance.randint(0, 999)
            Sku.objects.filter(pk=ware.sku_id).update(supply_price_fen=dearer)
            goods.min_quantity = chance.randint(1, 5)
            keep(goods, "min_quantity")
            tell(goods, event_type="price.changed", actor=ACTOR)
            self._end(chance)

    def _sweep(self, chance: random.Random) -> None:
        first = chance.choice(self.wares).goods_id
        with scope.platform():
            found = Goods.objects.filter(pk__gte=first).order_by("pk")[:AT_ONCE]
            ids = [goods.pk for goods in found.select_for_update(no_key=True, of=("self",))]
            keep_all(Goods.objects.filter(pk__in=ids), state=chance.choice(["on_sale", "on_sale", "unlisted"]))
            tell_all(Goods.objects.filter(pk__in=ids), event_type="product.updated", actor=ACTOR)
            self._end(chance)

    def _end(self, chance: random.Random) -> None:
        time.sleep(chance.random() ** 4 * LONGEST_DELAY_S)
        if chance.randrange(10) < ROLLED_BACK_OF_TEN:
            raise RolledBackError


def write_for(writers: Writers, *, count: int) -> list[threading.Thread]:
    """Start so many writers."""
    threads = [threading.Thread(target=writers.work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads


def ended(writers: Writers, threads: Sequence[threading.Thread]) -> None:
    """Let the writers come to their end."""
    writers.over.set()
    for thread in threads:
        thread.join(240)
        assert not thread.is_alive()
    with suppress(IndexError):
        raise AssertionError(writers.failures[0])
