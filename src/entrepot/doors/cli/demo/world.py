"""The demo world from nothing to a trading network, in one transaction."""

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.catalog.models import Sku
from entrepot.doors.cli.demo import after_sale, asked, bills, care, history, shelf, slots
from entrepot.doors.cli.demo.assortment import articles
from entrepot.doors.cli.demo.past import run_at
from entrepot.doors.cli.demo.people import People, settle
from entrepot.doors.cli.demo.pictures import slip, store_all
from entrepot.doors.cli.demo.prices import move_prices, sell_membership
from entrepot.doors.cli.demo.referral import refer
from entrepot.doors.kit.demo import DemoAccount
from entrepot.parties.models import Distributor, Supplier, User
from entrepot.recharge.actions import reject_top_up, request_top_up
from entrepot.recharge.models import TopUp, TopUpState
from entrepot.trade.terms import Credit

ACCOUNTS_FILE = "demo-accounts.json"
_FUNDS_YUAN = {"mall1": 150_000, "mall2": 110_000, "mall3": 40_000}


def demo_world(arguments: argparse.Namespace) -> int:
    """Fill an empty instance; one that has parties or users already is left as it is.

    Everything is written in one transaction: a start that is broken off leaves nothing behind.
    """
    if not settings.DEMO:
        print("this is no demo world", file=sys.stderr)
        return 1
    if _is_inhabited():
        print("the world is inhabited already")
        return 0
    dice = random.Random(arguments.seed)  # noqa: S311 - nothing secret is drawn with it
    assortment = articles()
    with _step("pictures"):
        paths = store_all([(article.thing, article.hue) for article in assortment])
    with transaction.atomic(durable=True):
        now = database_now()
        since = care.beginning(now, days=history.DAYS + 6)
        with _step("people"):
            people = settle(since=since)
            refer(people, since=since)
        with _step("goods"):
            shelf.fill(assortment, people=people, paths=paths, since=since + timedelta(days=1), dice=dice)
            slots.put_forward(people, now=now)
        with _step("trade"):
            _pay_in(people, at=since + timedelta(days=2), dice=dice)
            story = history.History(people=people, now=now, dice=dice)
            story.play()
            _wait(people, now=now, dice=dice)
            asked.ask_supplier(people, now=now, dice=dice)
        with _step("after-sale"):
            after_sale.ask_back(people)
        with _step("prices"):
            move_prices(people, now=now)
            sell_membership(people)
            care.set_apart(people, now=now)
        with _step("bills"):
            bills.bill_suppliers(people, now=now)
        _write_accounts(people.accounts)
    print(json.dumps(story.answers))
    return 0


def _is_inhabited() -> bool:
    with scope.platform():
        return (
            Distributor.objects.exists() or Supplier.objects.filter(is_platform=False).exists() or User.objects.exists()
        )


def _pay_in(people: People, *, at: datetime, dice: random.Random) -> None:
    """Let every mall have paid in, the way it is done: a request, approved by the accountant a little later."""
    reviewer = User.objects.get(username="caiwu")
    asks = []
    with scope.platform():
        for name, mall in people.malls.items():
            top_up = TopUp.objects.create(
                distributor=mall,
                amount_fen=_FUNDS_YUAN[name] * 100,
                state=TopUpState.APPROVED,
                payer=f"{mall.name}电子商务有限公司",
                bank_reference=f"{at:%Y%m%d}{dice.randint(10**7, 10**8 - 1)}",
                requested_by=User.objects.get(username=name),
                reviewed_by=reviewer,
                created_at=at,
                reviewed_at=at + timedelta(minutes=25),
            )
            asks.append(
                Credit(
                    mall.pk,
                    top_up.amount_fen,
                    f"topup:{top_up.pk}",
                    people.actors["caiwu"],
                    remark=top_up.bank_reference,
                )
            )
    run_at(at + timedelta(minutes=25), asks=asks)


def _wait(people: People, *, now: datetime, dice: random.Random) -> None:
    """Leave work on the desks: an order that waits for funds, the top-up that frees it, one turned down, one to judge."""
    with scope.platform():
        staple = Sku.objects.get(goods__name=shelf.STAPLE)
    history.wait_for_funds(people, at=now - timedelta(minutes=45), sku=staple.code, price_fen=staple.supplier_price_fen,
                           dice=dice)  # fmt: skip
    request_top_up(
        people.malls["mall3"].pk,
        amount_fen=50_000_00,
        payer="小满集市电子商务有限公司",
        bank_reference=f"{now:%Y%m%d}66018842",
        voucher=slip("CNY 50,000.00", reference=f"{now:%Y%m%d}66018842"),
        remark="团购货款",
        actor=people.actors["mall3"],
    )
    request_top_up(
        people.malls["mall2"].pk,
        amount_fen=30_000_00,
        payer="唐一鸣",
        bank_reference=f"{now:%Y%m%d}10293847",
        voucher=slip("CNY 30,000.00", reference=f"{now:%Y%m%d}10293847"),
        actor=people.actors["mall2"],
    )
    refused = request_top_up(
        people.malls["mall1"].pk, amount_fen=20_000_00, payer="个人账户", actor=people.actors["mall1"]
    )
    reject_top_up(refused.pk, reason="请从对公账户转账，并上传回单", actor=people.actors["caiwu"])


def _write_accounts(accounts: list[DemoAccount]) -> None:
    """Keep the passwords where only the instance's own user can read them."""
    path = Path(settings.DATA_DIR) / ACCOUNTS_FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        json.dump(accounts, stream, ensure_ascii=False, indent=1)
        stream.write("\n")


@contextmanager
def _step(name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)
