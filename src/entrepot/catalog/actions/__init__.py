"""Every write of the room, one function per business verb."""

from entrepot.catalog.actions.attributes import remove_attribute, save_attribute
from entrepot.catalog.actions.bounds import activate_supplier, set_bounds, set_open_mode, suspend_supplier
from entrepot.catalog.actions.brands import create_brand, remove_brand, rename_brand
from entrepot.catalog.actions.categories import (
    create_category,
    import_categories,
    merge_category,
    move_category,
    remove_category,
    rename_category,
    shift_category,
)
from entrepot.catalog.actions.goods import add_picture, save_goods
from entrepot.catalog.actions.imports import cancel_import, start_import
from entrepot.catalog.actions.review import approve_goods, reject_goods, submit_goods, withdraw_submission
from entrepot.catalog.actions.selection import drop, pick
from entrepot.catalog.actions.shelf import list_own_goods, set_promotions, set_visibility, unlist_goods
from entrepot.catalog.actions.slots import move_in_slot, put_in_slot, remove_slot, save_slot
from entrepot.catalog.actions.versions import (
    approve_change,
    propose_change,
    reject_change,
    restore_version,
    withdraw_change,
)

__all__ = [
    "activate_supplier",
    "add_picture",
    "approve_change",
    "approve_goods",
    "cancel_import",
    "create_brand",
    "create_category",
    "drop",
    "import_categories",
    "list_own_goods",
    "merge_category",
    "move_category",
    "move_in_slot",
    "pick",
    "propose_change",
    "put_in_slot",
    "reject_change",
    "reject_goods",
    "remove_attribute",
    "remove_brand",
    "remove_category",
    "remove_slot",
    "rename_brand",
    "rename_category",
    "restore_version",
    "save_attribute",
    "save_goods",
    "save_slot",
    "set_bounds",
    "set_open_mode",
    "set_promotions",
    "set_visibility",
    "shift_category",
    "start_import",
    "submit_goods",
    "suspend_supplier",
    "unlist_goods",
    "withdraw_change",
    "withdraw_submission",
]
