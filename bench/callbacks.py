"""How fast malls are called, against a bare httpx loop posting the same bodies: `bin/bench callbacks`.

backlog   orders whose events wait in the outbox, let go at once: sorted, signed, sent, answered, written down
latency   orders at a steady pace: from the moment an event was written to its arrival, before its commit is known
hostile   the same pace with one mall that answers after 30 s and one that never does: the others' latency before, during, after
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime
from typing import Any

import httpx
import psycopg
import uvloop

from bench import load, signed
from bench.instance import Instance
from bench.programs import processor_s, resident_mb
from bench.receivers import FAST, SILENT, Receivers

GOALS = {
    "ratio_bar": 0.3,
    "ratio_goal": 0.7,
    "deliveries_per_s": 1_000,
    "latency_p95_ms": 2_000,
    "hostile_p99_ratio": 1.1,
}
PARTS = ("backlog", "latency", "hostile")
SORTING_LOCK = 0xCA11  # what `callbacks.sorting` holds while it sorts: whoever has it keeps events in the outbox
BATCH, CONNECTIONS = 200, 16
BARE_CONNECTIONS = 3  # to each mall
PATIENCE_S = 240
SLOW_S = "30"


class Malls:
    """Malls with a receiver each; the last two may turn hostile and are not measured then."""

    def __init__(self, instance: Instance, receivers: Receivers, *, honest: int) -> None:
        self.instance, self.receivers, self.honest = instance, receivers, honest
        self.callers = instance.callers
        secrets = []
        for caller, port in zip(self.callers, receivers.ports, strict=True):
            told = self._send(caller, "PUT", "/webhook", {"url": f"http://127.0.0.1:{port}/hook"})
            secrets.append(told["secret"])
        receivers.learn(secrets)
        self._until(lambda: all(self._send(caller, "GET", "/webhook")["state"] == "active" for caller in self.callers))

    def _send(self, caller: signed.Caller, method: str, path: str, content: Any = None) -> Any:
        body = signed.encode(content) if content is not None else b""
        asked = signed.request(caller, method, target=f"/api/v1{path}", body=body, host=self.instance.host)
        run = load.run([asked], port=self.instance.port, clients=1, seconds=10, keeps_bodies=True)
        assert run.statuses["200"] == 1, (path, run.statuses, run.bodies)
        return json.loads(run.bodies[0])

    def _until(self, condition: Any) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, "it never came to that"
            time.sleep(0.2)

    def orders(self, count: int, callers: Sequence[signed.Caller]) -> Iterator[bytes]:
        """Signed orders of one piece, each made when it is asked for."""
        skus = itertools.islice(itertools.cycle(self.instance.skus), count)
        return signed.orders(list(callers), skus=skus, host=self.instance.host)

    def settle(self) -> None:
        """Wait until nothing more comes."""
        before = -1
        while (now := self.receivers.count()) != before:
            before = now
            time.sleep(1.5)

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Keep events in the outbox."""
        with psycopg.connect(self.instance.settings()["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("select pg_advisory_lock(%s)", [SORTING_LOCK])
            yield

    def backlog(self, events: int) -> dict[str, Any]:
        """Let so many events go at once; then post the same bodies by httpx."""
        callers = self.callers[: self.honest]
        self.settle()
        self.receivers.take()
        with self.held_back():
            for start in range(0, events, len(callers) * BATCH):
                skus = [[self.instance.skus[(start + place) % len(self.instance.skus)] for place in range(BATCH)]]
                batches = signed.batches(list(callers), skus=skus * len(callers), host=self.instance.host)
                run = load.run(batches, port=self.instance.port, clients=4, seconds=120, keeps_bodies=True)
                refused = [row["status"] for body in run.bodies for row in json.loads(body)["results"]]
                assert set(refused) == {201}, Counter(refused)
            self.receivers.keep(events)
            used_s = processor_s(self.instance.data)["worker"]
            began = time.time()
        self._until(lambda: self.receivers.count() >= events)
        self.settle()
        used_s = processor_s(self.instance.data)["worker"] - used_s
        calls = self.receivers.take()
        took = max(call[4] for call in calls) - began
        kept = self.receivers.kept()
        bare_used_s = time.process_time()
        bare_s = uvloop.run(_posted(kept, self.receivers.ports))
        bare_used_s = time.process_time() - bare_used_s
        bare = len(kept) / bare_s
        self.receivers.take()
        return {
            "events": len(calls),
            "deliveries_per_s": round(len(calls) / took),
            "bare_httpx_per_s": round(bare),
            "ratio": round(len(calls) / took / bare, 2),
            "processor_us_per_delivery": round(used_s / len(calls) * 1e6),
            "bare_processor_us_per_call": round(bare_used_s / len(kept) * 1e6),
            **_order_of(calls),
            "load": round(os.getloadavg()[0], 1),
        }

    def latency(self, *, per_s: float, seconds: float) -> dict[str, Any]:
        """Orders at a pace from all malls; latency of what the honest ones were told."""
        self.receivers.take()
        count = round(per_s * seconds)
        requests = list(self.orders(count, self.callers))
        late_ms, took_s = uvloop.run(_paced(requests, port=self.instance.port, per_s=per_s))
        time.sleep(1.0)
        calls = [call for call in self.receivers.take() if call[0] < self.honest]
        waits = sorted((call[4] - datetime.fromisoformat(call[3]).timestamp()) * 1000 for call in calls)
        return {
            "orders_per_s": round(count / took_s, 1),
            "behind_ms": round(late_ms),
            "callbacks": len(calls),
            **{f"p{share}_ms": round(waits[len(waits) * share // 100], 1) for share in (50, 95, 99)},
            "load": round(os.getloadavg()[0], 1),
        }

    def hostile(self, *, per_s: float, seconds: float, rounds: int) -> dict[str, Any]:
        """The honest malls' latency before, while two malls are hostile, and after, in turn."""
        quiet, stormy = [], []
        for _ in range(rounds):
            quiet.append(self.latency(per_s=per_s, seconds=seconds))
            for mall, manner in zip(range(self.honest, self.honest + 2), (SLOW_S, SILENT), strict=True):
                self.receivers.behave(mall, manner)
            stormy.append(self.latency(per_s=per_s, seconds=seconds))
            for mall in range(self.honest, self.honest + 2):
                self.receivers.behave(mall, FAST)
            time.sleep(12)  # what is under way to the hostile ones comes to its end
            quiet.append(self.latency(per_s=per_s, seconds=seconds))
        before, during = (statistics.median(row["p99_ms"] for row in rows) for rows in (quiet, stormy))
        return {
            "p99_without_ms": before,
            "p99_with_ms": during,
            "ratio": round(during / before, 3),
            "without": quiet,
            "with": stormy,
        }


def _order_of(calls: Sequence[tuple[int, int, str, str, float]]) -> dict[str, Any]:
    """What a mall sees: nothing missing, how many came twice, how far from their place."""
    by_mall: dict[int, list[int]] = {}
    for mall, seq, *_rest in calls:
        by_mall.setdefault(mall, []).append(seq)
    twice = sum(len(seqs) - len(set(seqs)) for seqs in by_mall.values())
    missing = sum(max(seqs) - min(seqs) + 1 - len(set(seqs)) for seqs in by_mall.values())
    farthest = 0
    for seqs in by_mall.values():
        places = sorted(range(len(seqs)), key=seqs.__getitem__)
        farthest = max(farthest, *(abs(place - rank) for rank, place in enumerate(places)))
    assert missing == 0, f"{missing} events were lost"
    return {"missing": missing, "twice": twice, "farthest_from_place": farthest}


async def _posted(kept: Sequence[dict[str, Any]], ports: Sequence[int]) -> float:
    """Post the same bodies with the same headers and return the seconds it took.

    A client for each mall, which suits httpx best: one for all looks through all connections at every call.
    """

    async def post(client: httpx.AsyncClient, waiting: Iterator[dict[str, Any]]) -> None:
        for call in waiting:
            headers = {name: value for name, value in call["headers"].items() if name not in ("host", "content-length")}
            url = f"http://127.0.0.1:{ports[call['mall']]}/hook"
            answer = await client.post(url, content=call["body"].encode(), headers=headers)
            assert answer.status_code == 200, answer.status_code

    async with AsyncExitStack() as stack:
        work = []
        for mall in {call["mall"] for call in kept}:
            client = await stack.enter_async_context(httpx.AsyncClient(timeout=30))
            waiting = iter([call for call in kept if call["mall"] == mall])
            work += [post(client, waiting) for _ in range(BARE_CONNECTIONS)]
        began = time.perf_counter()
        await asyncio.gather(*work)
        return time.perf_counter() - began


async def _paced(requests: Sequence[bytes], *, port: int, per_s: float) -> tuple[float, float]:
    """Send each request at its time, late ones at once; return the worst delay in ms and the seconds all took."""
    worst = 0.0
    waiting = iter(enumerate(requests))
    began = time.perf_counter()

    async def client() -> None:
        nonlocal worst
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for place, request in waiting:
            due = began + place / per_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            worst = max(worst, time.perf_counter() - due)
            writer.write(request)
            head = await reader.readuntil(load.HEADER_END)
            assert head[9:12] == b"201", head
            await reader.readexactly(load.length_of(head))
        writer.close()

    await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    return worst * 1000, time.perf_counter() - began


def main(arguments: list[str]) -> int:
    """Measure on an instance of its own and print JSON; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="bin/bench callbacks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--malls", type=int, default=20)
    parser.add_argument("--events", type=int, default=20_000, help="of a backlog")
    parser.add_argument("--per-second", type=float, default=200, help="orders, of the steady pace")
    parser.add_argument("--seconds", type=float, default=20, help="of each steady pace")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args(arguments)
    found: dict[str, Any] = {"command": " ".join(["bin/bench callbacks", *arguments]), "load_before": os.getloadavg()}
    count = chosen.malls + 2
    with (
        Instance(skus=200, distributors=count, options=("--no-demo", "--allow-private-callbacks")) as instance,
        Receivers(count) as receivers,
    ):
        malls = Malls(instance, receivers, honest=chosen.malls)
        malls.latency(per_s=50, seconds=3)
        if "backlog" in chosen.only:
            rounds = [malls.backlog(chosen.events) for _ in range(chosen.rounds)]
            medians = {key: statistics.median(row[key] for row in rounds) for key in ("deliveries_per_s", "ratio")}
            found["backlog"] = {"malls": chosen.malls, **medians, "rounds": rounds}
        if "latency" in chosen.only:
            rounds = [malls.latency(per_s=chosen.per_second, seconds=chosen.seconds) for _ in range(chosen.rounds)]
            medians = {key: statistics.median(row[key] for row in rounds) for key in ("p50_ms", "p95_ms", "p99_ms")}
            found["latency"] = {"malls": count, **medians, "rounds": rounds}
        if "hostile" in chosen.only:
            found["hostile"] = malls.hostile(per_s=chosen.per_second, seconds=chosen.seconds, rounds=chosen.rounds)
        found["memory_mb"] = resident_mb(instance.data)
    print(json.dumps(found | {"load_after": os.getloadavg(), "goals": GOALS}, indent=1))
    return int(any(_missed(found)))


def _missed(found: dict[str, Any]) -> Iterator[bool]:
    if "backlog" in found:
        yield found["backlog"]["ratio"] < GOALS["ratio_bar"]
    if "latency" in found:
        yield found["latency"]["p95_ms"] > GOALS["latency_p95_ms"]
    if "hostile" in found:
        yield found["hostile"]["ratio"] > GOALS["hostile_p99_ratio"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
