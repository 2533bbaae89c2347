"""Memberships against the real database: bought, renewed, warned of, over."""

import itertools
import threading
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.membership import actions, jobs, queries
from entrepot.membership.models import Membership
from entrepot.parties.actions import suspend_distributor
from entrepot.reports.verify import verify
from tests import audit
from tests.races.crew import crew_of
from tests.world import STAFF, World, codes, rows

YEAR_FEN = 100_000


class Club:
    """A grade at 1,000.00 a year, another at 100.00 a month, a free one, and a distributor with 5,000.00."""

    def __init__(self, access: Any) -> None:
        self.access, self.world = access, World()
        self.gold, self.silver = self.world.tier(fee_rate_bps=300), self.world.tier(fee_rate_bps=500)
        self.free = self.world.tier(fee_rate_bps=900)
        self.mall = self.world.distributor(funds_fen=500_000, tier=self.free)
        self.article = self.world.article(stock=99)
        actions.set_terms(self.gold.pk, price_fen=YEAR_FEN, months=12, actor=STAFF)
        actions.set_terms(self.silver.pk, price_fen=10_000, months=1, actor=STAFF)

    def buy(self, tier: Any, *, price_fen: int = YEAR_FEN, once: str = "") -> Membership:
        actor = f"distributor/{self.mall.pk}/1/mia"
        token = once or self.world.name("once")
        return actions.buy(self.mall.pk, tier_id=tier.pk, price_fen=price_fen, once=token, actor=actor)

    def move(self, row: Membership, *, by: str) -> None:
        """Move a membership in time, which the database lets nobody else do."""
        with psycopg.connect(self.access.admin_url) as owner:
            owner.execute(
                "update membership_membership set since = since + %s::interval, until = until + %s::interval where id = %s",
                [by, by, row.pk],
            )

    def stands(self) -> tuple[str, int]:
        """State and tier of the distributor."""
        (found,) = rows("select state, tier_id from parties_distributor where id = %s", self.mall.pk)
        return found

    def outcomes(self) -> list[str]:
        return [one for (one,) in rows("select outcome from membership_membership order by id")]

    def order(self) -> str:
        return codes([self.world.run(self.world.place_ask(self.mall, (self.article, 1)))])[0]


@pytest.fixture
def club(fresh_database: Any) -> Club:
    """In a database of its own: the setting holds for all."""
    return Club(fresh_database)


def tend() -> int:
    return jobs.tend(threading.Event())


def told(club: Club) -> int:
    """How many warnings the distributor was sent."""
    ((found,),) = rows(
        "select count(*) from events_event where type = 'membership.expiring' and distributor_id = %s", club.mall.pk
    )
    return int(found)


def test_a_grade_is_bought_renewed_and_falls_back(club: Club) -> None:
    setting = {"warn_days": 20, "when_over": "fallback", "fallback_tier_id": club.free.pk}
    actions.change_setting(**setting, actor=STAFF)
    first = club.buy(club.gold, once="a")
    assert club.buy(club.gold, once="a").pk == first.pk, "one token buys once"
    assert club.world.money(club.mall) == (500_000 - YEAR_FEN, 0) and club.stands() == ("active", club.gold.pk)
    ((kind, debit, credit),) = rows(
        "select t.kind, d.kind, c.kind from ledger_transfer t join ledger_account d on d.id = t.debit_id"
        " join ledger_account c on c.id = t.credit_id where t.cause = %s",
        f"membership:{first.pk}",
    )
    assert (kind, debit, credit) == ("membership", "prepaid", "membership_income")
    second = club.buy(club.gold)
    assert second.since == first.until, "a renewal is added to what is paid for already"
    assert tend() == 0
    for row in (first, second):
        club.move(row, by="-360 days")
    assert (tend(), told(club)) == (0, 0), "it was renewed: nothing to warn of"
    for row in (first, second):
        club.move(row, by="-360 days")
    assert (tend(), told(club)) == (2, 1), "the first year is over, the second about to be"
    assert club.outcomes() == ["renewed", ""] and club.stands() == ("active", club.gold.pk)
    assert (tend(), told(club)) == (0, 1)
    club.move(second, by="-30 days")
    assert tend() == 1
    assert club.outcomes() == ["renewed", "fallback"] and club.stands() == ("active", club.free.pk)
    assert club.order() == "ok"
    assert verify()["differences"] == [] == audit.faults(distributors=[club.mall.pk])
    verbs = [verb for (verb,) in rows("select verb from events_operation where verb like 'membership.%%' order by id")]
    assert verbs == ["membership.terms", "membership.terms", "membership.setting"] + ["membership.bought"] * 2


