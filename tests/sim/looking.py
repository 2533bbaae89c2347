"""Looks at a whole service: where its balances, levels, bills and accounts differ from the auditor's."""

from typing import Any

from entrepot_sdk.shapes import LedgerEntry
from tests.sim.deeds import Mall
from tests.sim.model import Auditor
from tests.sim.records import SHARED
from tests.sim.settling import Bill, content_hash

Account = tuple[str, str]
Books = dict[str, Any]


def party(auditor: Auditor, number: str, *, mall: Mall) -> list[str]:
    """Balance, prices and stock as a distributor is shown them."""
    mine, shown = auditor.parties[number], mall.balance()
    facts: list[tuple[str, Any, Any]] = [
        ("balance", mine.balance, shown.balance),
        ("held", mine.held, shown.held),
        ("credit_limit", mine.credit_limit, shown.credit_limit),
        ("available", mine.available, shown.available),
    ]
    items = {item.sku: item for item in mall.prices_stocks(sorted(auditor.articles))}
    for sku, article in auditor.articles.items():
        item = items.get(sku)
        is_shown = item is not None and item.state == "on_sale"
        facts.append((f"{sku} on sale", article.is_listed, is_shown))
        if item is not None and is_shown:
            facts.append((f"price of {sku}", auditor.price(sku, party=number), item.agreed_price))
            facts.append((f"stock of {sku}", auditor.sellable(sku, party=number), item.stock))
    return [f"{number}: {name} is {theirs}, must be {own}" for name, own, theirs in facts if own != theirs]


def ledger(mall: Mall, *, party: str, seen: LedgerEntry | None, balance: int) -> tuple[list[str], LedgerEntry | None]:
    """Whether the rows since the last look add up to the balance; and the newest of them."""
    fresh: list[LedgerEntry] = []
    cursor: str | None = None
    while True:
        page = mall.ledger_page(cursor=cursor, limit=200)
        unseen = [entry for entry in page.items if seen is None or int(entry.id) > int(seen.id)]
        fresh += unseen
        if len(unseen) < len(page.items) or not page.has_more:
            break
        cursor = page.next_cursor
    found = []
    for entry in sorted(fresh, key=lambda entry: int(entry.id)):
        before = seen.balance_after if seen else 0
        if entry.balance_after != before + entry.amount:
            found.append(f"{party}: ledger row {entry.id} goes from {before} by {entry.amount} to {entry}")
        seen = entry
    if seen is not None and seen.balance_after != balance:
        found.append(f"{party}: the ledger ends at {seen.balance_after}, must end at {balance}")
    return found, seen


def house_accounts(books: Books) -> dict[Account, int]:
    """The balance of every account by its kind and party."""
    found: dict[Account, int] = {}
    for row in books["accounts"]:
        whose = row.get("distributor") or row.get("supplier") or row.get("referrer") or ""
        found[row["kind"], whose] = row["balance_fen"]
    return found


def house(auditor: Auditor, books: Books, *, before: dict[Account, int]) -> list[str]:
    """Payables, incomes, clearing and debts to referrers grew by what the auditor counts."""
    now = house_accounts(books)
    due: dict[Account, int] = {
        ("goods_income", ""): auditor.goods_income,
        ("fee_income", ""): auditor.fee_income,
    }
    due |= {("supplier_payable", number): amount for number, amount in auditor.payable.items()}
    owed = {number: auditor.referrer_owed(number) - auditor.owed_before.get(number, 0) for number in auditor.rates}
    due |= {("referrer_payable", number): amount for number, amount in owed.items()}
    earned = sum(amount + auditor.paid_referrers.get(number, 0) for number, amount in owed.items())
    due["referral_expense", ""] = -earned
    for number in auditor.parties:
        orders = [kept for kept in auditor.orders.values() if kept.party == number and kept.state != "completed"]
        due["clearing", number] = sum(kept.drawn - kept.refunded for kept in orders)
    found = []
    for account, amount in due.items():
        grown = now.get(account, 0) - before.get(account, 0)
        if grown != amount:
            found.append(f"account {account} grew by {grown}, must have by {amount}")
    if sum(now.values()) != 0:
        found.append(f"the ledger is out of balance by {sum(now.values())}")
    return found


