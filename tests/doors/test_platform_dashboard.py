"""What the platform's dashboard counts as waiting, and the lists it leads to."""

import re

from django.db import connection
from django.test import Client

from entrepot.aftersale import actions
from entrepot.base import scope
from entrepot.parties.actions.referrers import create_referrer
from entrepot.pricing.actions import propose
from entrepot.trade.acceptances import LapseAcceptance
from entrepot.trade.referrals import AccrueReferral
from tests.doors.office_people import at_work, round_trips, text_of, whole_list
from tests.rooms.billing import Room
from tests.rooms.test_aftersale_cells import Trade
from tests.world import STAFF, World

PLATFORM = "/platform"


def waiting(browser: Client) -> dict[str, int]:
    """What the dashboard says waits, by the address of its list."""
    found = re.findall(
        rf'<li><a href="{PLATFORM}/([^"]+)"><span>[^<]*</span><b class="num">([0-9,+]+)</b>',
        text_of(browser.get(f"{PLATFORM}/")),
    )
    return {address: int(count.replace(",", "").rstrip("+")) for address, count in found}


def test_the_dashboard_counts_what_waits_and_leads_to_it(world: World) -> None:
    browser, party, supplier = at_work("platform", None), world.distributor(funds_fen=10**6), world.supplier()
    before = waiting(browser)
    asked = world.supplier()
    world.ask_first(asked, minutes=60)
    slow = world.article(supplier=asked, stock=9)
    late = world.place(party, (slow, 1), (slow, 2), mode="direct")
    world.let_time_pass(late, 2)
    world.run(LapseAcceptance(late.id, 2, "ask"))
    trade = Trade(world, is_own=False, stage="received")
    claim = actions.ask(trade.wish("refund", "quality"), by=trade.by, is_agreed=True).request_id
    wish = actions.ask(trade.wish("refund", "quality", qty=1), by=trade.by, is_agreed=False).request_id
    room = Room(world)
    room.sell(3)
    bill = room.sent()
    room.dispute(bill, room.lines(bill)[0].pk)
    confirmed = Room(world)
    confirmed.sell(1)
    to_pay = confirmed.confirmed()
    made, _user = create_referrer(world.name("F"), username=f"f.{world.name('u')}"[:40], actor=STAFF)
    assert world.run(AccrueReferral(made.pk, 1, 500, world.name("c"))).is_accepted
    ids = {"sku_id": world.article(supplier=supplier, supplier_price_fen=800).sku_id, "new_fen": 850}
    price = propose(supplier.pk, **ids, reason="人工", actor=f"supplier/{supplier.pk}/1/anna")
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(
            "update aftersale_claim set due_at = clock_timestamp() + interval '2 hours' where request_id = %s", [claim]
        )
        cursor.execute(
            "insert into callbacks_endpoint (distributor_id, url, types, state, reason, challenge, tries, failures)"
            " values (%s, 'https://mall.example', '{}', 'disabled', 'x', '', 0, 9)",
            [party.pk],
        )
    after = waiting(browser)
    grown = {address: after[address] - before[address] for address in after if after[address] != before[address]}
    grown.pop("stock/?tab=low", None)  # what these few pieces come to
    leads = {
        "acceptance/?tab=soon": str(late.id),
        "acceptance/?tab=undecided": str(late.id),
        "aftersales/?tab=requested": f"aftersales/{wish}/",
        "aftersales/?tab=soon": f"aftersales/{claim}/",
        "bills/?tab=disputed": bill.number,
        "bills/?tab=confirmed": to_pay.number,
        "referrers/?owed=yes": made.number,
        "distributors/?callbacks=failing": party.number,
        "prices/?tab=proposed": f"prices/{price.pk}/",
    }
    assert grown == dict.fromkeys(leads, 1)
    for address, shown in leads.items():
        assert shown in whole_list(browser, f"{PLATFORM}/{address}"), address
    assert {"goods/?tab=submitted", "goods/?tab=changes", "topups/?tab=pending", "stock/?tab=low"} <= after.keys()
    assert round_trips(browser, f"{PLATFORM}/") <= 10
    assert world.distributor().number not in whole_list(browser, f"{PLATFORM}/distributors/?callbacks=failing")
