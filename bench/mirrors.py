"""Mirrors of a large catalogue that are killed and half deaf, in front of busy writers: `bin/bench mirrors`.

An instance of its own, 100,000 SKUs, 8 writers that dawdle and roll back, a mirror for each of four malls; each is killed by
SIGKILL and started again at random, and loses 30 % of its callbacks. At the end each proves itself by the digest and is compared
field by field. `--planted` spoils the feed instead: then a mirror must be found to differ.
"""

import argparse
import base64
import http.client
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from tests.doors.api.serving import serving

from bench.instance import Instance
from bench.programs import resident_mb
from entrepot_sdk.signing import SECRET_PREFIX

CALLED_AT_LEAST = 0.5  # callbacks for each change that was committed, of all malls together
PLANTED = ("none", "feed_by_time", "feed_without_watermark")


def main(arguments: Sequence[str]) -> int:
    """Run it and print JSON; 1 when a mirror differs or malls were hardly called, or with `--planted` when none differs."""
    parser = argparse.ArgumentParser(prog="bin/bench mirrors", description=__doc__)
    parser.add_argument("--skus", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=120, help="of writing, after the mirrors' first walk")
    parser.add_argument("--malls", type=int, default=4)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--kill-every", type=float, default=4.0, metavar="S")
    parser.add_argument("--drops", type=float, default=0.3, help="share of callbacks that a mall loses")
    parser.add_argument("--seed", default="")
    parser.add_argument("--planted", choices=PLANTED, default="none", help="a feed that is wrong: the run must find it")
    chosen = parser.parse_args(arguments)
    seed, began = chosen.seed or secrets.token_hex(4), time.monotonic()
    told: dict[str, Any] = {"command": " ".join(["bin/bench mirrors", *arguments]), "seed": seed}
    told |= {"skus": chosen.skus, "writers": chosen.writers, "planted": chosen.planted, "load_before": os.getloadavg()}
    with (
        Instance(skus=10, distributors=chosen.malls, options=("--no-demo", "--allow-private-callbacks")) as instance,
        tempfile.TemporaryDirectory(prefix="entrepot-mirrors-") as folder,
    ):
        instance.command("fill", "--skus", chosen.skus, "--orders", 0, "--yes")
        os.environ |= instance.settings() | {"DJANGO_SETTINGS_MODULE": "entrepot.config.settings"}
        import django

        django.setup()
        from tests.mirrors.trial import UnequalError

        with _front(instance, chosen.planted, Path(folder)) as port:
            trial = _trial(instance, f"http://127.0.0.1:{port}", folder=Path(folder), seed=seed, drops=chosen.drops)
            try:
                told |= trial.run(seconds=chosen.seconds, writers=chosen.writers, kill_every_s=chosen.kill_every)
            except UnequalError as unequal:
                told["unequal"] = str(unequal)
            told["memory_mb"] = resident_mb(instance.data)
    told |= {"load_after": os.getloadavg(), "took_s": round(time.monotonic() - began)}
    print(json.dumps(told, indent=1))
    is_deaf = told.get("callbacks_a_change", CALLED_AT_LEAST) < CALLED_AT_LEAST
    return int(is_deaf or ("unequal" in told) == (chosen.planted == "none"))


def _front(instance: Instance, planted: str, folder: Path) -> Any:
    """Return the port of the instance's own API, or while the block lasts of one with a bug planted in it."""
    if planted == "none":
        return nullcontext(instance.port)
    return _Spoiled(instance, planted, folder)


class _Spoiled:
    """One more API over the instance's database, with a bug."""

    def __init__(self, instance: Instance, planted: str, folder: Path) -> None:
        settings = instance.settings() | {"ENTREPOT_PROCESS": "spoiled"}
        self._serving = serving(settings, log=folder / "spoiled.log", app="tests.doors.api.planted_front:app")
        self._planted = planted

    def __enter__(self) -> int:
        port = self._serving.__enter__().port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", f"/planted/{self._planted}")
        assert connection.getresponse().status == 204
        connection.close()
        return port

    def __exit__(self, *failure: Any) -> None:
        self._serving.__exit__(*failure)


def _trial(instance: Instance, url: str, *, folder: Path, seed: str, drops: float) -> Any:
    from tests.mirrors.trial import Shop, Trial
    from tests.mirrors.writers import wares
    from tests.ports import free_port

    from entrepot.base import scope
    from entrepot.parties.models import Distributor

    with scope.desk(read_only=True):
        tiers = dict(Distributor.objects.values_list("number", "tier_id"))
    shops = []
    for caller in instance.callers:
        secret = SECRET_PREFIX + base64.b64encode(caller.secret).decode()
        shops.append(Shop(caller.key, secret, tiers[caller.number], free_port()))
    return Trial(url, shops, wares(), folder, seed, drops)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
