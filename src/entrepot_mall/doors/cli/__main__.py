"""`python -m entrepot_mall.doors.cli COMMAND`: prepare, demo, accounts, open-shop."""

import argparse
import json
import os
import secrets
import sys
from pathlib import Path

import django
from django.core.management import call_command

FIRST_ACCOUNT = "first-account.json"


def main(arguments: list[str]) -> int:
    """Run one command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot_mall.config.settings")
    django.setup()
    parser = argparse.ArgumentParser(prog="mall", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("prepare", help="make or change the tables, open the first shop, keep its connection")
    commands.add_parser("demo", help="list the goods and open the test cashier")
    commands.add_parser("accounts", help="the first account of the back office")
    opener = commands.add_parser("open-shop", help="open one more shop under a host name of its own")
    opener.add_argument("--name", required=True)
    opener.add_argument("--host", required=True)
    chosen = parser.parse_args(arguments)
    if chosen.command == "prepare":
        call_command("migrate", verbosity=0)
        prepare()
    elif chosen.command == "demo":
        demo()
    elif chosen.command == "accounts":
        for account in json.loads(_file().read_text()) if _file().exists() else []:
            print(f"  /office/  {account['shop']}  {account['username']}  {account['password']}")
    else:
        open_shop(name=chosen.name, host=chosen.host)
    return 0


def prepare() -> None:
    """The first shop with its owner, and the connection named in the environment."""
    from entrepot_mall.shop import actions
    from entrepot_mall.shop.models import Shop

    shop = Shop.objects.order_by("pk").first()
    if shop is None:
        shop = open_shop(name="云选小店", host="")
    address = os.environ.get("ENTREPOT_MALL_URL", "")
    if address and address != shop.public_url:
        # Under another address the platform has to be told anew where to call.
        Shop.objects.filter(pk=shop.pk).update(public_url=address, callback_state="none")
        shop.refresh_from_db()
    told = {name: os.environ.get(f"ENTREPOT_MALL_{name.upper()}", "") for name in ("platform", "key", "secret")}
    if all(told.values()):
        actions.connect(shop, platform_url=told["platform"], key=told["key"], secret=told["secret"], who="bin/mall")
        actions.check_connection(shop)


def open_shop(*, name: str, host: str):  # type: ignore[no-untyped-def]  # the models are loaded after Django is set up
    """A shop and the account of its owner, whose password is kept in the data folder until he changes it."""
    from entrepot_mall.shop import actions

    shop = actions.open_shop(name=name, host=host)
    password = secrets.token_urlsafe(9)
    actions.add_staff(shop, username="owner", name="店主", password=password)
    known = json.loads(_file().read_text()) if _file().exists() else []
    _file().touch(mode=0o600)
    known.append({"shop": name, "host": host, "username": "owner", "password": password})
    _file().write_text(json.dumps(known, ensure_ascii=False))
    return shop


def demo() -> None:
    """A trial shop: particulars, test cashier, the warehouse filled and listed, callbacks wanted."""
    from entrepot_mall.shop import actions
    from entrepot_mall.shop.models import Shop
    from entrepot_mall.supply import actions as supply
    from entrepot_mall.supply.jobs import sync
    from entrepot_mall.supply.models import Goods

    shop = Shop.objects.order_by("pk")[0]
    particulars = {
        "legal_name": "示例电子商务有限公司",
        "licence_no": "91330100MA2DEMO00X",
        "service_phone": "400-000-0000",
        "notice": "产地直发，一件包邮",
        "bank_account": "示例电子商务有限公司\n示例银行杭州分行\n6222 0000 0000 0000",
        "takes_test_payments": True,
    }
    actions.set_particulars(shop, who="bin/mall", values=particulars)
    if not shop.key:
        return
    sync(shop)
    chosen = list(Goods.objects.filter(shop=shop, is_supplied=True).values_list("pk", flat=True))
    supply.put_on_sale(shop, goods_ids=chosen, pricing="percent", pricing_bps=3000, fixed_fen=None, who="bin/mall")
    Shop.objects.filter(pk=shop.pk).update(connects_callback=True)


def _file() -> Path:
    from django.conf import settings

    return Path(settings.DATA_DIR) / FIRST_ACCOUNT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
