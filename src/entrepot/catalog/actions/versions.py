"""Changes of goods that stay on sale meanwhile (open mode), and the way back to an older version."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.catalog import queries, rules
from entrepot.catalog.actions.goods import fill, save_goods
from entrepot.catalog.actions.history import add, keep_live, name_of, retire, withdraw_waiting
from entrepot.catalog.actions.review import price, refuse_out_of_bounds
from entrepot.catalog.actions.skus import apply_skus, propose_skus
from entrepot.catalog.actions.steps import keep, locked, log, tell
from entrepot.catalog.models import Goods, GoodsState, GoodsVersion, VersionState
from entrepot.catalog.rules import SkuDraft
from entrepot.catalog.search import terms_of


def propose_change(
    supplier_id: int,
    *,
    goods_id: int,
    name: str,
    category_id: int,
    skus: Sequence[SkuDraft],
    actor: str,
    version: int | None = None,
    subtitle: str = "",
    brand_id: int | None = None,
    min_quantity: int = 1,
    images: Sequence[str] = (),
    detail_images: Sequence[str] = (),
    attributes: Mapping[int, str] | None = None,
    address: str = "",
) -> GoodsVersion:
    """Hand in a change of goods on sale; what is on sale goes on selling until the reviewer has approved it.

    Refuses what `save_goods` refuses, a supplier whose goods are edited in strict mode, goods that are not on sale,
    a second change while one waits, and a change that changes nothing. Raises Goods.DoesNotExist.
    """
    with scope.supplier(supplier_id):
        goods = locked(goods_id, version=version)
        _refuse_closed(goods)
        keep_live(goods, actor=actor)
        before = queries.content_of(goods)
        fill(
            goods,
            name=name,
            subtitle=subtitle,
            category_id=category_id,
            brand_id=brand_id,
            min_quantity=min_quantity,
            images=images,
            detail_images=detail_images,
            attributes=attributes,
        )
        if not goods.images:
            raise Mistake("images", _("Add at least one picture."))
        refuse_out_of_bounds(goods)
        content = queries.fields_of(goods) | {"skus": propose_skus(goods, drafts=skus)}
        found = rules.differences(before, new=content)
        if not found:
            raise Mistake("", _("Nothing is different from what is on sale."))
        row = add(goods, content=content, state=VersionState.WAITING, actor=actor)
        old, new = _told(found)
        log(goods, verb="goods.proposed", actor=actor, before=old, after=new, address=address)
    return row


def withdraw_change(supplier_id: int, *, goods_id: int, actor: str, address: str = "") -> None:
    """Take back the change of goods on sale that waits for review. Refuses when none waits any more."""
    with scope.supplier(supplier_id):
        goods = locked(goods_id)
        if not withdraw_waiting(goods, actor=actor):
            raise Mistake("", _("No change waits for review any more."))
        log(
            goods,
            verb="goods.proposal_withdrawn",
            actor=actor,
            before={"change": VersionState.WAITING.value},
            after={"change": VersionState.WITHDRAWN.value},
            address=address,
        )


def approve_change(
    goods_id: int,
    *,
    version_id: int,
    actor: str,
    supply_prices: Mapping[str, int] | None = None,
    version: int | None = None,
    note: str = "",
    address: str = "",
) -> Goods:
    """Put the change of goods on sale that waits for review in the place of what is on sale; malls are told.

    It is judged against what stands now: what it leaves alone stays as it is on sale, and a price that was changed
    since it was proposed stays too (`rules.rebased`). With `version`, refuses goods changed since the reviewer saw them.
    The supply price (供货价) of a SKU changes only to what `supply_prices` says, fen by SKU code; a new SKU without one
    takes the supplier's price. Refuses a change that waits no more, a price out of bounds, an unknown code, and a
    category or brand that the supplier may not offer any more. Raises Goods.DoesNotExist.
    """
    with scope.platform():
        goods = locked(goods_id, version=version)
        row = _waiting(goods, version_id=version_id)
        before = queries.content_of(goods)
        content, conflicts = queries.rebased(row, goods=goods)
        for field in rules.CONTENT_FIELDS:
            setattr(goods, field, content[field])
        refuse_out_of_bounds(goods)
        apply_skus(goods, kept=content["skus"])
        ids = dict(goods.skus.filter(is_active=True).values_list("code", "pk"))
        if unknown := set(supply_prices or {}) - set(ids):
            raise Mistake("", _("There is no SKU “%(code)s” in this change.") % {"code": min(unknown)})
        prices = price(goods, wanted={ids[code]: price_fen for code, price_fen in (supply_prices or {}).items()})
        goods.search_terms = terms_of(goods)
        goods.review_note = note.strip()[:400]
        keep(goods, *rules.CONTENT_FIELDS, "search_terms", "review_note")
        retire(goods)
        row.content = content
        _decide(row, state=VersionState.LIVE, actor=actor, note=note)
        old, new = _told(rules.differences(before, new=content))
        new["supply_prices_fen"] = prices
        if conflicts:
            new["kept_over_proposal"] = {
                f"{one.field} {one.sku}".strip(): one.kept for one in conflicts if one.kept != one.wanted
            }
        log(goods, verb="goods.change_approved", actor=actor, before=old, after=new, reason=note, address=address)
        if goods.is_supplier_active:
            tell(goods, event_type="product.updated", actor=actor)
    return goods


def reject_change(goods_id: int, *, version_id: int, reason: str, actor: str, address: str = "") -> Goods:
    """Turn a change of goods on sale down; they go on selling as they are. Refuses an empty reason."""
    if not reason.strip():
        raise Mistake("reason", _("Say why."))
    with scope.platform():
        goods = locked(goods_id)
        row = _waiting(goods, version_id=version_id)
        _decide(row, state=VersionState.REFUSED, actor=actor, note=reason)
        log(
            goods,
            verb="goods.change_rejected",
            actor=actor,
            before={"change": VersionState.WAITING.value},
            after={"change": VersionState.REFUSED.value},
            reason=reason,
            address=address,
        )
    return goods


def restore_version(supplier_id: int, *, goods_id: int, number: int, actor: str, address: str = "") -> bool:
    """Write goods as an older version had them; return whether that is a change waiting for review.

    Goods off the shelf become so at once, as a draft of their next review; goods on sale get a change that waits.
    Refuses what saving such goods would refuse. Raises Goods.DoesNotExist and GoodsVersion.DoesNotExist.
    """
    with scope.supplier(supplier_id):
        goods = locked(goods_id)
        content = GoodsVersion.objects.get(goods=goods, number=number).content
        what: dict[str, Any] = {name: content[name] for name in rules.CONTENT_FIELDS}
        what["attributes"] = {int(key): value for key, value in content["attributes"].items()}
        what["skus"] = [SkuDraft(**sku) for sku in content["skus"]]
        if goods.state == GoodsState.ON_SALE:
            propose_change(supplier_id, goods_id=goods_id, actor=actor, address=address, **what)
            return True
        save_goods(supplier_id, goods_id=goods_id, goods_no=goods.goods_no, actor=actor, address=address, **what)
    return False


def _refuse_closed(goods: Goods) -> None:
    if goods.state != GoodsState.ON_SALE:
        raise Mistake("", _("The state of the goods does not allow this."))
    if not queries.is_open(goods.supplier_id):
        raise Mistake("", _("On sale only the stock can be changed: take the goods off the shelf to edit them."))
    if queries.waiting_version(goods.pk) is not None:
        raise Mistake("", _("A change of these goods waits for review already: take it back first."))


def _waiting(goods: Goods, *, version_id: int) -> GoodsVersion:
    row = GoodsVersion.objects.filter(pk=version_id, goods=goods, state=VersionState.WAITING).first()
    if row is None or goods.state != GoodsState.ON_SALE:
        raise Mistake("", _("This change does not wait for review any more. Look again before you decide."))
    return row


def _decide(row: GoodsVersion, *, state: str, actor: str, note: str) -> None:
    row.state, row.decided_by, row.note = state, name_of(actor), note.strip()[:400]
    row.decided_at = Now()
    row.save(update_fields=["state", "decided_by", "decided_at", "note", "content"])


def _told(found: Sequence[rules.Difference]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return differences as the record shows them, before and after."""
    names = [f"{one.field} {one.sku}".strip() for one in found]
    return (
        {name: one.old for name, one in zip(names, found, strict=True)},
        {name: one.new for name, one in zip(names, found, strict=True)},
    )
