"""What “why is this not shown” says is what the shelf does, for goods of every kind."""

import itertools

from entrepot.base import scope
from entrepot.catalog.models import Goods, Sku
from entrepot.reports import rules, shelf
from entrepot.reports.why_shown import why_shown
from tests.world import World


def test_the_answer_is_the_shelf_in_every_case(world: World) -> None:
    """Every combination of what can stand in the way, judged by the rule and looked up on the shelf of two malls."""
    malls = [world.distributor(funds_fen=10_000_000), world.distributor(funds_fen=10_000_000)]
    article = world.article(stock=4, min_quantity=1)
    cases = itertools.product(
        ["on_sale", "unlisted", "submitted"],
        [True, False],
        [([], []), ([malls[0].tier_id], []), ([], [malls[0].pk]), ([malls[1].tier_id], [malls[0].pk])],
        [True, False],
        [1000, None],
        [1, 5],
    )
    told = set()
    for state, is_supplied, (tiers, named), is_active, price_fen, minimum in cases:
        with scope.platform():
            Goods.objects.filter(pk=article.goods_id).update(
                state=state,
                is_supplier_active=is_supplied,
                visible_tiers=tiers,
                visible_distributors=named,
                min_quantity=minimum,
            )
            Sku.objects.filter(pk=article.sku_id).update(is_active=is_active, supply_price_fen=price_fen)
        for mall in malls:
            with scope.platform(read_only=True):
                (judged,) = why_shown(article.code, distributor_id=mall.pk)
            with scope.distributor(mall.pk, read_only=True):
                terms = shelf.terms_of(mall.pk)
                (live,) = shelf.live_skus(terms, codes=[article.code])
                on_shelf = [
                    sku.sku for goods in shelf.goods_page(terms, limit=9, ids=[article.goods_id]) for sku in goods.skus
                ]
            case = (state, is_supplied, tiers, named, is_active, price_fen, minimum, mall.pk)
            assert rules.is_shown(judged.offer) == (live.state == "on_sale") == (on_shelf == [article.code]), case
            if live.state == "on_sale":
                assert judged.offer.stock == live.stock, case
                assert judged.is_orderable == (live.stock >= minimum), case
            answer = world.run(world.place_ask(mall, (article, minimum)))
            if is_supplied:  # the desk asks the supplier's own row, which these cases leave active
                assert answer.is_accepted == judged.is_orderable, (case, rules.failing(judged.offer))
            if answer.is_accepted and answer.order is not None:
                world.cancel(answer.order)
            told |= set(rules.failing(judged.offer))
    assert told == {one.code for one in rules.CONDITIONS} - {"distributor", "stock"}


def test_sold_out_and_a_suspended_mall_are_told(world: World) -> None:
    article, mall = world.article(), world.distributor()
    with scope.platform():
        type(mall).objects.filter(pk=mall.pk).update(state="suspended")
        (judged,) = why_shown(article.code, distributor_id=mall.pk)
        assert rules.failing(judged.offer) == ["distributor", "stock", "min_quantity"]
        assert why_shown("nothing-of-that-number", distributor_id=mall.pk) == []


def test_pieces_are_those_of_his_own_pool(world: World) -> None:
    article, mall, other = world.article(stock=10), world.distributor(), world.distributor()
    world.allotment(article, distributor=mall, pieces=8, cap=5)
    with scope.platform():
        assert [why_shown(article.code, distributor_id=one.pk)[0].offer.stock for one in (mall, other)] == [5, 2]
