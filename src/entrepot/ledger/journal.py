"""The ledger as text for two plain-text accounting programs, hledger and beancount."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from entrepot.base import scope

_ROOTS = {
    "bank": "Assets:Bank",
    "prepaid": "Liabilities:Prepaid",
    "clearing": "Liabilities:Clearing",
    "supplier_payable": "Liabilities:Payable",
    "goods_income": "Income:Goods",
    "fee_income": "Income:Fee",
    "adjustment": "Equity:Adjustment",
    "referrer_payable": "Liabilities:Referrers",
    "referral_expense": "Expenses:Referral",
    "membership_income": "Income:Membership",
}
_ACCOUNTS = """
select a.id, a.kind, coalesce(d.number, s.number, r.number, ''), coalesce(d.id, s.id, r.id, 0), a.balance_fen
from ledger_account a
left join parties_distributor d on d.id = a.distributor_id
left join parties_supplier s on s.id = a.supplier_id
left join parties_referrer r on r.id = a.referrer_id
order by a.id
"""
_TRANSFERS = """
select id, (at at time zone 'Asia/Shanghai')::date, kind, cause, remark, debit_id, credit_id, amount_fen,
       debit_balance_fen, credit_balance_fen
from ledger_transfer where id > %s order by id limit 5000
"""


@dataclass(frozen=True, slots=True)
class _Account:
    name: str
    balance_fen: int | None


def export() -> Iterator[str]:
    """Yield the whole live ledger as an hledger journal, one transaction after the other, amounts in yuan.

    Parties' accounts carry their running balance as an assertion, so that hledger itself proves every one of them. It
    looks at them day by day, so no day stands behind a later one: what a clock that went back, or a transaction that
    waited over midnight, has dated earlier stands under the day before it in the ledger and says its own.
    """
    with scope.one_moment(), scope.platform():
        accounts = _accounts()
        yield "; amounts are in yuan (CNY); liabilities and income are negative\n\n"
        for account in accounts.values():
            yield f"account {account.name}\n"
        yield "\ncommodity 1000.00 CNY\n\n"
        latest = date.min
        for row in _transfers():
            number, day, kind, cause, remark, debit, credit, amount, debit_after, credit_after = row
            latest = max(latest, day)
            dated = "" if day == latest else f"  ; dated {day}"
            yield (
                f"{latest} ({number}) {_hledger_text(kind, cause, remark)}{dated}\n"
                f"    {accounts[debit].name}  {_yuan(amount)} CNY{_assertion(debit_after)}\n"
                f"    {accounts[credit].name}  {_yuan(-amount)} CNY{_assertion(credit_after)}\n\n"
            )


def beancount() -> Iterator[str]:
    """Yield the whole live ledger for beancount; the balance of every party's account is asserted at the end."""
    with scope.one_moment(), scope.platform():
        accounts = _accounts()
        first = last = None
        for row in _transfers():
            number, day, kind, cause, remark, debit, credit, amount, _debit_after, _credit_after = row
            first = first or day
            last = day if last is None else max(last, day)
            text = _quoted(f"{kind} {cause} {remark}".strip())
            yield (
                f'{day} * "{number}" "{text}"\n'
                f"  {accounts[debit].name}  {_yuan(amount)} CNY\n"
                f"  {accounts[credit].name}  {_yuan(-amount)} CNY\n\n"
            )
        yield from _declared(accounts, opened=date(2000, 1, 1), closed=last)


def _declared(accounts: dict[int, _Account], *, opened: date, closed: date | None) -> Iterator[str]:
    """Yield what beancount wants to know of accounts; it sorts by day, so the place in the file does not matter."""
    yield 'option "operating_currency" "CNY"\n'
    for account in accounts.values():
        yield f"{opened} open {account.name} CNY\n"
    for account in accounts.values():
        if closed is not None and account.balance_fen is not None:
            # It holds for the beginning of its day, and to the fen: beancount alone would let one fen pass.
            yield f"{closed + timedelta(days=1)} balance {account.name}  {_yuan(-account.balance_fen)} ~ 0.00 CNY\n"


def _accounts() -> dict[int, _Account]:
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS)
        rows = cursor.fetchall()
    accounts = {}
    for row_id, kind, number, party_id, balance_fen in rows:
        # A number that an account's name cannot hold is replaced by the party's id.
        party = number if re.fullmatch(r"[A-Z0-9][A-Za-z0-9-]*", number) else f"No-{party_id}"
        name = f"{_ROOTS[kind]}:{party}" if number else _ROOTS[kind]
        accounts[row_id] = _Account(name, balance_fen)
    return accounts


def _transfers() -> Iterator[tuple[Any, ...]]:
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_TRANSFERS, [after])
            rows = cursor.fetchall()
        yield from rows
        if not rows:
            return
        after = rows[-1][0]


def _yuan(amount_fen: int) -> str:
    whole, rest = divmod(abs(amount_fen), 100)
    return f"{'-' if amount_fen < 0 else ''}{whole}.{rest:02d}"


def _assertion(after_fen: int | None) -> str:
    """Return the balance that must stand after a posting; ours are credit minus debit, theirs the other way."""
    return "" if after_fen is None else f" = {_yuan(-after_fen)} CNY"


def _hledger_text(kind: str, cause: str, remark: str) -> str:
    """Return the description; a semicolon would begin a comment and a bar part payee and note."""
    text = f"{kind} {cause} {remark}".strip()
    return re.sub(r"[;|\r\n]+", " ", text)


def _quoted(text: str) -> str:
    return re.sub(r"[\r\n]+", " ", text).replace("\\", "\\\\").replace('"', '\\"')
