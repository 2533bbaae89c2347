"""Memberships in the back offices: the platform prices a tier, the distributor buys it."""

import re

from tests.doors.office_people import at_work, round_trips, sheet_of, text_of
from tests.world import World, rows


def test_a_tier_is_priced_bought_and_seen_by_both(world: World) -> None:
    tier, free = world.tier(fee_rate_bps=300), world.tier(fee_rate_bps=500)
    party = world.distributor(funds_fen=50_000, tier=free)
    office, mall = at_work("platform", None), at_work("distributor", party)
    terms = f"/platform/memberships/tiers/{tier.pk}/"
    assert terms in text_of(office.get("/platform/memberships/"))
    assert office.post(terms, {"price_fen": "0", "months": "12"}).status_code == 422
    assert office.post(terms, {"price_fen": "199", "months": "12"}).status_code == 302
    shown = text_of(mall.get("/distributor/membership/"))
    assert tier.name in shown and "199.00" in shown
    form = {"tier_id": tier.pk, "price_fen": 19_900, "once": world.name("o")}
    for _ in range(2):
        assert mall.post("/distributor/membership/buy/", form).status_code == 302
    assert world.money(party) == (50_000 - 19_900, 0)
    assert rows("select tier_id from parties_distributor where id = %s", party.pk) == [(tier.pk,)]
    page = text_of(mall.get("/distributor/membership/"))
    assert "会员费" in text_of(mall.get("/distributor/ledger/")) and tier.name in page
    listed = text_of(office.get(f"/platform/memberships/?text={party.number}&tab=running"))
    over = text_of(office.get(f"/platform/memberships/?text={party.number}&tab=over"))
    link = f'href="/platform/distributors/{party.pk}/"'
    assert link in listed and link not in over
    headings, *lines = sheet_of(office.get(f"/platform/memberships/?text={party.number}&export=xlsx"))
    assert [line[headings.index("等级")] for line in lines] == [tier.name]
    poor = at_work("distributor", world.distributor(funds_fen=1))
    refused = poor.post("/distributor/membership/buy/", form | {"once": world.name("o")}, follow=True)
    assert re.search("先充值", text_of(refused))
    assert at_work("distributor", party, "ledger.view").post("/distributor/membership/buy/", form).status_code == 403
    assert round_trips(office, "/platform/memberships/") <= 12 and round_trips(mall, "/distributor/membership/") <= 12
