"""The judge must pass a service that is right, and find every bug planted in it."""

import copy

import pytest

from tests.sim import model
from tests.sim.bugs import BUGS, Wrong, cancel_after_confirm, cancel_after_confirm_counts, in_service
from tests.sim.deeds import Found
from tests.sim.fake import Service, ServiceMall
from tests.sim.fake_staff import ServiceStaff
from tests.sim.model import Auditor
from tests.sim.records import SHARED, Article, Party, Pool, Supplier
from tests.sim.simulation import Simulation, Tally
from tests.sim.supply_bugs import SUPPLY_BUGS
from tests.sim.tariff import Template, Zone

# Long enough for a verb that only a rare turn of events betrays; a planted bug is mostly found in the first second.
SEARCH_S = 90.0
# Threads race, so that a seed does not promise the same turn of events every time: a bug has three worlds to show in.
SEEDS = ("8", "9", "7")
SEEDS_AT_MOST = 20


def small_world() -> Auditor:
    """Three distributors, one of whom pays at confirmation, three shippers, and four articles, two of them with pools."""
    world = Auditor()
    parties = [("D1", "高级", 500, "hold"), ("D2", "中级", 733, "hold"), ("D3", "初级", 1000, "check")]
    for number, tier, rate_bps, policy in parties:
        world.parties[number] = Party(number=number, tier=tier, fee_rate_bps=rate_bps, balance=100_000, policy=policy)
    world.parties["D2"].credit_limit = 2_500
    world.suppliers["G0"] = Supplier(number="G0", is_own=True)
    world.suppliers["G1"] = Supplier(number="G1", is_asked=True, policy="reroute")
    world.suppliers["G2"] = Supplier(number="G2", policy="refund", is_silent_consent=True, rights_days=7)
    world.brought = {"supplier G1": "R1", "distributor D1": "R1", "distributor D2": "R2"}
    world.rates = {"R1": (1234, 777), "R2": (900, 2100)}
    articles = [(500, 1000, 2, True), (2000, 2055, 1, False), (333, 455, 1, False), (1290, 1999, 1, True)]
    for place, (supplier_price, supply_price, least, is_own) in enumerate(articles):
        world.articles[f"S{place}"] = Article(
            sku=f"S{place}",
            supplier=f"G{place % 3}",
            supplier_price=supplier_price,
            supply_price=supply_price,
            min_quantity=least,
            is_own=is_own,
            pools={SHARED: Pool(on_hand=100)},
            weight_g=300,
            substitutes=[(f"S{(place + 1) % 4}", False), (f"S{(place + 2) % 4}", True)],
        )
    world.articles["S1"].pools["pool 1"] = Pool(on_hand=10, distributor="D1", buffer=2, cap=400, given=10)
    world.articles["S2"].pools["pool 2"] = Pool(on_hand=10, tier="中级", given=10)
    world.articles["S2"].unlists = True
    zones = (Zone(first=1000, first_fen=800, step=500, step_fen=150), Zone(regions=("51",), is_served=False))
    world.articles["S1"].template = Template(name="weight", kind="weight", zones=zones)
    zones = (
        Zone(first=1, first_fen=500, step=1, step_fen=99),
        Zone(regions=("33",), first_fen=200, free_from_pieces=3),
    )
    world.articles["S0"].template = Template(name="piece", kind="piece", zones=zones)
    return world


def simulate(*, seed: str, seconds: float, steps: int = 60, burst: int = 40) -> Tally:
    """A simulation of a service that keeps its own books, begun from the same world as the judge's."""
    world = small_world()
    service = Service(copy.deepcopy(world), minute_s=2.0)
    simulation = Simulation(
        malls={number: ServiceMall(service, number) for number in world.parties},
        backstage=ServiceStaff(service),
        auditor=world,
        seed=seed,
        run="t",
        steps=steps,
        burst=burst,
        lapse_within_s=1.2,
        settles_within_s=3.0,  # nothing is far away here: what has not settled by then never does
    )
    return simulation.run(seconds=seconds)


def search(**rounds: int) -> None:
    """Simulate in one world after the other; raises Found as soon as the judge sees something wrong."""
    for seed in SEEDS:
        simulate(seed=seed, seconds=SEARCH_S, **rounds)


def test_a_service_that_is_right_passes() -> None:
    seen: set[str] = set()
    wanted = ["place ok", "place insufficient_stock", "place insufficient_balance", "confirm ok", "cancel ok"]
    wanted += ["ask ok", "inspect ok", "offer ok", "accept ok", "decline ok", "bill ok", "run ok", "reprice ok"]
    wanted += ["ship ok", "refund ok", "complete ok", "place batch_refused", "place number_reused_with_other_content"]
    for seed in range(1, SEEDS_AT_MOST + 1):
        tally = simulate(seed=str(seed), seconds=6)
        assert tally.rounds > 0
        seen |= set(tally.codes)
        # Three worlds, and as many more as it takes a slow machine to come across everything.
        if seed >= 3 and seen >= set(wanted):
            return
    raise AssertionError(f"never seen: {set(wanted) - seen}")


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BUGS[bug](monkeypatch)
    with pytest.raises(Found):
        search()


@pytest.mark.parametrize("bug", SUPPLY_BUGS)
def test_a_bug_of_the_supply_side_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long ways through single deeds betray these; crowds do not."""
    SUPPLY_BUGS[bug](monkeypatch)
    with pytest.raises(Found):
        search(steps=120, burst=1)


def test_a_cancel_that_also_follows_a_confirmation_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    in_service("judge", cancel_after_confirm)(monkeypatch)
    monkeypatch.setattr(Wrong, "takes_effect", cancel_after_confirm_counts(Auditor.takes_effect), raising=False)
    with pytest.raises(Found):
        search()


@pytest.mark.parametrize(
    ("supply_price", "rate_bps", "fee"),
    [(1000, 500, 50), (10, 500, 1), (9, 500, 0), (1, 5000, 1), (455, 733, 33), (0, 1000, 0), (1999, 0, 0)],
)
def test_a_fee_rounds_half_up_per_piece(supply_price: int, rate_bps: int, fee: int) -> None:
    assert model.fee_of(supply_price, rate_bps=rate_bps) == fee


def test_the_story_of_own_goods() -> None:
    world = Auditor()
    world.suppliers["own"] = Supplier(number="own", is_own=True)
    world.parties["高级"] = Party(number="高级", tier="高级", fee_rate_bps=500, balance=10_000)
    world.articles["A"] = Article(
        sku="A",
        supplier="own",
        supplier_price=500,
        supply_price=1000,
        min_quantity=2,
        is_own=True,
        pools={SHARED: Pool(on_hand=100)},
    )
    order = world.place("高级", number="1", content=None, mode="hold", lines=[("A", 2)])
    assert (world.articles["A"].available, world.parties["高级"].available) == (98, 7_900)
    world.do(order, "confirm")
    assert (world.parties["高级"].balance, order.drawn, order.state) == (7_900, 2_100, "confirmed")
