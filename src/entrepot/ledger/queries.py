"""Reads of accounts and transfers; call them inside the reader's scope."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import BigIntegerField, Case, F, QuerySet, Subquery, Sum, When

from entrepot.ledger.models import Account, AccountKind, Transfer


@dataclass(frozen=True, slots=True)
class Wallet:
    """A distributor's prepaid money (货款), all in fen."""

    balance_fen: int = 0
    held_fen: int = 0
    credit_limit_fen: int = 0

    @property
    def available_fen(self) -> int:
        """Return what may still be spent: balance − held + credit limit."""
        return self.balance_fen - self.held_fen + self.credit_limit_fen


def wallet(distributor_id: int) -> Wallet:
    """Return a distributor's prepaid money; zeros before the first movement."""
    return wallets([distributor_id])[distributor_id]


def wallets(distributor_ids: list[int]) -> dict[int, Wallet]:
    """Return the prepaid money of several distributors in one query."""
    rows = Account.objects.filter(kind=AccountKind.PREPAID, distributor_id__in=distributor_ids)
    figures = rows.values_list("distributor_id", "balance_fen", "held_fen", "credit_limit_fen")
    found = {owner: Wallet(balance or 0, held, limit) for owner, balance, held, limit in figures}
    return {distributor_id: found.get(distributor_id, Wallet()) for distributor_id in distributor_ids}


@dataclass(frozen=True, slots=True)
class Watch:
    """The warning on a distributor's prepaid account: its threshold in fen, and whether funds are below it."""

    warn_below_fen: int = 0
    is_low: bool = False
    waiting_fen: int = 0


def watches(distributor_ids: Iterable[int] | None = None) -> dict[int, Watch]:
    """Return the warnings of several distributors, or of all who have an account, in one query."""
    rows = Account.objects.filter(kind=AccountKind.PREPAID)
    if distributor_ids is not None:
        rows = rows.filter(distributor_id__in=list(distributor_ids))
    figures = rows.values_list("distributor_id", "warn_below_fen", "is_low", "waiting_fen")
    return {
        owner: Watch(warn_below_fen, is_low, waiting_fen)
        for owner, warn_below_fen, is_low, waiting_fen in figures
        if owner is not None
    }


def purses(distributor_ids: list[int]) -> dict[int, tuple[Wallet, Watch]]:
    """Return the prepaid money of several distributors and the warning on it, in one query."""
    rows = Account.objects.filter(kind=AccountKind.PREPAID, distributor_id__in=distributor_ids)
    figures = rows.values_list(
        *("distributor_id", "balance_fen", "held_fen", "credit_limit_fen", "warn_below_fen", "is_low", "waiting_fen")
    )
    found = {
        owner: (Wallet(balance or 0, held, limit), Watch(warn_below_fen, is_low, waiting_fen))
        for owner, balance, held, limit, warn_below_fen, is_low, waiting_fen in figures
    }
    return {distributor_id: found.get(distributor_id, (Wallet(), Watch())) for distributor_id in distributor_ids}


def payable_fen(supplier_id: int) -> int:
    """Return what the platform owes a supplier, in fen."""
    account = Account.objects.filter(kind=AccountKind.SUPPLIER_PAYABLE, supplier_id=supplier_id).first()
    return 0 if account is None else account.balance_fen or 0


def owed_to_referrer_fen(referrer_id: int) -> int:
    """Return what the platform owes a referrer, in fen; below 0 he owes it, and later earnings are netted with it."""
    return owed_to_referrers_fen([referrer_id])[referrer_id]


def owed_to_referrers_fen(referrer_ids: list[int]) -> dict[int, int]:
    """Return what the platform owes several referrers, in fen, in one query."""
    rows = Account.objects.filter(kind=AccountKind.REFERRER_PAYABLE, referrer_id__in=referrer_ids)
    found = dict(rows.values_list("referrer_id", "balance_fen"))
    return {referrer_id: found.get(referrer_id) or 0 for referrer_id in referrer_ids}


def referrers_owed() -> list[int]:
    """Return the referrers the platform owes something."""
    rows = Account.objects.filter(kind=AccountKind.REFERRER_PAYABLE, balance_fen__gt=0)
    return [referrer_id for (referrer_id,) in rows.values_list("referrer_id") if referrer_id is not None]


def statement(*, distributor_id: int | None = None, supplier_id: int | None = None) -> QuerySet[Transfer]:
    """Return the statement (资金流水) of one party, newest first, each row with two figures in fen.

    `signed_fen` is what it added to the party's account or, below 0, took; `after_fen` the balance after it.
    """
    if (distributor_id is None) == (supplier_id is None):
        raise ValueError("a statement is of one party")
    owner = {"distributor_id": distributor_id} if supplier_id is None else {"supplier_id": supplier_id}
    kind = AccountKind.PREPAID if supplier_id is None else AccountKind.SUPPLIER_PAYABLE
    account_id = Subquery(Account.objects.filter(kind=kind, **owner).values("id")[:1])
    is_in = When(credit_id=account_id, then=F("amount_fen"))
    is_out = When(debit_id=account_id, then=-F("amount_fen"))
    return (
        Transfer.objects.filter(**owner)
        .annotate(
            signed_fen=Case(is_in, is_out, default=0, output_field=BigIntegerField()),
            after_fen=Case(
                When(credit_id=account_id, then=F("credit_balance_fen")),
                When(debit_id=account_id, then=F("debit_balance_fen")),
                output_field=BigIntegerField(),
            ),
        )
        .order_by("-id")
    )


def income_fen() -> dict[str, int]:
    """Return what the platform has earned from goods and fees, in fen, by account kind; platform scope."""
    kinds = (AccountKind.GOODS_INCOME, AccountKind.FEE_INCOME)
    accounts = {account.pk: account.kind for account in Account.objects.filter(kind__in=kinds)}
    earned = {str(kind): 0 for kind in kinds}
    for side, sign in (("credit_id", 1), ("debit_id", -1)):
        rows = Transfer.objects.filter(**{f"{side}__in": list(accounts)}).values(side).annotate(total=Sum("amount_fen"))
        for row in rows.order_by():
            earned[accounts[row[side]]] += sign * row["total"]
    return earned
