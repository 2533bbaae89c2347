"""Every privileged act is on record: each address that takes a form, and each verb of the desk, with before and after."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver

from entrepot.base import scope
from entrepot.ledger.models import Account
from entrepot.parties.actions.referrers import create_referrer
from entrepot.trade import acceptances, referrals, terms
from entrepot.trade.addresses import ChangeAddress
from entrepot.trade.decide import VERBS
from tests.doors.deeds import REGISTER, Deed
from tests.doors.deeds.stage import Stage
from tests.doors.office_people import at_work
from tests.world import STAFF, World, rows, taken

MISSING = 987_654_321
LOOKED = {
    "consignee.revealed",
    "consignee.printed",
    "consignee.exported",
    "user.signed_in",
    "webhook.tested",
    "webhook.retried",
}
"""Verbs that tell of a look: nothing was changed, so there is no before and after."""
SECRET = {"webhook.secret", "user.password_changed", "user.password_reset", "user.recovery_codes_made"}
"""Verbs whose before and after are secrets, which the log must not hold."""
BEGUN = ("created", "opened", "issued", "requested", "added", "placed", "held")
ENDED = ("removed", "session_ended", "other_sessions_ended")
WHAT_TO_DO = (
    "takes a form and is not known here. Enter it in tests/doors/deeds: a function that hands the form in, marked"
    " @deed(address, verb, …), so that its line in the operation log is tried; or no_deed(address, why)."
)


@dataclass(frozen=True)
class Logged:
    """One line of the operation log."""

    verb: str
    actor: str
    kind: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str


def logged(since: int) -> list[Logged]:
    """What was written down after a line of the log."""
    found = rows(
        "select verb, actor, kind, before, after, reason from events_operation where id > %s order by id", since
    )
    return [Logged(*row) for row in found]


def last_line() -> int:
    """The last line of the log."""
    ((found,),) = rows("select coalesce(max(id), 0) from events_operation")
    return int(found)


def addresses() -> Iterator[tuple[str, str]]:
    """Name and a path of every address people can reach."""
    from entrepot.config.urls import urlpatterns

    for office in urlpatterns:
        if not isinstance(office, URLResolver):
            continue  # pictures, which are only looked at
        kind = {"kit": "distributor", "platform": "supplier"}.get(str(office.app_name), str(office.app_name))
        for pattern in office.url_patterns:
            text = re.sub(r"<int:\w+>", str(MISSING), f"{office.pattern}{pattern.pattern}")
            text = re.sub(r"<\w+:\w+>", "nothing", text.replace("<str:kind>", kind))
            yield f"{office.app_name}:{pattern.name}", f"/{text}"


def visitor(office: str, *, world: World) -> Client:
    """Somebody who may do everything in an office."""
    parties = {
        "platform": lambda: None,
        "supplier": world.supplier,
        "distributor": world.distributor,
        "referrer": lambda: create_referrer(world.name("F"), username=f"f.{world.name('u')}"[:40], actor=STAFF)[0],
    }
    kind = "distributor" if office == "kit" else office
    assert kind in parties, f"{kind}: a new back office; name a party of it in tests/doors/test_on_record.py"
    return at_work(kind, parties[kind]())


def takes_a_form(path: str, *, browser: Client) -> bool:
    """Whether an address answers to a POST at all."""
    return bool(browser.post(path, {}).status_code != 405)


def test_every_address_that_takes_a_form_is_known(world: World) -> None:
    tried = {one.address for one in REGISTER.deeds} | REGISTER.without.keys()
    names = {name for name, _path in addresses()}
    assert not tried - names, f"{sorted(tried - names)}: no such address; take it out of tests/doors/deeds"
    untried = [(name, path) for name, path in addresses() if name not in tried and not name.startswith("kit:gallery")]
    offices = {name.partition(":")[0] for name, _path in untried}
    browsers = {office: visitor(office, world=world) for office in offices}
    unknown = [name for name, path in untried if takes_a_form(path, browser=browsers[name.partition(":")[0]])]
    assert len(untried) > 50 and {"platform", "supplier", "distributor", "referrer"} <= offices
    assert not unknown, f"{', '.join(sorted(set(unknown)))} {WHAT_TO_DO}"
    both = {one.address for one in REGISTER.deeds} & REGISTER.without.keys()
    assert not both, f"{sorted(both)}: either a deed or none"
    assert all(len(why) > 20 for why in REGISTER.without.values()), "say why nothing is written down"


def test_every_branch_of_an_address_is_tried() -> None:
    from entrepot.doors.distributor.orders import PERMISSION_OF

    tried = [one for one in REGISTER.deeds if one.address == "distributor:deed"]
    assert len(tried) == len(PERMISSION_OF), f"{sorted(PERMISSION_OF)}: one deed for each in tests/doors/deeds"


def check_line(line: Logged, *, user: str = "") -> None:
    """Check that a line says who, and what was before and after."""
    assert line.kind and line.actor and line.actor.endswith(user), f"{line.verb}: by whom? {line.actor!r}"
    if line.verb in LOOKED | SECRET:
        return
    last = line.verb.rpartition(".")[2].replace("second_factor_", "")
    if last not in ENDED:
        assert line.after, f"{line.verb}: the log does not say what is so afterwards"
    if last not in BEGUN:
        assert line.before, f"{line.verb}: the log does not say what was so before"
    assert line.before != line.after, f"{line.verb}: before and after are the same"


def check_deed(deed: Deed, world: World) -> None:
    """Do a deed and check what the log says of it."""
    stage, before = Stage(world), last_line()
    answer = deed.act(stage)
    said = (
        " ".join(re.findall(r"class=\"(?:error|errors)[^>]*>.{0,300}", answer.content.decode()))
        if answer.status_code == 422
        else ""
    )
    assert answer.status_code in (200, 302), f"{deed}: {answer.status_code} {said}"
    name = next(
        getattr(stage, office).who.user.username
        for office in ("platform", "supplier", "distributor")
        if office in vars(stage)
    )
    lines = [line for line in logged(before) if line.actor.endswith(name)]
    missing = set(deed.verbs) - {line.verb for line in lines}
    assert not missing, f"{deed}: {missing} is not in the log of {name}, which says {[line.verb for line in lines]}"
    for line in lines:
        check_line(line, user=name)
    if deed.reason:
        told = [line.verb for line in lines if line.reason == deed.reason]
        assert set(deed.verbs) <= set(told), f"{deed}: the reason typed in is in the lines of {told} only"


@pytest.mark.parametrize("deed", REGISTER.deeds, ids=str)
def test_a_deed_is_on_record(deed: Deed, world: World, settings: Any, tmp_path: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = settings.DATA_DIR = tmp_path
    check_deed(deed, world)


def test_each_verb_of_the_log_has_a_word(world: World) -> None:
    from entrepot.doors.platform.log_words import VERBS as WORDS

    used = {verb for one in REGISTER.deeds for verb in one.verbs} - LOOKED
    assert used - WORDS.keys() == set(), "name them in doors/platform/log_words.py"


# --- the desk itself, whoever asks: an ask by staff leaves a line ---


def _held(world: World) -> tuple[Any, Any, Any]:
    party, article = world.distributor(funds_fen=100_000), world.article(stock=9)
    return party, article, world.place(party, (article, 2))


def _paid(world: World) -> tuple[Any, Any, Any]:
    party, article, order = _held(world)
    taken(world.capture(order))
    return party, article, order


def _sent(world: World) -> Any:
    _party, _article, order = _paid(world)
    taken(world.ship(order))
    return order


def _received(world: World) -> Any:
    order = _sent(world)
    taken(world.receive(order))
    return order


def _placed(world: World) -> Any:
    ask = world.place_ask(world.distributor(funds_fen=100_000), (world.article(stock=9), 2))
    ask.actor = STAFF
    return ask


def _allot(world: World) -> Any:
    article = world.article(stock=9)
    pool = world.allotment(article, distributor=world.distributor())
    return terms.Allot(article.code, article.warehouse_id, pool.pk, 3, world.name("c"), STAFF, "活动")


def _restock(world: World) -> Any:
    article = world.article(stock=9)
    return terms.Restock(article.code, article.warehouse_id, 4, world.name("c"), STAFF, remark="到货")


def _waiting(world: World) -> Any:
    party, article = world.distributor(funds_policy="check"), world.article(stock=9)
    taken(world.capture(world.place(party, (article, 1))))
    with scope.desk():  # by the desk the order would go on at once
        Account.objects.filter(kind="prepaid", distributor=party).update(credit_limit_fen=10_000)
    return terms.Release(party.pk, STAFF)


def _ship(world: World) -> Any:
    order = _paid(world)[2]
    return terms.Ship(order.id, min(order.supply_orders), "sf", world.name("P"), STAFF)


def _due(world: World) -> Any:
    _party, _article, order = _held(world)
    world.let_lapse(order)
    return terms.Expire(order.id, STAFF)


def _owed(world: World) -> int:
    """A supplier to whom money is owed."""
    party, article = world.distributor(funds_fen=100_000), world.article(stock=9, supplier_price_fen=800)
    order = world.place(party, (article, 2), mode="direct")
    for answer in (world.ship(order), world.receive(order), world.complete(order)):
        taken(answer)
    return article.supplier_id


def _referrer(world: World) -> int:
    made, _user = create_referrer(world.name("F"), username=f"f.{world.name('u')}"[:40], actor=STAFF)
    return made.pk


def _pay_referrer(world: World) -> Any:
    who = _referrer(world)
    taken_in = world.run(referrals.AccrueReferral(who, 1, 500, world.name("c")))
    assert taken_in.is_accepted
    return referrals.PayReferrer(who, 500, world.name("c"), STAFF, "已打款")


def _back(world: World) -> terms.ReturnMoney:
    ask: dict[int, tuple[int, int]] = {1: (1, 1050)}
    return terms.ReturnMoney(_received(world).id, world.name("R"), "after_sale", STAFF, "破损", ask)


def _unaccepted(world: World) -> Any:
    """An order whose shipper is asked first whether he can send it."""
    asked = world.supplier()
    world.ask_first(asked, minutes=60)
    article = world.article(supplier=asked, stock=9, supplier_price_fen=800)
    return world.place(world.distributor(funds_fen=100_000), (article, 2), mode="direct")


def _late(world: World) -> Any:
    order = _unaccepted(world)
    world.let_time_pass(order, 1)
    return acceptances.LapseAcceptance(order.id, 1, "refund", actor=STAFF)


def _cannot(world: World) -> Any:
    order = _unaccepted(world)
    return acceptances.CannotSupply(order.id, min(order.supply_orders), [1], "refund", "停产", STAFF)


def _accepted(world: World) -> Any:
    order = _unaccepted(world)
    return acceptances.Accept(order.id, min(order.supply_orders), STAFF, [1])


def _pool(world: World, *, verb: Any) -> Any:
    article, party = world.article(stock=9), world.distributor()
    if verb is terms.SetAllotment:
        return verb(article.code, world.name("c"), STAFF, distributor_id=party.pk, floor=3, reason="活动")
    ends_at = datetime.now(UTC) - timedelta(minutes=1) if verb is terms.TendAllotment else None
    pool = world.allotment(article, distributor=party, pieces=3, ends_at=ends_at)
    return verb(article.code, pool.pk, STAFF)


ASKS: dict[type, Any] = {
    terms.Place: _placed,
    terms.Capture: lambda world: terms.Capture(_held(world)[2].id, STAFF),
    terms.Cancel: lambda world: terms.Cancel(_held(world)[2].id, STAFF, None, "重复"),
    terms.Expire: _due,
    terms.Release: _waiting,
    terms.Ship: _ship,
    terms.Receive: lambda world: terms.Receive(_sent(world).id, STAFF, None, "签收"),
    terms.Complete: lambda world: terms.Complete(_received(world).id, STAFF, None, "到期"),
    terms.RefundBeforeShipping: lambda world: terms.RefundBeforeShipping(
        _paid(world)[2].id, world.name("R"), STAFF, "缺货"
    ),
    terms.ReturnMoney: _back,
    terms.ReturnGoods: lambda world: terms.ReturnGoods(
        _received(world).id, world.name("c"), STAFF, {1: (1, 1)}, "退回"
    ),
    terms.Resend: lambda world: terms.Resend(_received(world).id, world.name("c"), STAFF, {1: 2}, "补发"),
    terms.Credit: lambda world: terms.Credit(world.distributor().pk, 500, world.name("c"), STAFF, remark="打款"),
    terms.SetCreditLimit: lambda world: terms.SetCreditLimit(world.distributor().pk, 500, STAFF, "授信"),
    terms.Restock: _restock,
    terms.Allot: _allot,
    terms.SetAllotment: lambda world: _pool(world, verb=terms.SetAllotment),
    terms.CloseAllotment: lambda world: _pool(world, verb=terms.CloseAllotment),
    terms.TendAllotment: lambda world: _pool(world, verb=terms.TendAllotment),
    acceptances.Accept: _accepted,
    acceptances.CannotSupply: _cannot,
    acceptances.LapseAcceptance: _late,
    acceptances.ExtendAcceptance: lambda world: acceptances.ExtendAcceptance(
        _unaccepted(world).id, [1], 30, STAFF, "等厂家回复"
    ),
    acceptances.Reroute: lambda world: acceptances.Reroute(
        _unaccepted(world).id, 1, world.article(stock=9, supplier_price_fen=700).code, STAFF, "换货源"
    ),
    terms.PaySupplier: lambda world: terms.PaySupplier(_owed(world), 500, world.name("c"), STAFF, "已打款"),
    terms.AdjustSupplier: lambda world: terms.AdjustSupplier(_owed(world), -5, world.name("c"), STAFF, "更正"),
    referrals.AccrueReferral: lambda world: referrals.AccrueReferral(_referrer(world), 1, 500, world.name("c"), STAFF),
    referrals.ReverseReferral: lambda world: referrals.ReverseReferral(
        _referrer(world), 1, 500, world.name("c"), STAFF
    ),
    referrals.PayReferrer: _pay_referrer,
    referrals.ReturnPayout: lambda world: referrals.ReturnPayout(
        _referrer(world), 500, world.name("c"), STAFF, "账号已注销"
    ),
}
"""Each verb of the desk, asked by staff so that it takes effect."""


WITHIN_AN_ACT: dict[type, str] = {
    ChangeAddress: "asked only within a change of the address, whose own line has both addresses, masked",
    terms.SetWarning: "asked only within a change of the distributor, whose own line says which amount warns",
}
"""Verbs that leave no line of their own, and who writes it instead."""


def check_ask(kind: type, world: World) -> None:
    """Let staff ask the desk, and check what the log says of it."""
    assert kind in ASKS, f"{kind.__name__}: let staff ask for it in ASKS of tests/doors/test_on_record.py"
    ask = ASKS[kind](world)
    before = last_line()
    answer = world.run(ask)
    assert answer.is_accepted and not answer.is_replay, (kind, answer)
    lines = [line for line in logged(before) if line.actor == STAFF]
    assert lines, f"{kind.__name__} by staff left no line in the operation log"
    for line in lines:
        check_line(line)
    reason = getattr(ask, "reason", "") or getattr(ask, "remark", "")
    assert not reason or any(line.reason == reason for line in lines), f"{kind.__name__}: {reason} is not in the log"


@pytest.mark.parametrize("kind", [kind for kind in VERBS if kind not in WITHIN_AN_ACT], ids=lambda kind: kind.__name__)
def test_a_verb_of_the_desk_by_staff_is_on_record(kind: type, world: World) -> None:
    check_ask(kind, world)


def test_what_nobody_of_the_staff_did_is_no_operation(world: World) -> None:
    before = last_line()
    order = world.place(world.distributor(funds_fen=10_000), (world.article(stock=3), 1))
    world.let_lapse(order)
    taken(world.expire(order))
    assert [line for line in logged(before) if not line.actor.startswith("platform/0/1/")] == []


def test_a_visitor_leaves_nothing(world: World) -> None:
    before = last_line()
    for _name, path in addresses():
        Client().post(path, {})
    assert last_line() == before
