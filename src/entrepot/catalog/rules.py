"""States of goods, bounds of suppliers, attributes, versions, promotions, search terms: pure rules."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import count
from operator import add
from typing import Any, Final, Literal, TypeAlias

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

DEPTH_AT_MOST = 3
VALUE_AT_MOST = 100
CHOICES_AT_MOST = 60
SLOTS_AT_MOST = 50
SLOT_GOODS_AT_MOST = 50

CONTENT_FIELDS = (
    *("name", "subtitle", "category_id", "brand_id", "min_quantity", "images", "detail_images", "attributes"),
)
"""What a version of goods holds of the goods themselves, by the names of their columns."""

SKU_FIELDS = (
    *("spec", "supplier_price_fen", "suggested_price_fen", "price_floor_fen", "price_ceiling_fen", "weight_g"),
)
"""What a version of goods holds of each SKU, beside its code."""

_WORD = re.compile(r"[^\W_]+")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a supplier may offer (供货范围). `category_ids` and `brand_ids` None: all of them.

    What was ticked counts with everything below it; goods without a brand need none.
    """

    category_ids: frozenset[int] | None
    brand_ids: frozenset[int] | None

    @property
    def is_empty(self) -> bool:
        """Return whether nothing at all may be offered: goods need a category."""
        return self.category_ids is not None and not self.category_ids

    def has_category(self, category_id: int) -> bool:
        """Return whether goods of the category may be offered."""
        return self.category_ids is None or category_id in self.category_ids

    def has_brand(self, brand_id: int | None) -> bool:
        """Return whether goods of the brand, or of none, may be offered."""
        return brand_id is None or self.brand_ids is None or brand_id in self.brand_ids


UNBOUNDED = Bounds(category_ids=None, brand_ids=None)
"""What the platform may offer as its own goods."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeRow:
    """One attribute (商品属性); empty ids stand for all, `category_ids` count with everything below them."""

    id: int
    name: str
    choices: tuple[str, ...]
    is_required: bool
    category_ids: frozenset[int]
    brand_ids: frozenset[int]

    def is_shown_to(self, bounds: Bounds) -> bool:
        """Return whether a supplier sees the attribute: its own category and brand match his."""
        if self.category_ids and bounds.category_ids is not None and not self.category_ids & bounds.category_ids:
            return False
        return not self.brand_ids or bounds.brand_ids is None or bool(self.brand_ids & bounds.brand_ids)

    def applies_to(self, *, category_id: int | None, brand_id: int | None) -> bool:
        """Return whether goods of this category and brand have the attribute."""
        if self.category_ids and category_id not in self.category_ids:
            return False
        return not self.brand_ids or brand_id in self.brand_ids

    def fault(self, value: str) -> str:
        """Return what is wrong with a value that is not empty: `long`, `choice`, or nothing."""
        if len(value) > VALUE_AT_MOST:
            return "long"
        return "choice" if self.choices and value not in self.choices else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field in which two versions of goods differ; `sku` is the code of the SKU it belongs to, or empty.

    The field `sku` itself says that a SKU came (no old value) or went (no new one).
    """

    field: str
    old: Any
    new: Any
    sku: str = ""


