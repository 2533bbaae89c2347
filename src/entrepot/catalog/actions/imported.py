"""Writing judged goods down, many in a few statements, each whole or not at all."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.catalog import queries, rules
from entrepot.catalog.actions.history import name_of
from entrepot.catalog.actions.steps import tell_all
from entrepot.catalog.intake.judge import Group, Refused, Wanted
from entrepot.catalog.intake.sheet import COLUMNS
from entrepot.catalog.models import Goods, GoodsImport, GoodsState, GoodsVersion, Sku, SkuCost, VersionState
from entrepot.catalog.rules import bigrams
from entrepot.events.operations import record_each

_PRICES = ("suggested_price_fen", "price_floor_fen", "price_ceiling_fen")


def without_taken(groups: Sequence[Group]) -> tuple[list[Group], list[Refused]]:
    """Return the groups whose goods number and codes are free, and a refusal for each of the others.

    Numbers are there once for all suppliers, so this asks in the platform's scope; whose they are is not told.
    """
    wanted = [group.wanted for group in groups if group.wanted is not None]
    with scope.platform():
        numbers = set(
            Goods.objects.filter(goods_no__in=[one.goods_no for one in wanted]).values_list("goods_no", flat=True)
        )
        codes = set(
            Sku.objects.filter(code__in=[code for one in wanted for code in one.codes]).values_list("code", flat=True)
        )
    free, refused = [], []
    for group in groups:
        assert group.wanted is not None
        if group.wanted.goods_no in numbers:
            refused.append(Refused(group.rows[0], str(COLUMNS["goods_no"][0]), _("There are goods of that number.")))
        elif taken := codes.intersection(group.wanted.codes):
            reason = _("There is a SKU of the code “%(code)s”.") % {"code": min(taken)}
            refused.append(Refused(group.rows[0], str(COLUMNS["code"][0]), reason))
        else:
            free.append(group)
    return free, refused


def write(job: GoodsImport, *, wanted: Sequence[Wanted], is_own: bool, is_supplier_active: bool) -> None:
    """Write new goods with their SKUs and costs, the record of each, and what malls are told.

    Pictures are paths by now. Raises IntegrityError, and writes nothing, when a number or code was taken meanwhile.
    """
    with scope.platform():
        goods = Goods.objects.bulk_create(
            [_goods(job, one, is_own=is_own, is_supplier_active=is_supplier_active) for one in wanted], batch_size=1_000
        )
        skus = Sku.objects.bulk_create(
            [
                _sku(row, one=one, place=place, is_priced=is_own and job.is_at_once)
                for row, one in zip(goods, wanted, strict=True)
                for place in range(len(one.skus))
            ],
            batch_size=2_000,
        )
        drafts = [draft for one in wanted for draft in one.skus]
        costs = [
            SkuCost(sku_id=sku.pk, supplier_id=job.supplier_id, cost_fen=draft.cost_fen)
            for sku, draft in zip(skus, drafts, strict=True)
            if draft.cost_fen is not None
        ]
        if costs:
            with scope.supplier(job.supplier_id):
                SkuCost.objects.bulk_create(costs, batch_size=5_000)
        _record(job, goods=goods, wanted=wanted)
        if is_own and job.is_at_once:
            _list(job, goods=goods, wanted=wanted)


def _goods(job: GoodsImport, one: Wanted, *, is_own: bool, is_supplier_active: bool) -> Goods:
    state = GoodsState.DRAFT
    if job.is_at_once:
        state = GoodsState.ON_SALE if is_own else GoodsState.SUBMITTED
    return Goods(
        goods_no=one.goods_no,
        supplier_id=job.supplier_id,
        name=one.name,
        subtitle=one.subtitle,
        category_id=one.category_id,
        brand_id=one.brand_id,
        state=state,
        min_quantity=one.min_quantity,
        images=one.images,
        detail_images=one.detail_images,
        attributes=one.attributes,
        is_supplier_active=is_supplier_active,
        allowed_promotions=list(rules.ALLOWED_PROMOTIONS),
        search_terms=bigrams(f"{one.name} {one.goods_no} {one.brand}"),
    )


def _sku(goods: Goods, *, one: Wanted, place: int, is_priced: bool) -> Sku:
    draft = one.skus[place]
    sku = Sku(
        goods_id=goods.pk,
        code=one.codes[place],
        spec=draft.spec,
        supplier_price_fen=draft.supplier_price_fen,
        supply_price_fen=draft.supplier_price_fen if is_priced else None,
        weight_g=draft.weight_g,
        position=place,
    )
    for name in _PRICES:
        setattr(sku, name, getattr(draft, name))
    return sku


def _content(goods: Goods, *, one: Wanted) -> dict[str, object]:
    skus = [
        {"code": code} | {name: getattr(draft, name) for name in rules.SKU_FIELDS}
        for code, draft in zip(one.codes, one.skus, strict=True)
    ]
    return queries.fields_of(goods) | {"skus": skus}


def _record(job: GoodsImport, *, goods: Sequence[Goods], wanted: Sequence[Wanted]) -> None:
    record_each(
        (
            (row.pk, f"{row.goods_no} {row.name}", {"state": str(row.state), "import": job.pk, "skus": one.codes})
            for row, one in zip(goods, wanted, strict=True)
        ),
        actor=job.actor,
        verb="goods.imported",
        object_kind="goods",
        address=job.address,
    )


def _list(job: GoodsImport, *, goods: Sequence[Goods], wanted: Sequence[Wanted]) -> None:
    GoodsVersion.objects.bulk_create(
        [
            GoodsVersion(
                goods_id=row.pk,
                supplier_id=job.supplier_id,
                number=1,
                state=VersionState.LIVE,
                content=_content(row, one=one),
                made_by=name_of(job.actor),
            )
            for row, one in zip(goods, wanted, strict=True)
        ],
        batch_size=2_000,
    )
    tell_all(goods, event_type="product.listed", actor=job.actor)
