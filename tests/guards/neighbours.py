"""Two distributors and two suppliers who trade next to each other, and a row of every kind for each of them."""

import io
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import connection
from django.db.models.functions import Now
from PIL import Image

from entrepot.aftersale import actions
from entrepot.aftersale.rules import By, Wish
from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.base.worlds import sandbox_of
from entrepot.callbacks.models import Attempt, Endpoint, Message
from entrepot.catalog import actions as catalog
from entrepot.catalog.models import Category, Pick
from entrepot.events.models import Event as Fact
from entrepot.parties.models import Distributor, Referrer, Supplier
from entrepot.referral import actions as referral
from entrepot.sandbox import actions as sandbox
from entrepot.sandbox.rules import number_of
from entrepot.settlement import actions as settlement
from entrepot.trade import terms
from entrepot.trade.acceptances import Reroute
from entrepot.trade.books import OrderRow
from tests.world import CONSIGNEE, STAFF, Article, World, followed_to_the_end, taken


@dataclass
class Neighbours:
    """Alice and Bob buy from Anna and Boris; everybody also trades with everybody."""

    world: World
    alice: Distributor
    bob: Distributor
    anna: Supplier
    boris: Supplier
    goods: list[Article]
    referrers: list[Referrer] = field(default_factory=list)


def meet() -> Neighbours:
    """Make them, and let orders of both stand in every state."""
    world = World()
    alice, bob = (world.distributor(funds_fen=10**7) for _ in range(2))
    anna, boris = world.supplier(), world.supplier()
    referrers = [_referrer(world, bring) for bring in ({"supplier_id": anna.pk}, {"distributor_id": bob.pk})]
    for_all = [world.article(supplier=supplier, stock=500, cost_fen=1) for supplier in (anna, boris)]
    for_alice = world.article(supplier=anna, stock=50, cost_fen=2, visible_distributors=[alice.pk])
    for_bobs_tier = world.article(supplier=boris, stock=50, cost_fen=3, visible_tiers=[bob.tier_id])
    world.article(supplier=anna, stock=5, cost_fen=4, state="unlisted")
    world.allotment(for_all[0], distributor=alice, pieces=10)
    world.allotment(for_all[0], tier=bob.tier, pieces=10)
    for party in (alice, bob):
        own = for_alice if party is alice else for_bobs_tier
        _prices(own, party)
        _orders(world, party, [*for_all, own])
        _papers(party)
        _called(party)
        _funds_foreseen(party)
    for article in for_all:
        _versions(article)
    _slots(world, [*for_all, for_alice, for_bobs_tier])
    neighbours = Neighbours(world, alice, bob, anna, boris, [*for_all, for_alice, for_bobs_tier])
    _log(neighbours)
    _acceptances(neighbours)
    _bills(neighbours)
    _pay_referrers(neighbours, referrers)
    _sandboxes(neighbours)
    return neighbours


def _slots(world: World, goods: list[Article]) -> None:
    """Goods of all kinds in a slot that lives, in one that is planned, in one that is over and in one that is not shown."""
    now, day = database_now(), timedelta(days=1)
    for times in ({}, {"begins_at": now + day}, {"ends_at": now - day}, {"is_shown": False}):
        slot = catalog.save_slot(None, name=world.name("S")[:40], actor=STAFF, **times)
        catalog.put_in_slot(slot.pk, numbers=[article.code for article in goods], actor=STAFF)


def _sandboxes(neighbours: Neighbours) -> None:
    """A sandbox of each distributor, with an order that went all the way."""
    world = neighbours.world
    for party in (neighbours.alice, neighbours.bob):
        sandbox.make_sandbox(party.pk, actor=STAFF)
        who = sandbox_of(party.pk)
        lines = [terms.AskLine(f"{number_of(party.number)}-APPLE", 2)]
        ask = terms.Place(who, world.name("N"), "direct", lines, CONSIGNEE, b"c", f"api/{who}/proof")
        order = taken(world.run(ask))
        sandbox.move_on(order.id, until="completed", actor=STAFF)
        sandbox.is_first(who, out_order_no="N-OOS")