def test_orders_are_refused_until_it_is_renewed(club: Club) -> None:
    row = club.buy(club.silver, price_fen=10_000)
    club.move(row, by="-40 days")
    assert (tend(), club.stands(), club.order()) == (1, ("suspended", club.silver.pk), "distributor_suspended")
    again = club.buy(club.silver, price_fen=10_000)
    assert (club.stands(), club.order()) == (("active", club.silver.pk), "ok") and again.pk != row.pk
    suspend_distributor(club.mall.pk, reason="违约", actor=STAFF)
    with pytest.raises(Mistake):
        club.buy(club.gold)
    assert club.stands() == ("suspended", club.silver.pk), "a membership does not undo what the platform decided"


def test_who_was_refused_twice_renews_twice(club: Club) -> None:
    for _turn in range(2):
        row = club.buy(club.silver, price_fen=10_000)
        assert (club.stands(), club.order()) == (("active", club.silver.pk), "ok")
        club.move(row, by="-40 days")
        assert (tend(), club.stands()) == (1, ("suspended", club.silver.pk))
    assert club.outcomes() == ["refused", "refused"]


def test_who_was_suspended_before_his_time_was_over_cannot_buy_his_way_back(club: Club) -> None:
    row = club.buy(club.silver, price_fen=10_000)
    suspend_distributor(club.mall.pk, reason="违约", actor=STAFF)
    club.move(row, by="-40 days")
    assert (tend(), club.outcomes()) == (1, ["closed"])
    with pytest.raises(Mistake):
        club.buy(club.silver, price_fen=10_000)
    assert club.stands() == ("suspended", club.silver.pk)


def test_what_was_paid_ahead_for_another_grade_prolongs_nothing(club: Club) -> None:
    club.buy(club.gold)
    club.buy(club.gold)
    silver = club.buy(club.silver, price_fen=10_000)
    assert club.outcomes() == ["replaced", "replaced", ""] and club.stands() == ("active", club.silver.pk)
    club.move(silver, by="-40 days")
    assert (tend(), club.stands()) == (1, ("suspended", club.silver.pk))
    assert club.outcomes() == ["replaced", "replaced", "refused"]


def test_four_at_once_buy_one_year_each(club: Club) -> None:
    bought: list[Membership] = []
    with crew_of(4) as crew:
        bought += crew.race([lambda: club.buy(club.gold) for _ in range(4)])
    spans = sorted((row.since, row.until) for row in bought)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(spans)), spans
    assert club.world.money(club.mall) == (500_000 - 4 * YEAR_FEN, 0)


def test_another_grade_takes_the_place_at_once(club: Club) -> None:
    club.buy(club.silver, price_fen=10_000)
    gold = club.buy(club.gold)
    assert club.outcomes() == ["replaced", ""] and club.stands() == ("active", club.gold.pk)
    actions.set_terms(club.gold.pk, price_fen=YEAR_FEN + 1, months=12, actor=STAFF)
    with pytest.raises(Mistake):
        club.buy(club.gold)
    club.move(gold, by="-400 days")
    with scope.platform():
        type(club.mall).objects.filter(pk=club.mall.pk).update(tier=club.free)
    assert tend() == 1 and club.stands() == ("active", club.free.pk), "another tier by hand is left alone"


def test_what_cannot_be_paid_changes_nothing(club: Club) -> None:
    poor = club.world.distributor(funds_fen=9_999, tier=club.free)
    for tier, price_fen in ((club.silver, 10_000), (club.free, 1)):
        with pytest.raises(Mistake):
            actions.buy(poor.pk, tier_id=tier.pk, price_fen=price_fen, once=club.world.name("o"), actor=STAFF)
    assert club.world.money(poor) == (9_999, 0) and rows("select count(*) from membership_membership") == [(0,)]
    row = club.buy(club.gold)
    for change in ("price_fen = 1", "until = now()"):
        with pytest.raises(DatabaseError), transaction.atomic(), scope.platform(), connection.cursor() as cursor:
            cursor.execute(f"update membership_membership set {change} where id = %s", [row.pk])
    with scope.distributor(poor.pk, read_only=True):
        assert list(queries.memberships()) == []
    for wrong in ({"price_fen": 0, "months": 1}, {"price_fen": 5, "months": 2}):
        with pytest.raises(Mistake):
            actions.set_terms(club.gold.pk, actor=STAFF, **wrong)
    for fallback in (None, club.gold.pk):
        with pytest.raises(Mistake):
            actions.change_setting(warn_days=7, when_over="fallback", fallback_tier_id=fallback, actor=STAFF)
    with psycopg.connect(club.access.admin_url) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute("update membership_membership set price_fen = price_fen + 1")
    assert {one["field"] for one in verify()["differences"]} == {"price_fen"}
