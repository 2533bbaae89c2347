"""A running instance as the simulation sees it: clients of its demo distributors, its back office, its world."""

import json
import secrets
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from entrepot_sdk import Entrepot, RetryPolicy, errors
from entrepot_sdk.shapes import Product
from tests.sim.backstage import Backstage, DeskProcess
from tests.sim.deeds import Found
from tests.sim.model import Auditor
from tests.sim.records import Article, Party, Pool
from tests.sim.simulation import Simulation, Tally, pool_name

ROOT = Path(__file__).resolve().parents[2]
PARTIES = 4
ARTICLES = 6
# Rate limits are per key: a simulation is patient with them and with a service that says it is busy.
PATIENT = RetryPolicy(attempts=12, first_wait_s=0.1, longest_wait_s=5.0)


def simulate(
    *, port: int, data: Path, keys: Sequence[dict[str, Any]], seed: str, seconds: float, say: Callable[[str], None]
) -> Tally:
    """Run one simulation against an instance; raises Found with what cannot be, AssertionError when `verify` differs."""
    say(f"seed {seed}")
    run = secrets.token_hex(4)
    with ExitStack() as stack:
        malls: dict[str, Entrepot] = {}
        for key in list(keys)[:PARTIES]:
            client = Entrepot(f"http://127.0.0.1:{port}", key=key["key"], secret=key["secret"], retry=PATIENT)
            malls[key["number"]] = stack.enter_context(client)
        backstage = stack.enter_context(DeskProcess([ROOT / "bin" / "entrepot", "desk", "--data", data]))
        auditor = world_of(malls, backstage=backstage, run=run)
        pools = sum(len(article.pools) - 1 for article in auditor.articles.values())
        say(f"{len(malls)} distributors, {len(auditor.articles)} articles, {pools} pools set apart")
        simulation = Simulation(malls=dict(malls), backstage=backstage, auditor=auditor, seed=seed, run=run)
        try:
            tally = simulation.run(seconds=seconds)
        except Found as found:
            last = simulation.last_deeds()
            raise Found(f"seed {seed}, round {simulation.tally.rounds}: {found}\nthe last deeds:\n{last}") from found
    verify(data)
    return tally


def world_of(malls: dict[str, Entrepot], *, backstage: Backstage, run: str) -> Auditor:
    """An auditor who starts from the instance as it stands, with a few articles that all these malls may sell."""
    auditor = Auditor()
    for mall in malls.values():
        _cancel_open(mall)
    skus = choose_articles(malls)
    _set_apart(skus, malls=malls, backstage=backstage, run=run)
    books = backstage.books(skus)
    if books.code:
        raise RuntimeError(f"the back office does not show its books: {books.code}")
    money = {row["distributor"]: row for row in books.facts["accounts"] if row["kind"] == "prepaid"}
    for number, mall in malls.items():
        me, balance = mall.me(), mall.balance()
        auditor.parties[number] = Party(
            number=number,
            tier=me.tier,
            fee_rate_bps=me.fee_rate_bps,
            balance=balance.balance,
            held=balance.held,
            credit_limit=money.get(number, {}).get("credit_limit_fen", 0),
            policy=me.funds_policy,
        )
    for row in books.facts["skus"]:
        auditor.articles[row["sku"]] = Article(
            sku=row["sku"],
            supplier=row["supplier"],
            supplier_price=row["supplier_price_fen"],
            supply_price=row["supply_price_fen"],
            min_quantity=row["min_quantity"],
            is_own=row["is_own"],
            pools={pool_name(level): _pool(level) for level in books.facts["levels"] if level["sku"] == row["sku"]},
        )
    return auditor


def _set_apart(skus: list[str], *, malls: dict[str, Entrepot], backstage: Backstage, run: str) -> None:
    """A pool for a distributor and one for a tier, unless an earlier simulation made them."""
    taken = {level["sku"] for level in backstage.books(skus).facts["levels"] if level["distributor"] or level["tier"]}
    numbers = sorted(malls)
    wanted: list[tuple[str, str | None, str | None]] = [
        (skus[0], numbers[0], None),
        (skus[1], None, malls[numbers[-1]].me().tier),
    ]
    for sku, distributor, tier in wanted:
        if sku in taken:
            continue
        cause = f"pool-{run}-{sku}"
        answer = backstage.allot(sku, 5, cause, distributor=distributor, tier=tier, cap=100_000, buffer=2)
        if answer.code not in ("", "insufficient_stock", "unknown_verb"):
            raise RuntimeError(f"a pool of {sku} was refused: {answer.code} {answer.facts}")


def _cancel_open(mall: Entrepot) -> None:
    """What earlier simulations left held or waiting would move money and stock on its own."""
    for state in ("awaiting_funds", "held"):
        for order in list(mall.orders(state=state, limit=200)):
            try:
                mall.cancel(order.id)
            except errors.StateConflictError:
                continue  # it lapsed, or was released, in this moment


def _pool(level: dict[str, Any]) -> Pool:
    return Pool(
        on_hand=level["on_hand"],
        reserved=level["reserved"],
        distributor=level["distributor"],
        tier=level["tier"],
        cap=level["cap"],
        buffer=level["buffer"] or 0,
        taken=level["taken"] or 0,
    )


def choose_articles(malls: dict[str, Entrepot]) -> list[str]:
    """SKUs that every mall may sell, of like price and different shippers where there are any."""
    shelves = [_shelf(mall) for mall in malls.values()]
    shared = [sku for sku in shelves[0] if all(sku in shelf for shelf in shelves[1:])]
    if len(shared) < ARTICLES:
        raise RuntimeError(f"only {len(shared)} SKUs are on every shelf")
    # One from each sixth of the middle half by price: dear and cheap goods, but none that empties a purse alone.
    by_price = sorted(shared, key=lambda sku: shelves[0][sku])
    middle = by_price[len(by_price) // 4 :]
    step = max(1, len(by_price) // 2 // ARTICLES)
    return sorted(middle[place * step] for place in range(ARTICLES))


def _shelf(mall: Entrepot) -> dict[str, int]:
    products: Sequence[Product] = list(mall.products(limit=200))
    return {sku.sku: sku.agreed_price for product in products for sku in product.skus}


def verify(data: Path) -> None:
    """Let the instance recompute its own books."""
    said = subprocess.run(
        [ROOT / "bin" / "entrepot", "verify", "--json", "--data", data], capture_output=True, text=True, check=False
    )
    if said.returncode:
        raise AssertionError(f"verify ended with {said.returncode}: {said.stdout}{said.stderr}")
    if json.loads(said.stdout)["differences"]:
        raise AssertionError(said.stdout)


def keys_of(data: Path) -> list[dict[str, Any]]:
    """The demo distributors of an instance."""
    said = subprocess.run(
        [ROOT / "bin" / "entrepot", "keys", "--json", "--data", data], capture_output=True, text=True, check=True
    )
    keys: list[dict[str, Any]] = json.loads(said.stdout)
    return keys