def _referrer(world: World, bring: dict[str, int]) -> Referrer:
    """A referrer who brought one of them."""
    grade = referral.create_grade(world.name("G"), supplier_rate_bps=1000, distributor_rate_bps=1000, actor=STAFF)
    who, _user = referral.admit_referrer(world.name("R"), username=world.name("r")[:40], grade_id=grade.pk, actor=STAFF)
    referral.attach(who.pk, actor=STAFF, **bring)
    return who


def _pay_referrers(neighbours: Neighbours, referrers: list[Referrer]) -> None:
    followed_to_the_end()
    for who in referrers:
        referral.pay_out(
            who.pk,
            amount_fen=1,
            month=date(2026, 1, 1),
            paid_on=date(2026, 1, 31),
            bank_reference="B",
            once=neighbours.world.name("o"),
            actor=STAFF,
        )
    neighbours.referrers = referrers


def _orders(world: World, party: Distributor, goods: list[Article]) -> None:
    lines = [(article, 2) for article in goods]
    world.place(party, *lines)
    world.cancel(world.place(party, *lines))
    lapsed = world.place(party, *lines)
    world.let_lapse(lapsed)
    taken(world.expire(lapsed))
    world.place(party, *lines, mode="direct")
    partly, shipped, refunded, completed = (world.place(party, *lines, mode="direct") for _ in range(4))
    for order in (partly, shipped, completed):
        for supplier_id in list(order.supply_orders)[: 1 if order is partly else None]:
            taken(world.ship(order, supplier_id=supplier_id))
    taken(world.refund(partly))
    taken(world.refund(refunded, pieces={1: 1}))
    taken(world.receive(completed))
    taken(world.complete(completed))
    _after_sale(world, party, completed)


def _called(party: Distributor) -> None:
    """A mall that was called, something that it was told, and the call; nobody calls it again."""
    with scope.platform():
        Endpoint.objects.create(distributor=party, url="https://mall.example/", state="disabled", last_seq=1)
        told = Fact.objects.create(
            at=Now(), type="webhook.test", object_kind="endpoint", object_id=party.pk, data={}, actor="x"
        )
        message = Message.objects.create(distributor=party, seq=1, event=told, type=told.type, state="delivered")
        Attempt.objects.create(
            distributor=party, message=message, type=told.type, url="x", request="{}", status=200, took_ms=1
        )
        Pick.objects.create(distributor=party, category=Category.objects.first(), state="picked")
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into callbacks_reading (id, xid, event_id)"
                " values (1, pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 0) on conflict do nothing"
            )
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(
            "insert into callbacks_seenstock (sku_id, shared, pools) select distinct sku_id, 0, '[]'::jsonb"
            " from stock_level on conflict do nothing"
        )


def _acceptances(neighbours: Neighbours) -> None:
    """Orders whose suppliers are asked to take them on, one line of each gone to the other supplier."""
    world, (first, second, *_) = neighbours.world, neighbours.goods
    suppliers = [neighbours.anna, neighbours.boris]
    for supplier in suppliers:
        world.ask_first(supplier, minutes=60)
    for party in (neighbours.alice, neighbours.bob):
        order = world.place(party, (first, 1), (second, 1), (first, 1), (second, 1), mode="direct")
        taken(world.run(Reroute(order.id, 1, second.code, STAFF, "proof")))
        taken(world.run(Reroute(order.id, 2, first.code, STAFF, "proof")))
    for supplier in suppliers:
        world.ask_first(supplier, minutes=None)


