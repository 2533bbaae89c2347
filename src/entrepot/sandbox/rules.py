"""What lies in a sandbox, and which outcome a number or SKU asks for: pure rules."""

from collections.abc import Sequence
from dataclasses import dataclass

FUNDS_FEN = 10_000_00
"""What a sandbox begins with, and what one press of the button adds."""
SLOW_S = 8
SLOW_AT_ONCE = 4
"""So many calls of one sandbox may be held up at once; the next is answered `rate_limited`."""
PRICE_STEP_FEN = 100
RATE_PER_S, RATE_BURST = 20, 40
STEPS = ("shipped", "received", "completed")
"""How far an order can be moved on by hand, in this order."""


@dataclass(frozen=True, slots=True)
class Fake:
    """One SKU of a sandbox: the end of its code, its spec, its supply price in fen and its stock."""

    code: str
    spec: str
    price_fen: int
    stock: int = 500
    weight_g: int = 500


@dataclass(frozen=True, slots=True)
class FakeGoods:
    """Goods of a sandbox; `what_for` says in Chinese and English what they are there to try."""

    code: str
    name: str
    hue: int
    skus: tuple[Fake, ...]
    what_for: tuple[str, str]
    min_quantity: int = 1
    is_delisted: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """An outcome that happens to order: the end of the order's number or of a SKU's code calls for it.

    `code` is the problem answered, empty when the order goes through. `once` answers it only the first time a number
    is sent, `until_credited` until money has come in since then.
    """

    suffix: str
    code: str
    words: tuple[str, str]
    once: bool = False
    until_credited: bool = False


SCRIPTS = (
    Script("-OOS", "insufficient_stock", ("库存不足", "There is not enough stock")),
    Script(
        "-PRICE",
        "price_changed",
        (
            "下单前协议价变动 ±1.00 元（真变）：带 expected_price 的订单第一次被拒，按新价、同一单号重发即可",
            (
                "The agreed price moves by 1.00 before the order, for real: one with expected_price is refused once;"
                " send it again at the new price under the same number"
            ),
        ),
        once=True,
    ),
    Script(
        "-FUNDS",
        "insufficient_balance",
        (
            "货款不足，充值之后同一单号重发即可",
            "The balance does not reach until a top-up comes in; then send the same number",
        ),
        until_credited=True,
    ),
    Script("-DELISTED", "product_delisted", ("商品已下架", "The product is delisted")),
    Script("-TIER", "not_authorised_for_tier", ("等级不可售", "Your tier may not sell it")),
    Script("-MIN", "below_min_quantity", ("未达起售数", "Below the minimum quantity")),
    Script("-REGION", "region_not_served", ("该地区不配送", "The region is not served")),
    Script("-PROMO", "promotion_not_allowed", ("不支持该活动", "The promotion is not allowed")),
    Script("-QUOTA", "hold_quota_exceeded", ("占用库存超过限额", "Too much is on hold")),
    Script("-SUSPENDED", "distributor_suspended", ("分销商已停用", "The distributor is suspended")),
    Script(
        "-TWIN",
        "request_in_progress",
        ("第一次回答同单处理中，重发即可", "Answered request_in_progress once; send it again"),
        once=True,
    ),
    Script(
        "-RATE", "rate_limited", ("第一次被限流，按 Retry-After 重发", "Limited once; wait for Retry-After"), once=True
    ),
    Script(
        "-BUSY",
        "busy",
        ("第一次回答 503 且未下单，同一单号重发", "503 once and nothing is placed; send the same number"),
        once=True,
    ),
    Script(
        "-LOST",
        "busy",
        (
            "订单已下，回答却丢了（503）：同一单号重发，得到原订单",
            "The order is placed but its answer is lost (503): send the same number and get the order",
        ),
        once=True,
    ),
    Script("-SLOW", "", (f"{SLOW_S} 秒后才回答", f"Answered after {SLOW_S} s")),
)
LOST, SLOW, PRICE = (next(one for one in SCRIPTS if one.suffix == end) for end in ("-LOST", "-SLOW", "-PRICE"))

