"""The pages that are measured: every list that grows, under its worst filters, in each back office."""

from typing import Any
from urllib.parse import urlencode

FACTS = {
    "order": (
        """select o.id, o.out_order_no, o.distributor_id, l.supplier_id, l.goods_no, l.goods_name, l.goods_id, l.sku_id
        from orders_order o join orders_line l on l.order_id = o.id join parties_supplier s on s.id = l.supplier_id
        where o.state = 'completed' and not s.is_platform order by o.id desc offset 100 limit 1""",
        ("order", "number", "distributor", "supplier", "goods_no", "goods_name", "goods", "sku"),
    ),
    "tracking": ("select tracking_no from orders_shipment order by id desc offset 50 limit 1", ("tracking",)),
    "bill": ("select max(id) from settlement_bill", ("bill",)),
    "referrer": ("select max(id) from parties_referrer", ("referrer",)),
}


def _with(address: str, **query: Any) -> str:
    return f"{address}?{urlencode(query)}" if query else address


def platform(facts: dict[str, Any]) -> dict[str, str]:
    """Return the pages of the platform office by what they show."""
    word = facts["goods_name"][:2]
    found = {"dashboard": "/platform/", "order": f"/platform/orders/{facts['order']}/"}
    for name, query in _order_filters(facts).items():
        found[name] = _with("/platform/orders/", **query)
    for tab in ("", "submitted", "on_sale", "unlisted"):
        found[f"goods {tab}".rstrip()] = _with("/platform/goods/", **({"tab": tab} if tab else {}))
    found |= {
        "goods by their last change": _with("/platform/goods/", sort="-changed"),
        "goods of a supplier": _with("/platform/goods/", supplier=facts["supplier"]),
        "goods page": f"/platform/goods/{facts['goods']}/",
        "search two letters": _with("/platform/goods/", text=word),
        "search a word and a number": _with("/platform/goods/", text=facts["goods_name"]),
        "search nothing": _with("/platform/goods/", text="龘靐"),
        "stock": "/platform/stock/",
        "low stock": _with("/platform/stock/", tab="low"),
        "goods prices": f"/platform/goods/{facts['goods']}/prices/",
        "funds that run short": _with("/platform/funds/", tab="short"),
        "waiting orders of a distributor": _with("/platform/funds/waiting/", distributor=facts["distributor"]),
        "statements of a distributor": _with("/platform/statements/", distributor=facts["distributor"]),
        "search stock": _with("/platform/stock/", text=word),
        "stock of a SKU": f"/platform/stock/{facts['sku']}/",
        "supplier": f"/platform/suppliers/{facts['supplier']}/",
        "distributor": f"/platform/distributors/{facts['distributor']}/",
        "ledger of a distributor": f"/platform/distributors/{facts['distributor']}/ledger/",
    }
    for name in (
        *(
            "suppliers",
            "distributors",
            "topups",
            "statements",
            "funds",
            "funds/waiting",
            "holds",
            "allotments",
            "shelf",
        ),
        *("bills", "bills/due", "bills/payments", "aftersales", "acceptance", "substitutes", "prices", "freight"),
        *("referrers", "referral-statements", "goods/import", "categories", "brands", "attributes", "log", "users"),
    ):
        found[name] = f"/platform/{name}/"
    if facts.get("bill"):
        found["lines of a bill"] = f"/platform/bills/{facts['bill']}/"
    return found