def levels(auditor: Auditor, books: Books) -> list[str]:
    """What is on hand and reserved, altogether and, where it can be told, in every pool."""
    found = []
    for sku, article in auditor.articles.items():
        rows = [row for row in books["levels"] if row["sku"] == sku]
        for what in ("on_hand", "reserved"):
            mine = sum(getattr(pool, what) for pool in article.pools.values())
            theirs = sum(row[what] for row in rows)
            if mine != theirs:
                found.append(f"{sku}: {what} is {theirs}, must be {mine}")
        for row in rows:
            pool = article.pools.get(pool_name(row))
            if pool is None:
                if row["on_hand"] or row["reserved"]:  # a pool that was refused leaves an empty level behind
                    found.append(f"{sku}: nobody opened {row}")
            elif article.split_known and (pool.on_hand, pool.reserved) != (row["on_hand"], row["reserved"]):
                found.append(f"{sku}: pool {pool_name(row)!r} is {row}, must be {pool}")
    return found


def shelf(auditor: Auditor, books: Books) -> list[str]:
    """Whether goods are on the shelf, or off it because they have sold out."""
    found = []
    for row in books["skus"]:
        article = auditor.articles[row["sku"]]
        state = "on_sale" if article.is_listed else "unlisted"
        if row["state"] != state:
            found.append(f"{row['sku']} is {row['state']}, must be {state} with {article.for_sale} pieces for sale")
    return found


def bills(auditor: Auditor, books: Books, *, ids: dict[tuple[str, str], str]) -> list[str]:
    """Every bill made meanwhile, line by line, its digest too; the auditor learns the lines' ids."""
    found = []
    shown = {row["id"]: row for row in books["bills"]}
    if set(shown) != set(auditor.bills):
        found.append(f"bills are {sorted(shown)}, must be {sorted(auditor.bills)}")
    lines: dict[int, list[Any]] = {}
    for row in books["bill_lines"]:
        lines.setdefault(row["bill_id"], []).append(row)
    for bill_id, bill in auditor.bills.items():
        if bill_id in shown:
            found += _bill(bill, shown[bill_id], rows=lines.get(bill_id, []), ids=ids)
    return found


def _bill(
    bill: Bill, shown: dict[str, Any], *, rows: list[dict[str, Any]], ids: dict[tuple[str, str], str]
) -> list[str]:
    facts: list[tuple[str, Any, Any]] = [
        ("supplier", bill.supplier, shown["supplier"]),
        ("state", bill.state, shown["state"]),
        ("revision", bill.revision, shown["revision"]),
        ("total", bill.total, shown["total_fen"]),
        ("carried on", bill.is_carried_on, shown["carried_to_id"] is not None),
        ("number of lines", len(bill.lines), len(rows)),
    ]
    left = list(rows)
    for line in bill.lines:
        order_id = ids[line.movement.order] if line.movement.order is not None else None
        wanted = (line.movement.kind, order_id, line.movement.amount)
        fitting = [row for row in left if line.id in (0, row["id"]) and _movement(row) == wanted]
        if not fitting:
            facts.append((f"a line of {wanted}", "there", "missing"))
            continue
        row = fitting[0]
        left.remove(row)
        line.id = row["id"]
        facts.append((f"line {line.id} left by", line.left_by, row["left_by"]))
        facts.append((f"line {line.id} in dispute", line in bill.open_disputes, row["is_open"]))
    if bill.state != "draft":
        counted = [row for row in rows if row["left_by"] in ("", "carried")]
        head = f"{shown['number']}|{shown['supplier_id']}|{shown['period_from']}|{shown['period_until']}"
        said = [(row["transfer_id"], row["kind"], row["order_id"], row["amount_fen"]) for row in counted]
        facts.append(("content hash", content_hash(head, said), shown["content_hash"]))
    return [f"bill {bill.id}: {name} is {theirs}, must be {mine}" for name, mine, theirs in facts if mine != theirs]


def _movement(row: dict[str, Any]) -> tuple[str, str | None, int]:
    order_id = str(row["order_id"]) if row["order_id"] is not None else None
    return row["kind"], order_id, row["amount_fen"]


def pool_name(row: dict[str, Any]) -> str:
    """The auditor's name for a pool of the books."""
    return SHARED if row["allotment"] is None else f"pool {row['allotment']}"