def _after_sale(world: World, party: Distributor, order: OrderRow) -> None:
    """A settled claim against each shipper, one that waits for the distributor's word, and where goods go back to."""
    by = By(kind="distributor", party_id=party.pk, actor=f"api/{party.pk}/proof")
    platform = By(kind="platform", actor=STAFF)
    picture = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(picture, "PNG")
    for line_no, supplier_id in enumerate(order.supply_orders, start=1):
        actions.save_address(supplier_id, by=platform, contact="x", phone="x", region="x", street="x")
        for is_agreed in (True, False):
            wish = Wish(
                order_id=order.id, out_refund_no=world.name("A"), kind="refund", reason="quality", pieces={line_no: 1}
            )
            made = actions.ask(wish, by=by, evidence=[picture.getvalue()], is_agreed=is_agreed)
            assert made.is_accepted and made.request_id is not None, made
            if is_agreed:
                assert actions.accept(made.request_id, by=platform).is_accepted


def _papers(party: Distributor) -> None:
    """Rows that the desk does not write."""
    with scope.distributor(party.pk), connection.cursor() as cursor:
        cursor.execute(
            "insert into parties_apikey (distributor_id, key, secret_sealed, label, is_live)"
            " values (%s, %s, 'secret', '', true)",
            [party.pk, f"ek_live_{party.number}"],
        )
        cursor.execute(
            "insert into parties_upload (distributor_id, content_hash, picture, size) values (%s, 'x', 'y', 1)",
            [party.pk],
        )
        cursor.execute(
            "insert into recharge_topup (distributor_id, amount_fen, state, payer, bank_reference, voucher_type, remark,"
            " review_note) values (%s, 100, 'pending', '', '', '', '', '')",
            [party.pk],
        )
        cursor.execute(
            "insert into orders_orderbatch (distributor_id, out_batch_no, content_hash, results, at)"
            " values (%s, 'B1', '', '[]', now())",
            [party.pk],
        )


def _versions(article: Article) -> None:
    """A version of some goods, and an import of their supplier."""
    with scope.supplier(article.supplier_id), connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog_goodsversion (goods_id, supplier_id, number, state, content, made_by, decided_by, note)"
            " values (%s, %s, 1, 'live', '{}', '', '', '')",
            [article.goods_id, article.supplier_id],
        )
        cursor.execute(
            "insert into catalog_goodsimport (supplier_id, actor, address, language, file_name, has_pictures,"
            " is_at_once, state, reason, goods_total, goods_done, goods_made, rows_refused, refused)"
            " values (%s, '', '', '', 'goods.xlsx', false, false, 'done', '', 0, 0, 0, 0, '[]')",
            [article.supplier_id],
        )


def _prices(article: Article, party: Distributor) -> None:
    """Freight, a rate of its own and announced changes of some goods, and the old prices that are honoured."""
    with scope.platform(), connection.cursor() as cursor:
        cursor.execute(
            "with made as (insert into freight_template (supplier_id, name, kind, is_active, version)"
            " values (%s, %s, 'piece', true, 1) returning id), zone as (insert into freight_zone (template_id, position,"
            " regions, is_served, first, first_fen, step, step_fen) select id, 0, '{}', true, 1, 0, 1, 0 from made)"
            " insert into freight_goodstemplate (goods_id, template_id) select %s, id from made",
            [article.supplier_id, article.code, article.goods_id],
        )
        cursor.execute(
            "insert into pricing_feerate (goods_id, tier_id, distributor_id, rate_bps)"
            " values (%(goods)s, %(tier)s, null, 100), (%(goods)s, null, %(party)s, 200)",
            {"goods": article.goods_id, "tier": party.tier_id, "party": party.pk},
        )
        cursor.execute(
            "insert into pricing_pricechange (sku_id, tier_id, supplier_id, field, state, effective_at, new_value,"
            " grace_minutes, reason, review_note, actor) values"
            " (%(sku)s, null, %(supplier)s, 'supplier_price', 'announced', now() + interval '1 year', 1, 0, '', '', ''),"
            " (%(sku)s, null, %(supplier)s, 'supply_price', 'applied', now(), 1, 0, '', '', ''),"
            " (%(sku)s, null, %(supplier)s, 'suggested_price', 'proposed', now(), null, 0, '', '', ''),"
            " (null, %(tier)s, null, 'fee_rate', 'announced', now() + interval '1 year', 1, 0, '', '', '')",
            {"sku": article.sku_id, "supplier": article.supplier_id, "tier": party.tier_id},
        )
        cursor.execute(
            "insert into pricing_grace (sku_id, tier_id, old_supply_price_fen, old_supplier_price_fen, old_rate_bps, until)"
            " values (%s, null, 1, 1, null, now()), (null, %s, null, null, 1, now())",
            [article.sku_id, party.tier_id],
        )


