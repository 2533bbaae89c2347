"""The story of the product, number by number: `bin/demo [--port N]` plays it and stops at the first wrong figure."""

import argparse
import io
import re
import secrets
import sys
import time
from typing import Any

import httpx
from PIL import Image

from demo.office import FIRST, Office, StoryError
from entrepot.pricing.rules import commission_pool
from entrepot_sdk import Entrepot
from entrepot_sdk.errors import RefusedError
from entrepot_sdk.shapes import Consignee, NewLine, NewOrder, Order


def _picture() -> bytes:
    """Draw the one picture that goods need to be put on sale."""
    target = io.BytesIO()
    Image.radial_gradient("L").resize((400, 400)).convert("RGB").save(target, "PNG")
    return target.getvalue()


BUYER = Consignee(
    name="郭靖", phone="13612349896", province="广东省", city="深圳市", district="南山区", address="科技园科苑路 1 号"
)
PICTURE = _picture()
FUNDS = "1000000.00"


class Story:
    """The parties of one telling; every name is new, so that it can be told again on the same data."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.mark = secrets.token_hex(3)
        self.platform = Office(base_url, "platform")
        self.malls: dict[str, Entrepot] = {}
        self.tier_ids: dict[str, str] = {}
        self.checked = 0

    def check(self, what: str, found: Any, expected: Any) -> None:
        """Print one figure; raise StoryError when it is not what it must be."""
        self.checked += 1
        if found != expected:
            raise StoryError(f"{what}: {found}, must be {expected}")
        print(f"  ok  {what}: {found}", flush=True)

    def tier(self, name: str, rate: str) -> None:
        """Make a tier with a fee rate in percent."""
        full = f"{name} {self.mark}"
        self.platform.submit("/platform/tiers/new/", name=full, fee_rate_bps=rate)
        page = self.platform.page("/platform/distributors/new/")
        found = re.search(rf'<option value="(\d+)"[^>]*>\s*{re.escape(full)}', page)
        if found is None:
            raise StoryError(f"the tier {full} cannot be chosen for a distributor")
        self.tier_ids[name] = found[1]

    def mall(self, tier: str) -> None:
        """Make a distributor of a tier with money and a key, and his mall's client."""
        name = f"{tier}商城 {self.mark}"
        values: dict[str, Any] = {
            "name": name,
            "tier_id": self.tier_ids[tier],
            "username": f"d{self.mark}{len(self.malls)}",
        }
        self.platform.submit("/platform/distributors/new/", is_active="on", **values)
        at = self._id_of(name, "/platform/distributors/")
        answer = self.platform.submit(f"/platform/distributors/{at}/", f"/{at}/keys/", label="story")
        key = re.search(r"ek_live_\w+", answer.text)
        secret = re.search(r"whsec_[A-Za-z0-9+/=]+", answer.text)
        if key is None or secret is None:
            raise StoryError("the issued key and secret are not shown")
        credit: dict[str, Any] = {"kind": "top_up", "amount_fen": FUNDS, "reason": "打款到账"}
        self.platform.submit(f"/platform/distributors/{at}/credit/", **credit)
        self.malls[tier] = Entrepot(self.base_url, key=key[0], secret=secret[0])

    def own_goods(self, number: str, *, price: str, cost: str, stock: int, minimum: int = 1, tier: str = "") -> str:
        """Put goods of the platform on sale, for one tier or for all; return their SKU code."""
        code = f"{number}-{self.mark}"
        skus: dict[str, Any] = {"sku-0-code": code, "sku-0-price_fen": price, "sku-0-cost_fen": cost}
        values: dict[str, Any] = {"name": f"商品 {number} {self.mark}", "goods_no": code, "min_quantity": minimum}
        values |= {"category_id": FIRST, "do": "save", "picture": ("pictures", PICTURE)}
        self.platform.submit("/platform/goods/new/", **values, **skus)
        at = self._id_of(code, "/platform/goods/")
        if tier:
            self.platform.submit(f"/platform/goods/{at}/", "/visibility/", tiers=[self.tier_ids[tier]])
        self.platform.submit(f"/platform/goods/{at}/", "/list/")
        self.stock(code, stock)
        return code

    def stock(self, code: str, pieces: int) -> None:
        """Put pieces of a SKU on the platform's shelf."""
        page = self.platform.page(f"/platform/stock/?text={code}")
        found = re.search(r'href="(/platform/stock/\d+/)', page)
        if found is None:
            raise StoryError(f"the stock list does not show {code}")
        self.platform.submit(found[1], "change/", mode="set", qty=pieces, reason="盘点入库")

    def order(self, tier: str, sku: str, qty: int) -> Order:
        """Let a tier's mall order pieces and pay at once."""
        number = f"S{self.mark}{secrets.token_hex(4)}"
        wanted = NewOrder(out_order_no=number, mode="direct", lines=[NewLine(sku=sku, qty=qty)], consignee=BUYER)
        return self.malls[tier].create_order(wanted)

    def sees(self, tier: str, sku: str) -> int:
        """Return the stock that a tier's mall sees."""
        return self.malls[tier].prices_stocks([sku])[0].stock

    def _id_of(self, text: str, path: str) -> str:
        page = self.platform.page(f"{path}?text={text.replace(' ', '+')}")
        found = re.search(rf'href="{path}(\d+)/"', page)
        if found is None:
            raise StoryError(f"{path} does not list {text}")
        return found[1]