def _order_filters(facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    word = facts["goods_name"][:2]
    tabs = ("held", "awaiting_funds", "to_ship", "shipped", "received", "completed", "closed")
    found: dict[str, dict[str, Any]] = {"orders": {}} | {f"orders {tab}": {"tab": tab} for tab in tabs}
    month = {"placed_from": "2026-06-01", "placed_to": "2026-06-30"}
    return found | {
        "orders upwards": {"sort": "created"},
        "orders of a distributor": {"distributor": facts["distributor"]},
        "orders of a supplier": {"supplier": facts["supplier"]},
        "orders of a supplier to ship": {"supplier": facts["supplier"], "tab": "to_ship"},
        "orders by goods number": {"goods": facts["goods_no"]},
        "orders by a word of the goods": {"goods": word},
        "orders by a word of the goods, held": {"goods": word, "tab": "held"},
        "orders by two words of the goods": {"goods": facts["goods_name"].split()[0]},
        "orders by a word nobody has": {"goods": "龘靐"},
        "orders by the mall's number": {"no": facts["number"]},
        "orders by the beginning of a number": {"no": facts["number"][:4]},
        "orders by the beginning of a number, held": {"no": facts["number"][:4], "tab": "held"},
        "orders by the beginning nobody has": {"no": "龘靐"},
        "orders by tracking number": {"tracking": facts["tracking"]},
        "orders by a phone": {"phone": facts["phone"]},
        "orders by a phone nobody has": {"phone": "13900000000"},
        "orders of a month": month,
        "orders of a month of a distributor": month | {"distributor": facts["distributor"], "tab": "completed"},
        "orders of a month by a word": month | {"goods": word},
    }


def supplier(facts: dict[str, Any]) -> dict[str, str]:
    """Return the pages of the supplier office by what they show."""
    word = facts["goods_name"][:2]
    found = {"supplier's home": "/supplier/", "supplier's order": f"/supplier/orders/{facts['order']}/"}
    for tab in ("to_accept", "to_ship", "shipped", "done", "all"):
        found[f"supplier's orders {tab}".rstrip()] = _with("/supplier/orders/", **({"tab": tab} if tab else {}))
    return found | {
        "supplier's orders by a word": _with("/supplier/orders/", goods=word, tab="all"),
        "supplier's orders by number": _with("/supplier/orders/", number=facts["number"][-3:], tab="all"),
        "supplier's orders of a month": _with(
            "/supplier/orders/", placed_from="2026-06-01", placed_to="2026-06-30", tab="all"
        ),
        "supplier's orders by a phone": _with("/supplier/orders/", phone=facts["phone"], tab="all"),
        "supplier's goods": "/supplier/goods/",
        "search supplier's goods": _with("/supplier/goods/", text=word),
        "supplier's stock": "/supplier/stock/",
        "search supplier's stock": _with("/supplier/stock/", text=word),
        "supplier's stock of a SKU": f"/supplier/stock/{facts['sku']}/",
        "supplier's batch": "/supplier/batch/",
        "supplier's prices": "/supplier/prices/",
        "supplier's returns": "/supplier/returns/",
        "supplier's earnings": "/supplier/earnings/",
        "supplier's bills": "/supplier/bills/",
        "supplier's imports": "/supplier/goods/import/",
    }


def referrer(_facts: dict[str, Any]) -> dict[str, str]:
    """Return the pages of the referrer's office by what they show."""
    return {
        "referrer's home": "/referrer/",
        "referrer's entries": "/referrer/entries/",
        "referrer's payouts": "/referrer/payouts/",
    }


def distributor(facts: dict[str, Any]) -> dict[str, str]:
    """Return the pages of the distributor office by what they show."""
    word = facts["goods_name"][:2]
    found = {"mall's home": "/distributor/", "mall's order": f"/distributor/orders/{facts['order']}/"}
    for tab in ("", "held", "to_ship", "shipped", "completed", "closed"):
        found[f"mall's orders {tab}".rstrip()] = _with("/distributor/orders/", **({"tab": tab} if tab else {}))
    return found | {
        "mall's orders by a number": _with("/distributor/orders/", number=facts["number"][:4]),
        "mall's orders by a word": _with("/distributor/orders/", goods=word),
        "mall's orders of a month": _with("/distributor/orders/", placed_from="2026-06-01", placed_to="2026-06-30"),
        "mall's orders by a phone": _with("/distributor/orders/", phone=facts["phone"]),
        "mall's orders by tracking number": _with("/distributor/orders/", tracking=facts["tracking"]),
        "mall's goods": "/distributor/goods/",
        "search mall's goods": _with("/distributor/goods/", text=word),
        "mall's selection": "/distributor/selection/",
        "search mall's selection": _with("/distributor/selection/", text=word),
        "mall's ledger": "/distributor/ledger/",
        "mall's draws": _with("/distributor/ledger/", tab="draw"),
        "mall's statements": "/distributor/statements/",
        "mall's waiting orders": "/distributor/waiting/",
        "mall's top-ups": "/distributor/topups/",
        "mall's after-sales": "/distributor/aftersales/",
        "mall's callbacks": "/distributor/callbacks/",
    }