GOODS = (
    FakeGoods("APPLE", "红富士苹果 5 斤装", 8, (Fake("APPLE", "5 斤", 3990),), ("普通商品", "Plain goods")),
    FakeGoods("TEA", "明前龙井 250 克", 110, (Fake("TEA", "250 克", 16800),), ("普通商品", "Plain goods")),
    FakeGoods("HONEY", "洋槐蜂蜜 500 克", 42, (Fake("HONEY", "500 克", 4550),), ("普通商品", "Plain goods")),
    FakeGoods(
        "RICE",
        "五常大米",
        60,
        (
            Fake("RICE-25", "2.5 千克", 2990, weight_g=2500),
            Fake("RICE-50", "5 千克", 5690, weight_g=5000),
            Fake("RICE-100", "10 千克", 10900, weight_g=10_000),
        ),
        ("三个规格，重量不同", "Three SKUs of different weight"),
    ),
    FakeGoods(
        "SHIRT",
        "纯棉 T 恤",
        210,
        tuple(Fake(f"SHIRT-{size}", f"白色 {size}", 5900) for size in ("S", "M", "L", "XL")),
        ("四个规格，同价", "Four SKUs of one price"),
    ),
    FakeGoods(
        "CUP",
        "陶瓷马克杯",
        20,
        (Fake("CUP", "350 毫升", 1290),),
        ("起售 6 件", "Minimum quantity 6"),
        min_quantity=6,
    ),
    FakeGoods("PEN", "中性笔", 240, (Fake("PEN", "黑色", 10),), ("0.10 元，试服务费取整", "0.10: the fee is rounded")),
    FakeGoods("ODD", "零头商品", 280, (Fake("ODD", "一份", 333),), ("3.33 元，试取整", "3.33: rounding")),
    FakeGoods(
        "PHONE", "智能手机", 200, (Fake("PHONE", "256 GB", 499_900),), ("高价，两件即超余额", "Two exceed the balance")
    ),
    FakeGoods("LAST", "最后一件", 330, (Fake("LAST", "一件", 1990, stock=1),), ("库存 1 件", "One piece is left")),
    FakeGoods("NONE", "已售罄", 350, (Fake("NONE", "一件", 1990, stock=0),), ("库存 0 件", "Sold out")),
    FakeGoods(
        "OLD",
        "已下架商品",
        0,
        (Fake("OLD", "一件", 1990),),
        ("已下架，不在货架上", "Delisted, not on the shelf"),
        is_delisted=True,
    ),
    FakeGoods(
        "SCRIPT",
        "预设结果商品",
        170,
        tuple(Fake(f"X{one.suffix}", one.suffix.removeprefix("-"), 2000) for one in SCRIPTS),
        ("每个规格下单都有预设的结果", "Each SKU has an outcome of its own"),
    ),
)


def script_for(out_order_no: str, *, skus: Sequence[str]) -> Script | None:
    """Return the outcome that an order's number asks for, else one of its SKUs, else None."""
    for text in (out_order_no, *skus):
        for script in SCRIPTS:
            if text.upper().endswith(script.suffix):
                return script
    return None


def called_for(script: Script, *, skus: Sequence[str]) -> int:
    """Return the place of the line the outcome is about: that of the SKU which asks for it, else the first."""
    return next((place for place, sku in enumerate(skus) if sku.upper().endswith(script.suffix)), 0)


def number_of(live_number: str) -> str:
    """Return the number a sandbox goes by, from its distributor's."""
    return f"T{live_number}"[:20]


def next_step(state: str) -> str:
    """Return what an order in this state can be moved on to by hand, empty when nothing."""
    return {"confirmed": "shipped", "partly_shipped": "shipped", "shipped": "received", "received": "completed"}.get(
        state, ""
    )


def is_before(state: str, until: str) -> bool:
    """Return whether an order in a state has not come as far as a step yet."""
    return state not in STEPS or STEPS.index(state) < STEPS.index(until)


def is_certificate(content: object) -> bool:
    """Return whether a document is the result of a conformance run: its kit, its verdict and its checks."""
    if not isinstance(content, dict) or content.get("kit") != "entrepot-conformance":
        return False
    checks = content.get("checks")
    if not isinstance(content.get("passed"), bool) or not isinstance(content.get("at"), str):
        return False
    if not isinstance(checks, list) or not 1 <= len(checks) <= 200:
        return False
    return all(
        isinstance(check, dict)
        and isinstance(check.get("id"), str)
        and check.get("outcome") in ("passed", "failed", "unchecked")
        for check in checks
    )
