"""What the promotions are called that a mall may run on supplied goods, or may not."""

from typing import Any

from django.utils.translation import gettext_lazy as _

PROMOTION_WORDS: dict[str, Any] = {
    "points_gift": _("Points as a gift"),
    "shopping_coins": _("Shopping coins"),
    "goods_privilege": _("Goods privilege"),
    "coupon": _("Coupons"),
    "wallet_discount": _("Wallet discount"),
    "live_stream": _("Live stream"),
    "pay_gift": _("Gift after payment"),
    "agent": _("Agents"),
    "group_buy": _("Group buying"),
    "resale": _("Resale"),
    "community_group_buy": _("Community group buying"),
    "cloud_store": _("Cloud store"),
    "short_video": _("Short-video shop"),
    "points_mall": _("Points mall"),
    "freight_reward": _("Freight reward"),
}
