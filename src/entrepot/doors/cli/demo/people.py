"""The parties of the demo world and those who sign in for them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from entrepot.base import scope
from entrepot.base.actors import SYSTEM, api, staff
from entrepot.doors.kit import second_factor
from entrepot.doors.kit.demo import DemoAccount
from entrepot.parties.actions import (
    NewUser,
    create_distributor,
    create_supplier,
    create_tier,
    create_user,
    ensure_platform_supplier,
    issue_key,
)
from entrepot.parties.models import (
    ApiKey,
    Distributor,
    DistributorKind,
    PartyKind,
    Role,
    Supplier,
    SupplierKind,
    Tier,
    User,
)

PLATFORM_NAME = "集散供应链"
ALLOWED = ("127.0.0.1/32", "::1/128")
_STAFF = (
    ("admin", "超级管理员", "林知远"),
    ("yunying", "运营", "周以宁"),
    ("kefu", "客服", "许冬梅"),
    ("caiwu", "财务", "何敬之"),
    ("cangku", "仓库", "马小川"),
)
_TIERS = (("初级", 800, 500, 1000), ("中级", 650, 500, 1000), ("高级", 500, 500, 1000))
_SUPPLIERS = (
    ("farm", "沂蒙山果蔬合作社", "孙有田 0539-5550101", SupplierKind.PRODUCE),
    ("factory", "海宁匠心日用品厂", "沈丽华 0573-5550188", SupplierKind.FACTORY),
)
_MALLS = (
    ("mall1", "云选商城", "高级", "hold", "陈书影", DistributorKind.MALL),
    ("mall2", "邻里优购", "中级", "hold", "唐一鸣", DistributorKind.STORE),
    ("mall3", "小满集市", "初级", "check", "罗小满", DistributorKind.MARKET),
)


@dataclass(slots=True)
class People:
    """Everybody of the demo world: parties by their short names, the actor line of each, and the accounts."""

    tiers: dict[str, Tier] = field(default_factory=dict)
    suppliers: dict[str, Supplier] = field(default_factory=dict)
    malls: dict[str, Distributor] = field(default_factory=dict)
    actors: dict[str, str] = field(default_factory=dict)
    accounts: list[DemoAccount] = field(default_factory=list)

    def introduce(self, made: NewUser, *, party: str, display_name: str) -> None:
        """Note an account for the sign-in pages, and the line its user acts under."""
        user = made.user
        kind, party_id = user.kind, user.party_id
        self.actors[user.username] = staff(kind, party_id=party_id, user_id=user.pk, name=display_name)
        self.accounts.append(DemoAccount(kind=kind, party=party, username=user.username, password=made.password))


def settle(*, since: datetime) -> People:
    """Make tiers, parties, keys and accounts, who have been there `since`."""
    people = People()
    roles = {(role.kind, role.name): role.pk for role in Role.objects.all()}
    for username, role, name in _STAFF:
        made = create_user(
            "platform",
            username=username,
            display_name=name,
            role_ids=[roles["platform", role]],
            actor=people.actors.get("admin", SYSTEM),
        )
        second_factor.enrol(made.user, secret=second_factor.new_secret())
        people.introduce(made, party=f"{PLATFORM_NAME} · {role}", display_name=name)
    admin = people.actors["admin"]
    people.suppliers["platform"] = ensure_platform_supplier()
    for position, (name, fee_rate_bps, per_s, burst) in enumerate(_TIERS, start=1):
        people.tiers[name] = create_tier(
            name, fee_rate_bps=fee_rate_bps, rate_limit_per_s=per_s, rate_burst=burst, position=position, actor=admin
        )
    for username, name, contact, kind in _SUPPLIERS:
        people.suppliers[username], made = create_supplier(
            name, username=username, contact=contact, kind=kind, actor=admin
        )
        people.introduce(made, party=name, display_name=contact.split()[0])
    for username, name, tier, funds_policy, contact, downstream in _MALLS:
        mall, made = create_distributor(
            name,
            tier_id=people.tiers[tier].pk,
            username=username,
            contact=contact,
            kind=downstream,
            funds_policy=funds_policy,
            allow_list=ALLOWED,
            actor=admin,
        )
        people.malls[username] = mall
        people.introduce(made, party=f"{name} · {tier}", display_name=contact)
        key = issue_key(mall.pk, actor=admin, label="商城正式环境")
        people.actors[f"{username}.api"] = api(mall.pk, key=key.key)
    _date(people, since=since)
    return people


def _date(people: People, *, since: datetime) -> None:
    names = {account["username"]: people.actors[account["username"]].split("/", 3)[3] for account in people.accounts}
    with scope.platform():
        Supplier.objects.update(created_at=since)
        Distributor.objects.update(created_at=since + timedelta(days=1), low_balance_fen=5_000_00)
        ApiKey.objects.update(created_at=since + timedelta(days=1))
        for user in User.objects.exclude(kind=PartyKind.PLATFORM):
            User.objects.filter(pk=user.pk).update(display_name=names[user.username])