def own_goods_and_the_fee(story: Story) -> None:
    """98, 21.00 and 179.00."""
    print("自营商品 A：成本 5.00，供货价 10.00，库存 100，起售 2；高级分销商服务费 5 %，售价 100.00")
    sku = story.own_goods("A", price="10.00", cost="5.00", stock=100, minimum=2)
    before = story.malls["高级"].balance().balance
    order = story.order("高级", sku, 2)
    story.check("库存 stock", story.sees("高级", sku), 98)
    drawn = before - story.malls["高级"].balance().balance
    story.check("扣货款 drawn", f"{drawn / 100:.2f}", "21.00")
    story.check("协议价 agreed price", order.lines[0].agreed_price, 1050)
    pool = commission_pool(10_000, agreed_price_fen=order.lines[0].agreed_price, qty=2, total_rate_bps=10_000)
    story.check("佣金池 commission pool", f"{pool / 100:.2f}", "179.00")
    story.check("买家付款 buyer paid", drawn + pool, 20_000)
    try:
        story.order("高级", sku, 1)
    except RefusedError as refusal:
        story.check("起售数 one piece alone", refusal.code, "below_min_quantity")
    else:
        raise StoryError("one piece was sold below the minimum of two")


def one_stock_for_all(story: Story) -> None:
    """60 and 40 of one stock, and 60 + 40 set apart."""
    print("共享库存 100：初级卖 60")
    sku = story.own_goods("B", price="20.00", cost="12.00", stock=100)
    story.order("初级", sku, 60)
    story.check("高级看到 senior sees", story.sees("高级", sku), 40)
    story.order("初级", sku, 40)
    story.check("再卖 40 后高级看到 senior sees", story.sees("高级", sku), 0)
    print("固定配额：同一商品上架两次，60 归初级，40 归高级")
    first = story.own_goods("C1", price="20.00", cost="12.00", stock=60, tier="初级")
    second = story.own_goods("C2", price="20.00", cost="12.00", stock=40, tier="高级")
    story.check("初级看到 junior sees", (story.sees("初级", first), story.sees("初级", second)), (60, 0))
    story.check("高级看到 senior sees", (story.sees("高级", first), story.sees("高级", second)), (0, 40))


def a_supplier_is_settled(story: Story) -> None:
    """80.00, on completion, whatever the goods cost him."""
    print("供应商商品：成本 50.00，供货价 80.00；发货、收货、完成后入账")
    name, username = f"供应商 {story.mark}", f"s{story.mark}"
    answer = story.platform.submit("/platform/suppliers/new/", name=name, username=username, is_active="on")
    at = story._id_of(name, "/platform/suppliers/")
    story.platform.submit(f"/platform/suppliers/{at}/bounds/", has_all_categories="on", has_all_brands="on")
    supplier = Office(story.base_url, "supplier")
    supplier.sign_in(username, _password(answer.text))
    code = f"D-{story.mark}"
    skus = {"sku-0-code": code, "sku-0-cost_fen": "50.00", "sku-0-supplier_price_fen": "80.00"}
    values: dict[str, Any] = {"name": f"商品 D {story.mark}", "goods_no": code, "category": FIRST}
    supplier.submit("/supplier/goods/new/", do="submit", picture=("new_images", PICTURE), **values, **skus)
    at = story._id_of(code, "/platform/goods/")
    story.platform.submit(f"/platform/goods/{at}/", "/review/", do="approve")
    found = re.search(r'href="(/supplier/stock/\d+/)', supplier.page(f"/supplier/stock/?text={code}"))
    if found is None:
        raise StoryError(f"the supplier's stock does not show {code}")
    supplier.submit(found[1], "/change/", how="set", pieces=10)
    order = story.order("高级", code, 1)
    story.check("协议价 agreed price", order.total, 8400)
    supplier.submit(f"/supplier/orders/{order.id}/", "/ship/", carrier="sf", tracking_no=f"SF{story.mark}")
    mall = story.malls["高级"]
    parcel = mall.shipments(order.id)[0]
    story.check("商城看到运单 the mall sees the parcel", parcel.tracking_no, f"SF{story.mark}".upper())
    mall.receipt(order.id)
    story.platform.submit(f"/platform/orders/{order.id}/", "/complete/", reason="买家已确认收货")
    story.check("订单状态 state", mall.order(order.id).state, "completed")
    earned = re.findall(r"[+]?80\.00", supplier.page("/supplier/earnings/"))
    story.check("供应商入账 settled", earned[0].lstrip("+") if earned else "nothing", "80.00")


def _password(page: str) -> str:
    """Return the password that the page of a new login shows this once: the last of its secrets."""
    secrets_shown = re.findall(r'class="secret"><code>([^<]+)</code>', page)
    if len(secrets_shown) < 3:
        raise StoryError("the new supplier's password is not shown")
    return str(secrets_shown[-1])


def play(base_url: str) -> int:
    """Tell the whole story and return how many figures were right."""
    story = Story(base_url)
    story.platform.sign_in()
    story.tier("初级", "8")
    story.tier("高级", "5")
    for tier in ("初级", "高级"):
        story.mall(tier)
    own_goods_and_the_fee(story)
    one_stock_for_all(story)
    a_supplier_is_settled(story)
    return story.checked


def main(arguments: list[str]) -> int:
    """Run the command; 0 when every figure is right."""
    parser = argparse.ArgumentParser(prog="bin/demo", description="Plays the story against a running demo world.")
    parser.add_argument("--port", type=int, default=8000, help="port of the running instance (8000)")
    port = parser.parse_args(arguments).port
    started = time.monotonic()
    try:
        checked = play(f"http://127.0.0.1:{port}")
    except (StoryError, RefusedError, httpx.HTTPError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    print(f"{checked} figures right in {time.monotonic() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