def _funds_foreseen(party: Distributor) -> None:
    """What is reckoned of a distributor's funds and holds, and limits of his own."""
    with scope.platform(), connection.cursor() as cursor:
        for statement in (
            (
                "insert into recharge_daytotal (distributor_id, day, kind, count, amount_fen)"
                " values (%s, current_date - 1, 'draw', 1, -1)"
            ),
            (
                "insert into membership_membershipsetting (id, warn_days, when_over)"
                " select 1, 7, 'refuse' from parties_distributor where id = %s on conflict do nothing"
            ),
            (
                "insert into membership_membershipterms (tier_id, price_fen, months)"
                " select tier_id, 100, 1 from parties_distributor where id = %s on conflict do nothing"
            ),
            (
                "insert into membership_membership (distributor_id, tier_id, tier_name, price_fen, months, since, until,"
                " once, bought_by, outcome) select id, tier_id, 'T', 1, 1, now(), now() + interval '1 month',"
                " 'once-' || id, 'system', '' from parties_distributor where id = %s"
            ),
            "insert into recharge_foresight (distributor_id, pace_fen, available_fen) values (%s, 1, 1)",
            (
                "insert into recharge_statement (distributor_id, month, opening_fen, top_up_fen, draw_fen, refund_fen,"
                " adjustment_fen, other_fen, closing_fen, lines) values (%s, '2020-01-01', 1, 0, 0, 0, 0, 0, 1, 0)"
            ),
            (
                "insert into stock_holdquota (distributor_id, holds, is_adaptive, floor_s, ceiling_s)"
                " values (%s, 1000, false, 60, 3600)"
            ),
            "insert into stock_holdrecord (distributor_id, ended, lapsed, lapse_s) values (%s, 1, 0, 900)",
        ):
            cursor.execute(statement, [party.pk])


def _bills(neighbours: Neighbours) -> None:
    """For each supplier a bill that was sent, and one that nobody but the platform sees yet."""
    for supplier in (neighbours.anna, neighbours.boris):
        said = settlement.NewTerms(
            cycle="day", rights_days=0, answer_days=1, is_silence_consent=False, is_sent_at_once=False
        )
        settlement.change_terms(supplier.pk, terms=said, actor=STAFF)
        settlement.send_bill(settlement.bill_now(supplier.pk, actor=STAFF).pk, actor=STAFF)
        cause = neighbours.world.name("adjust")
        assert neighbours.world.run(terms.AdjustSupplier(supplier.pk, 5, cause, STAFF)).is_accepted
        settlement.bill_now(supplier.pk, actor=STAFF)


def _log(neighbours: Neighbours) -> None:
    """One line in the operation log of every back office, by deeds that their own people do."""
    world, (article, *_) = neighbours.world, neighbours.goods
    for party in (neighbours.alice, neighbours.bob):
        order = world.place(party, (article, 1))
        world.run(terms.Cancel(order.id, f"distributor/{party.pk}/1/proof", party.pk))
    for supplier in (neighbours.anna, neighbours.boris):
        order = world.place(neighbours.alice, *((each, 1) for each in neighbours.goods[:2]), mode="direct")
        world.run(terms.Ship(order.id, supplier.pk, "sf", world.name("P"), f"supplier/{supplier.pk}/1/proof"))
    world.run(terms.Cancel(world.place(neighbours.bob, (article, 1)).id, STAFF))
