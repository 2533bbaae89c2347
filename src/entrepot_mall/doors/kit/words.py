"""The words for codes: states, faults of prices, refusals."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entrepot_mall.base.refusals import Refusal

Table = dict[str, str | Promise]

STATES: Table = {
    "unpaid": gettext_lazy("To be paid"),
    "paid": gettext_lazy("Paid, not yet passed on"),
    "passed": gettext_lazy("To be sent"),
    "shipped": gettext_lazy("On the way"),
    "done": gettext_lazy("Received"),
    "cancelled": gettext_lazy("Cancelled"),
    "refunded": gettext_lazy("Refunded"),
}
# A buyer need not know how the shop gets its goods.
BUYER_STATES: Table = {**STATES, "paid": gettext_lazy("Paid, being prepared")}
PLATFORM_STATES: Table = {
    "held": gettext_lazy("Held"),
    "confirmed": gettext_lazy("Drawn, to be sent"),
    "awaiting_funds": gettext_lazy("Waiting for funds"),
    "partly_shipped": gettext_lazy("Sent in part"),
    "shipped": gettext_lazy("Sent"),
    "received": gettext_lazy("Received"),
    "completed": gettext_lazy("Completed"),
    "cancelled": gettext_lazy("Cancelled"),
    "expired": gettext_lazy("Expired"),
    "rejected": gettext_lazy("Rejected"),
    "refunded": gettext_lazy("Refunded"),
}
WAYS: Table = {
    "test": gettext_lazy("Test cashier"),
    "bank": gettext_lazy("Bank transfer"),
    "wechat": gettext_lazy("WeChat Pay"),
    "channel": gettext_lazy("Paid on the channel"),
}
KINDS: Table = {"retail": gettext_lazy("Retail"), "wholesale": gettext_lazy("Wholesale")}
STANDINGS: Table = {
    "none": gettext_lazy("Private buyer"),
    "pending": gettext_lazy("Waits for approval"),
    "approved": gettext_lazy("Business buyer"),
    "refused": gettext_lazy("Refused"),
}
PRICINGS: Table = {
    "percent": gettext_lazy("Mark-up"),
    "suggested": gettext_lazy("Suggested price"),
    "fixed": gettext_lazy("Fixed price"),
    "": "—",
}
CALLBACKS: Table = {
    "none": gettext_lazy("Not connected"),
    "pending": gettext_lazy("Waits for the platform's check"),
    "active": gettext_lazy("Connected"),
    "disabled": gettext_lazy("Disabled by the platform"),
}
AFTERSALES: Table = {
    "asked": gettext_lazy("Asked for"),
    "passed": gettext_lazy("With the platform"),
    "refused": gettext_lazy("Refused"),
}
AFTERSALE_KINDS: Table = {
    "refund": gettext_lazy("Refund"),
    "return": gettext_lazy("Return and refund"),
    "exchange": gettext_lazy("Exchange"),
    "reship": gettext_lazy("Send again"),
}
REASONS: Table = {
    "changed_mind": gettext_lazy("Do not want it any more"),
    "quality": gettext_lazy("Quality"),
    "wrong_goods": gettext_lazy("Wrong goods"),
    "damaged": gettext_lazy("Damaged"),
    "lost": gettext_lazy("Lost"),
    "not_received": gettext_lazy("Not received"),
    "other": gettext_lazy("Other"),
}
REFUNDS: Table = {"asked": gettext_lazy("To be transferred"), "done": gettext_lazy("Given back")}
DEEDS: Table = {
    "connect": gettext_lazy("Connection"),
    "settings": gettext_lazy("Settings"),
    "list": gettext_lazy("Put on sale"),
    "unlist": gettext_lazy("Taken off sale"),
    "goods": gettext_lazy("Goods"),
    "standing": gettext_lazy("Business buyer"),
    "pass_on": gettext_lazy("Passed on again"),
    "refund": gettext_lazy("Refund"),
    "refund_made": gettext_lazy("Refund transferred"),
    "aftersale_refused": gettext_lazy("After-sale refused"),
    "aftersale_passed": gettext_lazy("After-sale passed on"),
    "payment": gettext_lazy("Payment confirmed"),
    "paid_again": gettext_lazy("Paid a second time: give it back"),
    "channel": gettext_lazy("Channel shop"),
    "wechat_pay": gettext_lazy("WeChat Pay"),
    "channel_list": gettext_lazy("Listed on channels"),
}
MISSING: Table = {
    "legal_name": gettext_lazy("Name of the legal entity"),
    "licence_no": gettext_lazy("Business licence number"),
    "service_phone": gettext_lazy("Service phone"),
    "way_to_pay": gettext_lazy("A way to pay"),
}
PASS_CODES: Table = {
    "insufficient_balance": gettext_lazy("The prepaid balance is too low: top up, then it goes on by itself"),
    "insufficient_stock": gettext_lazy("Out of stock at the platform; tried again by itself"),
    "price_changed": gettext_lazy("The agreed price has changed: accept the new one or refund"),
    "product_delisted": gettext_lazy("No longer supplied: refund"),
    "not_authorised_for_tier": gettext_lazy("Not open to this distributor: refund"),
    "region_not_served": gettext_lazy("Not sent to this region: refund"),
    "below_min_quantity": gettext_lazy("Below the minimum quantity: refund"),
    "outcome_unknown": gettext_lazy("The connection broke; asked again in two minutes"),
    "distributor_suspended": gettext_lazy("The platform has suspended this distributor"),
    "platform_rejected": gettext_lazy("Rejected by the platform: refund"),
    "platform_cancelled": gettext_lazy("Cancelled at the platform: refund"),
    "platform_expired": gettext_lazy("Expired at the platform: refund"),
}
FAULTS: Table = {
    "below_floor": gettext_lazy("Below the platform's lowest price"),
    "above_ceiling": gettext_lazy("Above the platform's highest price"),
    "no_suggested_price": gettext_lazy("No suggested price"),
    "not_a_price": gettext_lazy("Not a price"),
    "markup_negative": gettext_lazy("A mark-up is not below zero"),
    "no_articles": gettext_lazy("No articles"),
    "not_supplied": gettext_lazy("No longer supplied"),
    "below_minimum": gettext_lazy("Below the minimum quantity"),
    "too_many_steps": gettext_lazy("At most five steps"),
    "steps_out_of_order": gettext_lazy("Steps go from few pieces to many"),
    "steps_must_fall": gettext_lazy("More pieces never cost more a piece"),
}
CHANNEL_CODES: Table = {
    "title_length": gettext_lazy("The name must have 5 to 60 characters"),
    "too_few_pictures": gettext_lazy("At least three different pictures are needed"),
    "no_articles": gettext_lazy("No articles"),
    "no_answer": gettext_lazy("The channel did not answer"),
}
TABLES: dict[str, Table] = {
    "state": STATES,
    "buyer_state": BUYER_STATES,
    "platform_state": PLATFORM_STATES,
    "way": WAYS,
    "kind": KINDS,
    "standing": STANDINGS,
    "pricing": PRICINGS,
    "callback": CALLBACKS,
    "aftersale": AFTERSALES,
    "aftersale_kind": AFTERSALE_KINDS,
    "reason": REASONS,
    "refund": REFUNDS,
    "deed": DEEDS,
    "missing": MISSING,
    "pass": PASS_CODES,
    "fault": FAULTS,
    "channel": CHANNEL_CODES,
}


def word(table: str, code: str) -> str:
    """The word for a code; a code nobody has a word for is shown itself."""
    return str(TABLES[table].get(code, code))


def refusal_text(refusal: Refusal) -> str:
    """What a refusal says to a person."""
    facts = dict(refusal.facts)
    texts = {
        "no_lines": _("Nothing is chosen"),
        "too_many_lines": _("Too many lines in one order"),
        "article_twice": _("One article stands in two lines"),
        "not_on_sale": _("%(sku)s is not on sale"),
        "below_minimum": _("%(sku)s: at least %(least)s pieces"),
        "out_of_stock": _("%(sku)s: only %(stock)s pieces left"),
        "region_not_served": _("This region is not delivered to"),
        "not_reachable": _("The warehouse cannot be reached at the moment, please try again"),
        "business_buyers_only": _("Only approved business buyers can buy here"),
        "total_changed": _("The price has changed, please look at it again"),
        "number_taken": _("This number was used for another order"),
        "not_paid": _("The order is not paid"),
        "being_passed_on": _("The order is being passed on, try again in a moment"),
        "amount_out_of_range": _("This amount cannot be given back"),
        "all_or_nothing": _("An order that was not passed on is refunded as a whole"),
        "aftersale_waits": _("Your last request is still being looked at"),
        "other_amount": _("Another amount came in"),
    }
    text = texts.get(refusal.code, refusal.code)
    return text % {"sku": "", "least": "", "stock": "", **facts} if "%(" in text else text
