"""Writers that change goods and stock with delays and rollbacks, and mirrors that are killed while they follow."""

import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection

from entrepot.base import scope
from entrepot.catalog.actions.steps import keep, locked
from entrepot.trade import desk, terms
from entrepot_sdk import DriftError, Entrepot, Mirror
from entrepot_sdk.shapes import Change
from tests.doors.api.mall import Mall
from tests.world import STAFF, Article, World

LONGEST_DELAY_S = 0.6
PATIENCE_S = 60.0


class RolledBackError(Exception):
    """Ends a transaction without effect, on purpose."""


class KilledError(Exception):
    """Ends a mirror in the middle of a page, on purpose."""


class MortalMirror(Mirror):
    """Dies now and then with a page half applied."""

    chance = random.Random(7)

    def _apply(self, change: Change) -> None:
        if self.chance.random() < 0.05:
            raise KilledError
        super()._apply(change)


@dataclass
class Storm:
    """A shelf under writers; `failures` is what went wrong where nothing should."""

    world: World
    mall: Mall
    articles: list[Article]
    seed: int
    over: threading.Event = field(default_factory=threading.Event)
    failures: list[str] = field(default_factory=list)
    deaths: int = 0
    committed: int = 0

    @property
    def is_worth_it(self) -> bool:
        """Whether enough has changed, and a mirror has died of it, for anything to be proved."""
        return self.failures != [] or (self.committed > 20 and self.deaths > 0)

    def writer(self, number: int) -> None:
        """Change something, dawdle, commit or roll back, until the storm is over."""
        chance = random.Random(f"{self.seed}-{number}")
        try:
            while not self.over.is_set():
                with suppress(RolledBackError, desk.Busy):
                    self._change(chance)
        except Exception as error:  # noqa: BLE001 - told by the test
            self.failures.append(f"writer {number}: {error!r}")
        finally:
            connection.close()

    def _change(self, chance: random.Random) -> None:
        article = chance.choice(self.articles)
        delay_s = chance.random() ** 4 * LONGEST_DELAY_S
        if chance.random() < 0.6:
            with scope.desk():
                cause = self.world.name("storm")
                ask = terms.Restock(article.code, article.warehouse_id, chance.randint(1, 9), cause, STAFF)
                (answer,) = desk.run_within([ask])
                assert answer.is_accepted, answer
                self._end(chance, delay_s)
        else:
            with scope.platform():
                goods = locked(article.goods_id)
                if chance.random() < 0.5:
                    goods.state = "unlisted" if goods.state == "on_sale" else "on_sale"
                    keep(goods, "state")
                else:
                    goods.visible_tiers = chance.choice([[], [self.mall.party.tier_id], [2**40]])
                    keep(goods, "visible_tiers")
                self._end(chance, delay_s)
        self.committed += 1

    def _end(self, chance: random.Random, delay_s: float) -> None:
        time.sleep(delay_s)
        if chance.random() < 0.2:
            raise RolledBackError

    def follower(self, url: str, path: Path) -> None:
        """Follow the feed; after a death open the file again."""
        try:
            with Entrepot(url, key=self.mall.key, secret=self.mall.secret) as client:
                while not self.over.is_set():
                    with suppress(KilledError), MortalMirror(client, path=path) as mirror:
                        while not self.over.is_set():
                            mirror.sync(wait_s=1)
                    self.deaths += not self.over.is_set()
        except Exception as error:  # noqa: BLE001 - told by the test
            self.failures.append(f"mirror {path.name}: {error!r}")


def weather(
    world: World,
    mall: Mall,
    *,
    url: str,
    folder: Path,
    seconds: float,
    seed: int = 1,
    writers: int = 4,
    mirrors: int = 3,
) -> Storm:
    """Let a storm pass and assert that every mirror is in step with the platform afterwards."""
    storm = Storm(world, mall, [world.article(stock=chance) for chance in range(20, 60)], seed)
    jobs: list[tuple[Any, tuple[Any, ...]]] = [(storm.writer, (number,)) for number in range(writers)]
    paths = [folder / f"mirror-{seed}-{number}.sqlite" for number in range(mirrors)]
    jobs += [(storm.follower, (url, path)) for path in paths]
    threads = [threading.Thread(target=job, args=arguments) for job, arguments in jobs]
    for thread in threads:
        thread.start()
    over_at = time.monotonic() + seconds
    while time.monotonic() < over_at or (not storm.is_worth_it and time.monotonic() < over_at + PATIENCE_S):
        time.sleep(0.1)
    storm.over.set()
    for thread in threads:
        thread.join(240)
    assert storm.failures == []
    with Entrepot(url, key=mall.key, secret=mall.secret) as client:
        for path in paths:
            with Mirror(client, path=path) as mirror:
                try:
                    mirror.prove()
                except DriftError as drift:
                    raise AssertionError(f"seed {seed}, {path.name}: {drift}") from drift
                told = {sku.sku: (sku.agreed_price, sku.stock) for p in client.products(limit=500) for sku in p.skus}
                kept = {sku.sku: (sku.agreed_price, sku.stock) for p in mirror.products() for sku in p.skus}
                assert kept == told
    return storm
