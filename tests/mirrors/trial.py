"""The trial of Promise 15: writers, mirrors that are killed and half deaf, and at the end every field compared."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from entrepot_sdk import DriftError, Entrepot, Mirror
from entrepot_sdk.shapes import Product
from tests.mirrors.writers import Ware, Writers, ended, write_for

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Shop:
    """A mall that keeps a mirror: its key, its tier, and where it is called."""

    key: str
    secret: str
    tier_id: int
    port: int


class UnequalError(AssertionError):
    """A mirror differs from the platform."""


@dataclass
class Trial:
    """One run of it against the API at `url`; whoever serves it lets callbacks go out to this machine."""

    url: str
    shops: Sequence[Shop]
    wares: Sequence[Ware]
    folder: Path
    seed: str
    drops: float = 0.3

    def run(self, *, seconds: float, writers: int = 8, kill_every_s: float = 1.5, at_least: int = 0) -> dict[str, Any]:
        """Let it go on for so long, and until at least so many transactions were made, and return what was done, once every mirror is proved equal. Raises UnequalError."""
        chance = random.Random(self.seed)
        self._select()
        followers = {shop.port: self._start(shop) for shop in self.shops}
        deaths = 0
        try:
            self._until_ready()
            work = Writers(self.wares, [shop.tier_id for shop in self.shops], self.seed)
            threads = write_for(work, count=writers)
            try:
                until = time.monotonic() + seconds
                while (left_s := until - time.monotonic()) > 0 or sum(work.done.values()) < at_least:
                    assert left_s > -PATIENCE_S, "the writers get no further"
                    pause_s = chance.random() * 2 * kill_every_s
                    time.sleep(pause_s if left_s <= 0 else min(left_s, pause_s))
                    shop = chance.choice(list(self.shops))
                    self._kill(followers[shop.port])
                    deaths += 1
                    followers[shop.port] = self._start(shop)
            finally:
                ended(work, threads)
        finally:
            for follower in followers.values():
                self._kill(follower)
        compared = [self._compare(shop) for shop in self.shops]
        heard = b"".join(self._path(shop).with_suffix(".heard").read_bytes() for shop in self.shops)
        changes = sum(count for deed, count in work.done.items() if deed not in ("rolled_back", "gave_way"))
        return {
            "mirrors": len(self.shops),
            "killed": deaths,
            "transactions": dict(work.done),
            "callbacks": len(heard),
            "callbacks_dropped": heard.count(b"d"),
            # Of very many changes at once a mall hears one word for all; malls that hear of next to none prove nothing.
            "callbacks_a_change": round(len(heard) / max(1, changes), 2),
            "products": compared,
            "differing_fields": 0,
        }

    def _path(self, shop: Shop) -> Path:
        return self.folder / f"mirror-{shop.port}.sqlite"

    def _select(self) -> None:
        """Let each mall select the categories of the wares: only who has selected goods is called about their stock."""
        categories = [str(category_id) for category_id in sorted({ware.category_id for ware in self.wares})]
        for shop in self.shops:
            with self._client(shop) as client:
                client.select(categories=categories)
                client.set_webhook(f"http://127.0.0.1:{shop.port}/early")

    def _start(self, shop: Shop) -> "subprocess.Popen[bytes]":
        with self._client(shop) as client:
            secret = client.webhook().secret
        words = [sys.executable, "-m", "tests.mirrors.follower", "--url", self.url, "--key", shop.key]
        words += ["--secret", shop.secret, "--callback-secret", secret, "--port", str(shop.port)]
        words += ["--path", str(self._path(shop)), "--drops", str(self.drops)]
        return subprocess.Popen(words, cwd=ROOT, env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"})

    def _kill(self, follower: "subprocess.Popen[bytes]") -> None:
        code = follower.poll()
        assert code is None, f"a mirror ended by itself with {code}"
        follower.kill()
        follower.wait()

    def _client(self, shop: Shop) -> Entrepot:
        return Entrepot(self.url, key=shop.key, secret=shop.secret)

    def _until_ready(self) -> None:
        """Wait until every mirror has its first copy, after which all must come by the feed, and every mall is called."""
        end = time.monotonic() + PATIENCE_S * 10
        for shop in self.shops:
            while not self._is_walked(shop):
                assert time.monotonic() < end, "a mirror never came to the end of its first walk"
                time.sleep(0.2)
            with self._client(shop) as client:
                # Another address is asked for its challenge at once; the first was, before anybody listened.
                client.set_webhook(f"http://127.0.0.1:{shop.port}/hook")
                while client.webhook().state != "active":
                    assert time.monotonic() < end, "a mall never answered its challenge"
                    time.sleep(0.2)

    def _is_walked(self, shop: Shop) -> bool:
        if not self._path(shop).exists():
            return False
        with self._client(shop) as client, Mirror(client, path=self._path(shop)) as mirror:
            return mirror.is_walked

    def _compare(self, shop: Shop) -> int:
        """Prove one mirror by its digest, then compare every field, and return how many products there are."""
        with self._client(shop) as client, Mirror(client, path=self._path(shop)) as mirror:
            drift = ""
            try:
                mirror.prove()
            except DriftError as error:
                drift = f"{error}; "
            count, differing = 0, []
            for theirs, own in _side_by_side(client.export_products(), mirror.products()):
                count += 1
                differing += _differing(theirs, own)
            if drift or differing:
                some = "; ".join(differing[:5])
                raise UnequalError(
                    f"seed {self.seed}: {drift}{len(differing)} fields of {count} products differ: {some}"
                )
            return count


def _side_by_side(
    theirs: Iterator[Product] | Any, own: Iterator[Product]
) -> Iterator[tuple[Product | None, Product | None]]:
    """Both sides by id, None where one of them lacks a product."""
    left, right = iter(theirs), iter(own)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and int(one.id) < int(other.id)):
            yield one, None
            one = next(left, None)
        elif one is None or int(other.id) < int(one.id):
            yield None, other
            other = next(right, None)
        else:
            yield one, other
            one, other = next(left, None), next(right, None)


def _differing(theirs: Product | None, own: Product | None) -> list[str]:
    """Each field in which they differ, in words."""
    if theirs is None or own is None:
        missing = (
            f"product {(theirs or own or Product(id='?', name='', skus=[])).id} is only {'here' if own else 'there'}"
        )
        return [missing] * len(Product.__struct_fields__)
    one, other = msgspec.structs.asdict(theirs), msgspec.structs.asdict(own)
    return [f"{name} of {theirs.id}: {one[name]} and {other[name]}" for name in one if one[name] != other[name]]
