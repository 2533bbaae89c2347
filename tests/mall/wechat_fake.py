"""A stand-in for WeChat's interface that speaks its published protocol: it checks tokens and shapes, and keeps what came."""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

APPS = {"wx0000000001": "secret-1", "wx0000000002": "secret-2"}
TEMPLATE = "T100"
LEAST_PICTURES = 3


class Refused(Exception):
    """An `errcode`."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def need(holds: bool, code: int, message: str) -> None:
    """Refuse what does not hold."""
    if not holds:
        raise Refused(code, message)


class Wechat:
    """What is known of each app's shop."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        self.products: dict[str, dict[str, dict[str, Any]]] = {app: {} for app in APPS}
        self.orders: dict[str, dict[str, dict[str, Any]]] = {app: {} for app in APPS}
        self.sent: dict[str, dict[str, Any]] = {}
        self.changes: list[dict[str, Any]] = []
        self.tokens_given = 0
        self.lock = threading.Lock()

    def token(self, query: dict[str, str]) -> dict[str, Any]:
        """GET /cgi-bin/token."""
        need(query.get("grant_type") == "client_credential", 40002, "invalid grant_type")
        app = query.get("appid", "")
        need(app in APPS, 40013, "invalid appid")
        need(query.get("secret") == APPS[app], 40125, "invalid appsecret")
        token = secrets.token_hex(16)
        # A new token ends the old one.
        self.tokens = {known: owner for known, owner in self.tokens.items() if owner != app} | {token: app}
        self.tokens_given += 1
        return {"access_token": token, "expires_in": 7200}

    def call(self, path: str, query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        """POST of everything else."""
        app = self.tokens.get(query.get("access_token", ""))
        need(app is not None, 40001, "invalid credential, access_token is invalid or not latest")
        assert app is not None
        known = {
            "/shop/ec/basics/img/upload": lambda: self._picture(query, body),
            "/channels/ec/product/add": lambda: self._add(app, body),
            "/channels/ec/product/get": lambda: {"product": self._product(app, body)},
            "/channels/ec/product/listing": lambda: self._status(app, body, 5),
            "/channels/ec/product/delisting": lambda: self._status(app, body, 11),
            "/channels/ec/product/auditfree": lambda: self._change(app, body),
            "/channels/ec/order/list/get": lambda: self._order_list(app, body),
            "/channels/ec/order/get": lambda: {"order": self._order(app, body)},
            "/channels/ec/order/delivery/send": lambda: self._send(app, body),
        }
        need(path in known, 48001, "api unauthorized")
        return known[path]()

    def _picture(self, query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        need(query.get("upload_type") == "1" and query.get("resp_type") == "1", 9401020, "upload_type, resp_type")
        need(str(body.get("img_url", "")).startswith("http"), 9401020, "img_url")
        return {"pic_file": {"img_url": f"https://mmecimage.cn/p/{secrets.token_hex(8)}"}}

    def _add(self, app: str, body: dict[str, Any]) -> dict[str, Any]:
        need(5 <= len(body["title"]) <= 60, 10020052, "title")
        need(LEAST_PICTURES <= len(body["head_imgs"]) <= 9, 10020053, "head_imgs")
        for address in (*body["head_imgs"], *body["desc_info"]["imgs"]):
            need(address.startswith("https://mmecimage.cn/p/"), 10020054, "picture of another place")
        need(bool(body["cats_v2"]) and all(one["cat_id"].isdigit() for one in body["cats_v2"]), 10020017, "category")
        need(body["express_info"]["template_id"] == TEMPLATE, 10020019, "freight template")
        need("违禁" not in body["title"], 10020018, "category needs a licence")
        for sku in body["skus"]:
            need(type(sku["sale_price"]) is int and 0 < sku["sale_price"] <= 10**9, 10020055, "sale_price")
            need(type(sku["stock_num"]) is int and sku["stock_num"] >= 0, 10020056, "stock_num")
            need(all({"attr_key", "attr_value"} == set(one) for one in sku["sku_attrs"]), 10020057, "sku_attrs")
        number = str(10_000_000 + len(self.products[app]))
        skus = [{**sku, "sku_id": f"{number}{n}"} for n, sku in enumerate(body["skus"])]
        status = 5 if body.get("listing") == 1 else 0
        self.products[app][number] = {**body, "product_id": number, "skus": skus, "status": status}
        return {"data": {"product_id": number, "create_time": "2026-01-01 00:00:00"}}

    def _product(self, app: str, body: dict[str, Any]) -> dict[str, Any]:
        need(body.get("product_id") in self.products[app], 10020051, "no such product")
        return self.products[app][body["product_id"]]

    def _status(self, app: str, body: dict[str, Any], status: int) -> dict[str, Any]:
        self._product(app, body)["status"] = status
        return {}

    def _change(self, app: str, body: dict[str, Any]) -> dict[str, Any]:
        skus = {sku["sku_id"]: sku for sku in self._product(app, body)["skus"]}
        for told in body["skus"]:
            need(told["sku_id"] in skus, 10020058, "no such sku")
            skus[told["sku_id"]].update(sale_price=told["sale_price"], stock_num=told["stock_num"])
        self.changes.append(body)
        return {}

    def _order_list(self, app: str, body: dict[str, Any]) -> dict[str, Any]:
        span = body["create_time_range"]
        need(0 < span["end_time"] - span["start_time"] <= 7 * 86400, 9401020, "at most seven days")
        need(1 <= body["page_size"] <= 100, 9401020, "page_size")
        waiting = sorted(number for number, one in self.orders[app].items() if one["status"] == body["status"])
        # One a page, so that turning pages is tried too.
        after = [number for number in waiting if number > body.get("next_key", "")]
        return {"order_id_list": after[:1], "next_key": after[0] if after else "", "has_more": len(after) > 1}

    def _order(self, app: str, body: dict[str, Any]) -> dict[str, Any]:
        need(body.get("order_id") in self.orders[app], 100_001, "no such order")
        return self.orders[app][body["order_id"]]

    def _send(self, app: str, body: dict[str, Any]) -> dict[str, Any]:
        order = self._order(app, body)
        bought = {(one["product_id"], one["sku_id"]): one["sku_cnt"] for one in order["order_detail"]["product_infos"]}
        for parcel in body["delivery_list"]:
            need(
                bool(parcel["delivery_id"] and parcel["waybill_id"]) and parcel["deliver_type"] == 1, 9401020, "parcel"
            )
            for part in parcel["product_infos"]:
                count = bought.get((part["product_id"], part["sku_id"]), 0)
                need(0 < part["product_cnt"] <= count, 100_002, "more than was bought")
        order["status"] = 30
        self.sent[body["order_id"]] = body
        return {}

    def sell(self, app: str, number: str, *, code: str, qty: int, price_fen: int) -> None:
        """A viewer buys."""
        product, sku = next(
            (one, sku) for one in self.products[app].values() for sku in one["skus"] if sku["out_sku_id"] == code
        )
        bought = {"product_id": product["product_id"], "sku_id": sku["sku_id"], "sku_cnt": qty}
        bought |= {"out_sku_id": code, "sku_code": code, "title": product["title"], "sale_price": price_fen}
        address = {
            "user_name": "陈先生", "tel_number": "13612349899", "province_name": "广东省", "city_name": "广州市",
            "county_name": "海珠区", "detail_info": "大塘", "house_number": "1号",
        }  # fmt: skip
        self.orders[app][number] = {
            "order_id": number,
            "status": 20,
            "order_detail": {
                "product_infos": [bought],
                "price_info": {"product_price": qty * price_fen, "order_price": qty * price_fen, "freight": 0},
                "delivery_info": {"address_info": address, "deliver_method": 0},
                "ext_info": {"customer_notes": "发顺丰"},
            },
        }


@contextmanager
def running() -> Iterator[tuple[str, Wechat]]:
    """The stand-in on a free port; its address and what it knows."""
    wechat = Wechat()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(lambda path, query: wechat.token(query) if path == "/cgi-bin/token" else {"errcode": 404})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(lambda path, query: wechat.call(path, query, body))

        def _answer(self, judge: Any) -> None:
            parts = urlsplit(self.path)
            try:
                with wechat.lock:
                    told = {"errcode": 0, "errmsg": "ok"} | judge(parts.path, dict(parse_qsl(parts.query)))
            except Refused as refused:
                told = {"errcode": refused.code, "errmsg": str(refused)}
            except (KeyError, TypeError, AttributeError) as fault:
                told = {"errcode": 9401020, "errmsg": f"shape: {fault!r}"}
            data = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True, name="stand-in for WeChat")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", wechat
    finally:
        server.shutdown()
        server.server_close()
