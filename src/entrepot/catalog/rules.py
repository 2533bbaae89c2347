"""States of goods, promotions malls may run on them, search terms: pure rules."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import Final, Literal, TypeAlias

STEPS: dict[str, dict[str, str]] = {
    "submit": {"draft": "submitted", "unlisted": "submitted"},
    "withdraw": {"submitted": "draft"},
    "approve": {"submitted": "on_sale"},
    "reject": {"submitted": "rejected"},
    "unlist": {"on_sale": "unlisted"},
    "list_own": {"draft": "on_sale", "unlisted": "on_sale"},
    "edit": {"draft": "draft", "unlisted": "unlisted", "rejected": "draft"},
}
"""Which step (verb) leads from which state of goods to which. On sale, only stock may be edited: unlist first."""

ALLOWED_PROMOTIONS = (
    "points_gift",  # 赠送积分
    "shopping_coins",  # 购物币
    "goods_privilege",  # 商品特权
    "coupon",  # 优惠券
    "wallet_discount",  # 零钱优惠支付
    "live_stream",  # 微信直播小程序
    "pay_gift",  # 支付有礼
    "agent",  # 代理商
)
"""What malls may run on goods unless the goods say otherwise."""

REFUSED_PROMOTIONS = (
    "group_buy",  # 拼团
    "resale",  # 挂售
    "community_group_buy",  # 社区团购
    "cloud_store",  # 云店
    "short_video",  # 短视频电商
    "points_mall",  # 积分商城
    "freight_reward",  # 运费奖励
)
"""What malls may not run on goods unless the goods allow it by name."""

PROMOTIONS = (*ALLOWED_PROMOTIONS, *REFUSED_PROMOTIONS)

PRICE_AT_MOST_FEN = 10_000_000_00
PICTURES_AT_MOST = 12
SKUS_AT_MOST = 200

_GOODS_NO = re.compile(r"[A-Za-z0-9_.\-/]{1,40}")


class Silence(Enum):
    """What a draft that does not speak of a figure says of it."""

    KEPT = "kept"


KEPT: Final = Silence.KEPT
"""The figure stays as it was; None takes it away."""
Kept: TypeAlias = Literal[Silence.KEPT]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuDraft:
    """One SKU (规格) as typed. All prices are fen for one piece; an empty code is made from the goods number.

    `supplier_price_fen` is the supplier's 供货价, `cost_fen` his secret 成本价 (None: as it was). A form without the
    price band (价格区间) leaves floor and ceiling at KEPT.
    """

    supplier_price_fen: int
    code: str = ""
    spec: str = ""
    cost_fen: int | None = None
    suggested_price_fen: int | None = None
    price_floor_fen: int | Kept | None = KEPT
    price_ceiling_fen: int | Kept | None = KEPT
    weight_g: int = 0


def next_state(state: str, *, step: str) -> str | None:
    """Return the state a step leads to, None when the state does not allow it."""
    return STEPS[step].get(state)


def is_number(text: str) -> bool:
    """Return whether a text can be a goods number (货号) or a SKU code."""
    return _GOODS_NO.fullmatch(text) is not None


def sku_codes(goods_no: str, *, drafts: Iterable[SkuDraft], known: Iterable[str] = ()) -> list[str]:
    """Return the code of each SKU: the one typed, else the goods number, with a counter when there are several.

    `known` are codes the goods have or had. A SKU without a code is a new one and takes no older one's place, unless
    there is only one now and there was never another.
    """
    typed = [draft.code.strip() for draft in drafts]
    older = list(known)
    if typed == [""] and len(older) <= 1:
        return older or [goods_no]
    used = {*typed, *older}
    free = (code for serial in count(1) if (code := f"{goods_no}-{serial}") not in used)
    return [code or next(free) for code in typed]


def bigrams(text: str) -> list[str]:
    """Return the pairs of neighbouring letters of a text, sorted, each once: what search looks for.

    Width and case do not matter, other signs part the words, and a word of one letter stands for itself.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    found: set[str] = set()
    for word in re.findall(r"[^\W_]+", plain):
        if len(word) == 1:
            found.add(word)
        found.update(word[place : place + 2] for place in range(len(word) - 1))
    return sorted(found)
