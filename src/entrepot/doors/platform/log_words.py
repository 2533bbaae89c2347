"""The operation log in words: what each verb is called, and what a line changed, field by field."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from entrepot.base.money import yuan
from entrepot.doors.kit.figures import bps
from entrepot.events.models import Operation

VERBS: dict[str, Any] = {
    "order.held": gettext_lazy("Order placed"),
    "order.confirmed": gettext_lazy("Order confirmed"),
    "order.awaiting_funds": gettext_lazy("Order waits for funds"),
    "order.shipped": gettext_lazy("Parcel sent"),
    "order.refunded": gettext_lazy("Refunded before shipping"),
    "order.cancelled": gettext_lazy("Order cancelled"),
    "order.delivered": gettext_lazy("Receipt recorded"),
    "order.completed": gettext_lazy("Order completed"),
    "order.lines_accepted": gettext_lazy("Lines accepted"),
    "order.lines_back_ordered": gettext_lazy("Lines back-ordered"),
    "order.lines_refused": gettext_lazy("Lines that cannot be supplied"),
    "order.lines_overdue": gettext_lazy("Lines not accepted in time"),
    "order.line_rerouted": gettext_lazy("Line re-routed"),
    "order.acceptance_extended": gettext_lazy("More time to accept"),
    "acceptance.terms": gettext_lazy("Acceptance terms of a supplier changed"),
    "acceptance.house_terms": gettext_lazy("Acceptance terms of the platform changed"),
    "substitute.added": gettext_lazy("Substitute named"),
    "substitute.changed": gettext_lazy("Substitute changed"),
    "substitute.removed": gettext_lazy("Substitute dropped"),
    "aftersale.requested": gettext_lazy("After-sale asked for"),
    "aftersale.approved": gettext_lazy("After-sale agreed to"),
    "aftersale.refused": gettext_lazy("After-sale turned down"),
    "aftersale.withdrawn": gettext_lazy("After-sale taken back"),
    "aftersale.return_sent": gettext_lazy("Goods sent back"),
    "aftersale.inspected": gettext_lazy("Returned goods looked at"),
    "aftersale.not_returned": gettext_lazy("Goods did not come back"),
    "aftersale.resent": gettext_lazy("Goods sent once more"),
    "aftersale.rule": gettext_lazy("After-sale table changed"),
    "aftersale.rule_reset": gettext_lazy("After-sale table reset"),
    "aftersale.limits": gettext_lazy("After-sale times changed"),
    "return_address.created": gettext_lazy("Return address added"),
    "return_address.changed": gettext_lazy("Return address changed"),
    "return_address.removed": gettext_lazy("Return address taken out of use"),
    "claim.offered": gettext_lazy("Claim: offer made"),
    "claim.countered": gettext_lazy("Claim: other amount asked for"),
    "claim.agreed": gettext_lazy("Claim settled by agreement"),
    "claim.ruled": gettext_lazy("Claim ruled"),
    "claim.silence": gettext_lazy("Claim settled by silence"),
    "consignee.revealed": gettext_lazy("Consignee looked at in clear"),
    "balance.credited": gettext_lazy("Balance credited"),
    "balance.debited": gettext_lazy("Balance debited"),
    "balance.refunded": gettext_lazy("Refund credited"),
    "balance.limit": gettext_lazy("Credit limit changed"),
    "stock.changed": gettext_lazy("Stock changed"),
    "stock.restocked": gettext_lazy("Stock is back"),
    "stock.sold_out": gettext_lazy("Stock taken to zero"),
    "goods.created": gettext_lazy("Goods created"),
    "goods.changed": gettext_lazy("Goods changed"),
    "goods.picture": gettext_lazy("Picture added"),
    "goods.submitted": gettext_lazy("Handed in for review"),
    "goods.withdrawn": gettext_lazy("Taken back from review"),
    "goods.approved": gettext_lazy("Goods approved"),
    "goods.rejected": gettext_lazy("Goods turned down"),
    "goods.listed": gettext_lazy("Put on sale"),
    "goods.unlisted": gettext_lazy("Taken off the shelf"),
    "goods.visibility": gettext_lazy("Visibility changed"),
    "goods.promotions": gettext_lazy("Promotions changed"),
    "goods.fee_rate": gettext_lazy("Fee rate of goods changed"),
    "goods.freight": gettext_lazy("Freight of goods changed"),
    "freight.created": gettext_lazy("Freight template created"),
    "freight.changed": gettext_lazy("Freight template changed"),
    "freight.removed": gettext_lazy("Freight template removed"),
    "price.announced": gettext_lazy("Price change announced"),
    "price.proposed": gettext_lazy("Price change proposed"),
    "price.approved": gettext_lazy("Price change approved"),
    "price.refused": gettext_lazy("Price change turned down"),
    "price.cancelled": gettext_lazy("Price change called off"),
    "price.applied": gettext_lazy("Price change in effect"),
    "price.setting": gettext_lazy("Price setting changed"),
    "supplier.created": gettext_lazy("Supplier created"),
    "supplier.changed": gettext_lazy("Supplier changed"),
    "supplier.activated": gettext_lazy("Supplier activated"),
    "supplier.suspended": gettext_lazy("Supplier suspended"),
    "distributor.created": gettext_lazy("Distributor created"),
    "distributor.changed": gettext_lazy("Distributor changed"),
    "distributor.activated": gettext_lazy("Distributor activated"),
    "distributor.suspended": gettext_lazy("Distributor suspended"),
    "key.issued": gettext_lazy("Key issued"),
    "key.revoked": gettext_lazy("Key revoked"),
    "webhook.types": gettext_lazy("Events of the callbacks chosen"),
    "webhook.secret": gettext_lazy("Secret of the callbacks renewed"),
    "webhook.retried": gettext_lazy("Callback address asked once more"),
    "webhook.tested": gettext_lazy("Test callback sent"),
    "webhook.replayed": gettext_lazy("Callbacks sent again"),
    "tier.created": gettext_lazy("Tier created"),
    "referrer.created": gettext_lazy("Referrer created"),
    "referrer.changed": gettext_lazy("Referrer changed"),
    "referrer.activated": gettext_lazy("Referrer activated"),
    "referrer.suspended": gettext_lazy("Referrer suspended"),
    "referrer.graded": gettext_lazy("Grade of a referrer changed"),
    "referrer.accrued": gettext_lazy("Share owed to a referrer"),
    "referrer.reversed": gettext_lazy("Share of a referrer taken back"),
    "referrer.paid": gettext_lazy("Referrer paid"),
    "referral.attached": gettext_lazy("Party attached to a referrer"),
    "referral.ended": gettext_lazy("Attachment to a referrer ended"),
    "referral.paid": gettext_lazy("Payout to a referrer recorded"),
    "grade.created": gettext_lazy("Referral grade created"),
    "grade.changed": gettext_lazy("Referral grade changed"),
    "tier.changed": gettext_lazy("Tier changed"),
    "topup.requested": gettext_lazy("Top-up requested"),
    "topup.approved": gettext_lazy("Top-up approved"),
    "topup.rejected": gettext_lazy("Top-up turned down"),
    "topup.withdrawn": gettext_lazy("Top-up withdrawn"),
    "supplier.paid": gettext_lazy("Supplier paid"),
    "supplier.adjusted": gettext_lazy("What is owed to a supplier adjusted"),
    "bill.created": gettext_lazy("Bill made"),
    "bill.put_off": gettext_lazy("Line left for the next bill"),
    "statement.ready": gettext_lazy("Bill sent"),
    "bill.confirmed": gettext_lazy("Bill confirmed"),
    "bill.disputed": gettext_lazy("Lines of a bill disputed"),
    "bill.ruled": gettext_lazy("Dispute ruled on"),
    "bill.paid": gettext_lazy("Bill paid"),
    "bill.settled": gettext_lazy("Bill settled"),
    "bill.terms": gettext_lazy("Terms of settlement changed"),
    "bill.terms_usual": gettext_lazy("Usual terms of settlement hold again"),
    "money.credited": gettext_lazy("Credited by hand"),
    "money.adjusted": gettext_lazy("Balance adjusted"),
    "money.limit": gettext_lazy("Credit limit set"),
    "funds.setting": gettext_lazy("Warning of low funds changed"),
    "quota.changed": gettext_lazy("Limits of holds changed"),
    "shelf.switch": gettext_lazy("Sold-out switch changed"),
    "allotment.opened": gettext_lazy("Allotment opened"),
    "allotment.changed": gettext_lazy("Allotment changed"),
    "allotment.closed": gettext_lazy("Allotment closed"),
    "user.created": gettext_lazy("User created"),
    "user.renamed": gettext_lazy("User renamed"),
    "user.roles": gettext_lazy("Roles of a user changed"),
    "user.activated": gettext_lazy("User let in again"),
    "user.deactivated": gettext_lazy("User locked out"),
    "user.password_reset": gettext_lazy("Password reset"),
    "user.password_changed": gettext_lazy("Password changed"),
    "user.signed_in": gettext_lazy("Signed in"),
    "user.second_factor_added": gettext_lazy("Second factor added"),
    "user.second_factor_removed": gettext_lazy("Second factor removed"),
    "user.recovery_codes_made": gettext_lazy("Recovery codes made"),
    "user.session_ended": gettext_lazy("Session ended"),
    "user.other_sessions_ended": gettext_lazy("Other sessions ended"),
    "role.created": gettext_lazy("Role created"),
    "role.changed": gettext_lazy("Role changed"),
    "category.created": gettext_lazy("Category created"),
    "category.changed": gettext_lazy("Category changed"),
    "category.merged": gettext_lazy("Category merged"),
    "category.removed": gettext_lazy("Category removed"),
    "brand.created": gettext_lazy("Brand created"),
    "brand.changed": gettext_lazy("Brand changed"),
    "brand.removed": gettext_lazy("Brand removed"),
    "attribute.created": gettext_lazy("Attribute created"),
    "attribute.changed": gettext_lazy("Attribute changed"),
    "attribute.removed": gettext_lazy("Attribute removed"),
    "supplier.bounds": gettext_lazy("Bounds of supply changed"),
    "catalog.mode": gettext_lazy("Mode of editing changed"),
    "goods.proposed": gettext_lazy("Change handed in"),
    "goods.proposal_withdrawn": gettext_lazy("Change taken back"),
    "goods.change_approved": gettext_lazy("Change approved"),
    "goods.change_rejected": gettext_lazy("Change turned down"),
    "goods.imported": gettext_lazy("Goods imported"),
    "goods_import.opened": gettext_lazy("Import started"),
    "goods_import.cancelled": gettext_lazy("Import cancelled"),
}
_FIELDS: dict[str, Any] = {
    "floor": gettext_lazy("Guaranteed floor"),
    "is_limited": gettext_lazy("Limit what may be on hold"),
    "is_own": gettext_lazy("Goods with switches of their own"),
    "given": gettext_lazy("Given"),
    "cap": gettext_lazy("Cap"),
    "buffer": gettext_lazy("Safety buffer"),
    "ends_at": gettext_lazy("Ends"),
    "unlists": gettext_lazy("Leaves the shelf when sold out"),
    "relists": gettext_lazy("Comes back with stock"),
    "pieces_of_sku": gettext_lazy("Pieces of one SKU"),
    "holds": gettext_lazy("Orders on hold"),
    "funds_bps": gettext_lazy("Share of balance and credit"),
    "buyer_pieces_of_sku": gettext_lazy("Pieces of one SKU for one buyer"),
    "buyer_holds": gettext_lazy("Orders on hold for one buyer"),
    "is_adaptive": gettext_lazy("Holds grow shorter"),
    "floor_s": gettext_lazy("Shortest hold (seconds)"),
    "ceiling_s": gettext_lazy("Longest hold (seconds)"),
    "is_automatic": gettext_lazy("Warn by days of funds"),
    "warn_days": gettext_lazy("Warn below (days)"),
    "follows": gettext_lazy("Follows request"),
    "refunded_fen": gettext_lazy("Returned to the balance"),
    "kind": gettext_lazy("Kind"),
    "is_offered": gettext_lazy("Can be asked for"),
    "returns": gettext_lazy("The draw"),
    "condition": gettext_lazy("When"),
    "bill": gettext_lazy("Supplier's bill"),
    "freight": gettext_lazy("Freight is borne by"),
    "claim_hours": gettext_lazy("Time to answer a claim, hours"),
    "return_days": gettext_lazy("Time to return goods, days"),
    "claim_state": gettext_lazy("Claim"),
    "claim_offer_fen": gettext_lazy("Offered"),
    "claim_demand_fen": gettext_lazy("Claimed"),
    "claim_supplier_bps": gettext_lazy("Borne by the supplier"),
    "name": pgettext_lazy("field", "Name"),
    "state": gettext_lazy("State"),
    "number": gettext_lazy("Number"),
    "contact": gettext_lazy("Contact"),
    "tier_id": gettext_lazy("Tier"),
    "fee_rate_bps": gettext_lazy("Fee rate"),
    "rate_limit_per_s": gettext_lazy("Calls a second"),
    "rate_burst": gettext_lazy("Burst of calls"),
    "position": gettext_lazy("Place in the order"),
    "note": gettext_lazy("Note"),
    "grade": gettext_lazy("Grade"),
    "supplier_rate_bps": gettext_lazy("For a supplier"),
    "distributor_rate_bps": gettext_lazy("For a distributor"),
    "reached_from_fen": gettext_lazy("Reached from"),
    "bank_reference": gettext_lazy("Bank reference"),
    "party": gettext_lazy("Party"),
    "since": gettext_lazy("From"),
    "until": gettext_lazy("To"),
    "month": gettext_lazy("Month"),
    "funds_policy": gettext_lazy("Funds policy"),
    "hold_ttl_s": gettext_lazy("Hold, in seconds"),
    "allow_list": gettext_lazy("Allow-list"),
    "callback_url": gettext_lazy("Callback address"),
    "low_balance_fen": gettext_lazy("Warn below"),
    "credit_limit_fen": gettext_lazy("Credit limit"),
    "amount_fen": gettext_lazy("Amount"),
    "bill_lines": gettext_lazy("Bill lines"),
    "content_hash": gettext_lazy("Digest"),
    "adjustment_fen": gettext_lazy("Adjustment"),
    "ruling": gettext_lazy("Ruling"),
    "transfer_id": gettext_lazy("Entry"),
    "cycle": gettext_lazy("Cycle"),
    "rights_days": gettext_lazy("Rights window, in days"),
    "answer_days": gettext_lazy("Days for an answer"),
    "is_silence_consent": gettext_lazy("Silence is consent"),
    "is_sent_at_once": gettext_lazy("Send bills at once"),
    "balance_fen": gettext_lazy("Balance"),
    "permissions": gettext_lazy("Permissions"),
    "roles": gettext_lazy("Roles"),
    "is_active": pgettext_lazy("user", "May sign in"),
    "goods_no": gettext_lazy("Goods no."),
    "subtitle": gettext_lazy("Selling point"),
    "category_id": gettext_lazy("Category"),
    "brand_id": gettext_lazy("Brand"),
    "min_quantity": gettext_lazy("Minimum quantity"),
    "images": gettext_lazy("Pictures"),
    "detail_images": gettext_lazy("Detail pictures"),
    "skus": gettext_lazy("SKUs"),
    "supply_prices_fen": gettext_lazy("Supply prices"),
    "attributes": gettext_lazy("Attributes"),
    "choices": gettext_lazy("Choices"),
    "is_required": gettext_lazy("Required"),
    "parent_id": gettext_lazy("Parent category"),
    "into": gettext_lazy("Merged into"),
    "goods": gettext_lazy("Goods"),
    "has_all_categories": gettext_lazy("All categories"),
    "has_all_brands": gettext_lazy("All brands"),
    "category_ids": gettext_lazy("Categories"),
    "brand_ids": gettext_lazy("Brands"),
    "edit_mode": gettext_lazy("Mode of editing"),
    "is_open": gettext_lazy("Open mode"),
    "change": gettext_lazy("Change of goods on sale"),
    "visible_tiers": gettext_lazy("Seen by tiers"),
    "visible_distributors": gettext_lazy("Seen by distributors"),
    "allowed_promotions": gettext_lazy("Allowed promotions"),
    "acceptance_minutes": gettext_lazy("Minutes to accept"),
    "unsupplied": gettext_lazy("When a line cannot be supplied"),
    "may_lose": gettext_lazy("Even at a loss"),
    "place": gettext_lazy("Place in the order"),
    "accept_by": gettext_lazy("Accept by"),
    "ship_by": gettext_lazy("Ship by"),
    "lines": gettext_lazy("Lines"),
    "tracking_no": gettext_lazy("Tracking no."),
    "carrier": gettext_lazy("Carrier"),
    "refunded": gettext_lazy("Refunded"),
    "drawn": gettext_lazy("Drawn"),
    "total": gettext_lazy("Total"),
    "amount": gettext_lazy("Amount"),
    "balance": gettext_lazy("Balance"),
    "stock": gettext_lazy("Pieces available"),
    "delta": gettext_lazy("Difference in pieces"),
    "out_order_no": gettext_lazy("Mall's order no."),
    "display_name": gettext_lazy("Shown name"),
    "label": gettext_lazy("Label"),
    "key": gettext_lazy("Key"),
    "for": gettext_lazy("Tier or distributor"),
    "effective_at": gettext_lazy("Takes effect"),
    "grace_minutes": gettext_lazy("Old price honoured, minutes"),
    "notice_minutes": gettext_lazy("Told at least, minutes ahead"),
    "freight_template": gettext_lazy("Freight template"),
    "zones": gettext_lazy("Zones"),
    "supply_price_fen": gettext_lazy("Supply price"),
    "supplier_price_fen": gettext_lazy("Supplier price"),
    "suggested_price_fen": gettext_lazy("Suggested price"),
    "price_floor_fen": gettext_lazy("Lowest price"),
    "price_ceiling_fen": gettext_lazy("Highest price"),
    "weight_g": gettext_lazy("Weight, in grams"),
    "code": gettext_lazy("SKU code"),
    "spec": gettext_lazy("Specification"),
}
_MONEY = {"refunded", "drawn", "total", "amount", "balance", "credit_limit", "held"}
_NOT_SHOWN = {"object", "id", "version", "from", "text", "from_bps"}


@dataclass(frozen=True, slots=True)
class Change:
    """One field that a deed changed, as people read it; `before` is empty for what is new."""

    field: str
    before: str
    after: str


def verb_word(verb: str) -> str:
    """Return what a verb of the log is called."""
    return str(VERBS.get(verb, verb))


def changes_of(row: Operation) -> list[Change]:
    """Return what a line of the log changed, field by field."""
    before, after = row.before or {}, row.after or {}
    names = [name for name in dict.fromkeys([*before, *after]) if name not in _NOT_SHOWN]
    found = []
    for name in names:
        old, new = _value(name, before.get(name)), _value(name, after.get(name))
        if name == "skus":
            found += _sku_changes(before.get(name) or [], after.get(name) or [])
        elif old != new:
            found.append(Change(str(_FIELDS.get(name, name)), old, new))
    return found


def _sku_changes(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[Change]:
    old = {sku["code"]: sku for sku in before}
    new = {sku["code"]: sku for sku in after}
    found = []
    for code in dict.fromkeys([*old, *new]):
        for name in dict.fromkeys([*old.get(code, {}), *new.get(code, {})]):
            was, now = _value(name, old.get(code, {}).get(name)), _value(name, new.get(code, {}).get(name))
            if was != now:
                found.append(Change(f"{code} · {_FIELDS.get(name, name)}", was, now))
    return found


def _value(name: str, value: Any) -> str:
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value(name, one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(str(one.get("code", one)) if isinstance(one, dict) else str(one) for one in value)
    if isinstance(value, int) and (name.endswith("_fen") or name in _MONEY):
        return f"¥{yuan(value)}"
    if isinstance(value, int) and name.endswith("_bps"):
        return bps(value)
    return str(value)
