"""What the rooms want done as time goes by: one function each, run by the worker's rounds."""

from collections.abc import Callable
from threading import Event
from typing import TypeAlias

from entrepot.aftersale import jobs as aftersale
from entrepot.callbacks import jobs as callbacks
from entrepot.catalog import jobs as catalog
from entrepot.events import jobs as events
from entrepot.fulfilment import jobs as fulfilment
from entrepot.membership import jobs as membership
from entrepot.parties import jobs as parties
from entrepot.pricing import jobs as pricing
from entrepot.recharge import jobs as recharge
from entrepot.referral import jobs as referral
from entrepot.reports import daily_digest
from entrepot.sandbox import jobs as sandbox
from entrepot.settlement import jobs as settlement
from entrepot.stock import jobs as stock

# A job does what is due, leaves early between two of its transactions once the event is set, and returns how many
# things it changed. It may run twice at the same time, in two workers, and must do nothing twice.
Job: TypeAlias = Callable[[Event], int]

EACH_ROUND: dict[str, Job] = {
    "long_transactions_named": events.name_long_transactions,
    "goods_imported": catalog.run_imports,
    "acceptance_lapsed": fulfilment.lapse,
    "shelf_tended": stock.tend_shelf,
    "prices_changed": pricing.apply_due,
    "referrals_booked": referral.follow_ledger,
    "sandbox_shipped": sandbox.ship_at_once,
    "sandbox_credited": sandbox.approve_top_ups,
}
EACH_MINUTE: dict[str, Job] = {
    "callbacks_forgotten": callbacks.forget,
    "keys_watched": parties.watch_keys,
    "digests_told": daily_digest.tell_digests,
    "funds_foreseen": recharge.foresee,
    "statements_made": recharge.make_statements,
    "lapses_adapted": stock.adapt_lapses,
    "claims_settled": aftersale.settle_silent_claims,
    "returns_overdue": aftersale.end_overdue_returns,
    "memberships_tended": membership.tend,
    "billed": settlement.make_bills,
    "bills_confirmed": settlement.confirm_unanswered,
}