def differences(old: Mapping[str, Any], *, new: Mapping[str, Any]) -> list[Difference]:
    """Return in which fields two contents of goods differ, the goods' own first, then SKU by SKU."""
    found = [
        Difference(field=field, old=old.get(field), new=new.get(field))
        for field in CONTENT_FIELDS
        if old.get(field) != new.get(field)
    ]
    before = {sku["code"]: sku for sku in old["skus"]}
    after = {sku["code"]: sku for sku in new["skus"]}
    for code in [*after, *(code for code in before if code not in after)]:
        was, is_now = before.get(code), after.get(code)
        if was is None or is_now is None:
            found.append(Difference(field="sku", old=was, new=is_now, sku=code))
            continue
        found += [
            Difference(field=field, old=was.get(field), new=is_now.get(field), sku=code)
            for field in SKU_FIELDS
            if was.get(field) != is_now.get(field)
        ]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One field that was changed on sale after a version had been proposed which changes it too.

    `base` is what the proposal was written over, `now` what is on sale, `wanted` what was proposed, `kept` what holds.
    """

    field: str
    base: Any
    now: Any
    wanted: Any
    kept: Any
    sku: str = ""


def rebased(
    base: Mapping[str, Any], *, wanted: Mapping[str, Any], now: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Conflict]]:
    """Return a proposed content as it stands over what is on sale now, and where the two contradict each other.

    What the proposal left alone stays as it is on sale. Where both have changed a field, a price stays as it was
    changed on sale, for that change came later and was told to malls; of everything else the proposal holds.
    """
    conflicts: list[Conflict] = []

    def one(field: str, was: Any, is_now: Any, asked: Any, *, sku: str = "") -> Any:
        if asked in (was, is_now):
            return is_now
        if is_now == was:
            return asked
        kept = is_now if field.endswith("_fen") else asked
        conflicts.append(Conflict(field=field, base=was, now=is_now, wanted=asked, kept=kept, sku=sku))
        return kept

    found = {name: one(name, base.get(name), now.get(name), wanted.get(name)) for name in CONTENT_FIELDS}
    was, is_now, asked = ({sku["code"]: sku for sku in content["skus"]} for content in (base, now, wanted))
    skus: list[dict[str, Any]] = []
    for code, row in asked.items():
        old, current = was.get(code), is_now.get(code)
        if old is None or current is None:
            skus.append(dict(row))
            continue
        merged = {name: one(name, old.get(name), current.get(name), row.get(name), sku=code) for name in SKU_FIELDS}
        skus.append({"code": code} | merged)
    skus += [dict(row) for code, row in is_now.items() if code not in asked and code not in was]
    return found | {"skus": skus}, conflicts


def below(parents: Mapping[int, int | None], *, ids: Collection[int]) -> frozenset[int]:
    """Return the categories named and every one below them; `parents` gives each category's parent."""
    wanted = set(ids)
    found = set()
    for category_id in parents:
        step: int | None = category_id
        while step is not None:
            if step in wanted:
                found.add(category_id)
                break
            step = parents.get(step)
    return frozenset(found)


def depth_of(parents: Mapping[int, int | None], *, category_id: int | None) -> int:
    """Return on which level a category lies, 1 for a trunk; 0 for none."""
    depth = 0
    while category_id is not None:
        category_id, depth = parents.get(category_id), depth + 1
    return depth


def height_of(parents: Mapping[int, int | None], *, category_id: int) -> int:
    """Return how many levels a category and what lies below it take."""
    own = depth_of(parents, category_id=category_id)
    return max(depth_of(parents, category_id=one) for one in below(parents, ids=[category_id])) - own + 1


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
    for word in _WORD.findall(plain):
        if len(word) == 1:
            found.add(word)
        found.update(map(add, word, word[1:]))
    return sorted(found)


def slot_state(*, is_shown: bool, begins_at: datetime | None, ends_at: datetime | None, now: datetime) -> str:
    """Return where a promotion slot (资源位) stands: `off`, `planned`, `live` or `over`. It lives before its end, not at it.

    Distributors see live ones alone; the policies of `catalog_slot` and `catalog_slotgoods` say the same by the
    database's clock.
    """
    if not is_shown:
        return "off"
    if ends_at is not None and ends_at <= now:
        return "over"
    return "planned" if begins_at is not None and now < begins_at else "live"


def moved(ids: Sequence[int], *, one: int, to: str) -> list[int]:
    """Return ids with one of them a place further `up` or `down`, or at the `top`; at the end nothing moves."""
    rest = [other for other in ids if other != one]
    place = ids.index(one)
    place = {"up": max(place - 1, 0), "down": place + 1, "top": 0}[to]
    return [*rest[:place], one, *rest[place:]]
