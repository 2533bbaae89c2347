"""Every write of the room, one function per business verb."""

from entrepot.catalog.actions.categories import create_brand, create_category, rename_brand, rename_category
from entrepot.catalog.actions.goods import add_picture, save_goods
from entrepot.catalog.actions.review import approve_goods, reject_goods, submit_goods, withdraw_submission
from entrepot.catalog.actions.shelf import list_own_goods, set_promotions, set_visibility, unlist_goods

__all__ = [
    "add_picture",
    "approve_goods",
    "create_brand",
    "create_category",
    "list_own_goods",
    "reject_goods",
    "rename_brand",
    "rename_category",
    "save_goods",
    "set_promotions",
    "set_visibility",
    "submit_goods",
    "unlist_goods",
    "withdraw_submission",
]
