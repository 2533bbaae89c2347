"""WeChat Channels shop (微信小店, 视频号小店), as its published API has it: token, goods, orders, dispatch."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import httpx

from entrepot_mall.channels.port import ChannelError, Dispatched, Offer, Offered, OfferedSku, Sold, SoldLine

HOST = "https://api.weixin.qq.com"
TO_BE_SENT = 20
TITLE_AT_LEAST, TITLE_AT_MOST = 5, 60
IMAGES_AT_LEAST, IMAGES_AT_MOST, DETAILS_AT_MOST = 3, 9, 20
OWN_PICTURES = "https://mmecimage.cn/p/"
# Token no longer good: a new one is asked for once. Busy, too often, or still being looked at: later.
_TOKEN_GONE = {40001, 40014, 42001}
_LATER = {-1, 45009, 10020066, 10020067, 10020111}
CARRIERS = {
    "sf": "SF", "yto": "YTO", "zto": "ZTO", "sto": "STO", "yunda": "YUNDA", "ems": "EMS", "jd": "JD",
    "jt": "JTSD", "jtexpress": "JTSD", "deppon": "DBKD", "best": "BEST", "post": "YZPY",
}  # fmt: skip
Keep = Callable[[str, int], None]


class WechatShop:
    """One shop by its appid and secret; the token is kept by whoever made this object."""

    def __init__(
        self,
        *,
        appid: str,
        secret: str,
        category_path: Sequence[str],
        template_id: str,
        token: str = "",
        keep_token: Keep = lambda token, seconds: None,
        host: str = HOST,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._appid, self._secret, self._token, self._keep = appid, secret, token, keep_token
        self._category_path, self._template_id = category_path, template_id
        self._http = httpx.Client(base_url=host, timeout=httpx.Timeout(20, connect=5), transport=transport)

    def offer(self, offer: Offer) -> Offered:
        """Add goods and have them looked at by WeChat in the same call."""
        fault = offer_fault(offer)
        if fault:
            raise ChannelError(fault, fault)
        body = {
            "out_product_id": offer.number,
            "title": offer.title,
            "head_imgs": [self._picture(path) for path in list(dict.fromkeys(offer.images))[:IMAGES_AT_MOST]],
            "deliver_method": 0,
            "desc_info": {
                "imgs": [self._picture(path) for path in list(dict.fromkeys(offer.detail_images))[:DETAILS_AT_MOST]],
                "desc": offer.text,
            },
            "cats_v2": [{"cat_id": one} for one in self._category_path],
            "express_info": {"template_id": self._template_id},
            "skus": [
                {
                    "out_sku_id": sku.code,
                    "sku_code": sku.code,
                    "sale_price": sku.price_fen,
                    "stock_num": max(0, sku.stock),
                    "sku_attrs": [{"attr_key": "规格", "attr_value": sku.spec or sku.code}],
                }
                for sku in offer.skus
            ],
            "listing": 1,
        }
        product_id = str(self._call("/channels/ec/product/add", body)["data"]["product_id"])
        found = self._call("/channels/ec/product/get", {"product_id": product_id, "data_type": 3})
        kept = found.get("edit_product") or found.get("product") or {}
        sku_ids = {str(sku.get("out_sku_id")): str(sku.get("sku_id")) for sku in kept.get("skus", [])}
        return Offered(product_id=product_id, sku_ids=sku_ids)

    def relist(self, product_id: str) -> None:
        """Put goods up again that were taken off."""
        self._call("/channels/ec/product/listing", {"product_id": product_id})

    def change(self, product_id: str, *, skus: Sequence[OfferedSku]) -> None:
        """Tell prices and stocks, which need no look by WeChat."""
        told = [{"sku_id": sku.channel_id, "sale_price": sku.price_fen, "stock_num": max(0, sku.stock)} for sku in skus]
        self._call("/channels/ec/product/auditfree", {"product_id": product_id, "skus": told})

    def withdraw(self, product_id: str) -> None:
        """Take goods off."""
        self._call("/channels/ec/product/delisting", {"product_id": product_id})

    def sold(self, *, since: datetime, until: datetime) -> Iterator[Sold]:
        """Orders that wait to be sent, page by page, each read whole."""
        next_key = ""
        while True:
            asked: dict[str, Any] = {
                "create_time_range": {"start_time": int(since.timestamp()), "end_time": int(until.timestamp())},
                "status": TO_BE_SENT,
                "page_size": 100,
                "next_key": next_key,
            }
            page = self._call("/channels/ec/order/list/get", asked)
            for number in page.get("order_id_list", []):
                yield _sold(self._call("/channels/ec/order/get", {"order_id": str(number)})["order"])
            next_key = str(page.get("next_key") or "")
            if not page.get("has_more") or not next_key:
                return

    def dispatch(self, parcel: Dispatched) -> None:
        """Say that a parcel has gone out."""
        told = {
            "delivery_id": CARRIERS.get(parcel.carrier, "OTHER"),
            "waybill_id": parcel.tracking_no,
            "deliver_type": 1,
            "product_infos": [
                {"product_id": product, "sku_id": sku, "product_cnt": count} for product, sku, count in parcel.pieces
            ],
        }
        self._call("/channels/ec/order/delivery/send", {"order_id": parcel.order_number, "delivery_list": [told]})

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def _picture(self, address: str) -> str:
        """WeChat shows pictures from its own place alone, so each is handed over first."""
        if address.startswith(OWN_PICTURES):
            return address
        kept = self._call("/shop/ec/basics/img/upload", {"img_url": address}, upload_type=1, resp_type=1)
        return str(kept["pic_file"]["img_url"])

    def _call(self, path: str, body: dict[str, Any], **query: Any) -> dict[str, Any]:
        for attempt in (1, 2):
            if not self._token:
                self._fetch_token()
            answer = self._sent("POST", path, params={"access_token": self._token, **query}, json=body)
            code = int(answer.get("errcode") or 0)
            if code not in _TOKEN_GONE or attempt == 2:
                break
            self._token = ""
        if code:
            raise ChannelError(str(code), str(answer.get("errmsg", ""))[:300], is_passing=code in _LATER)
        return answer

    def _fetch_token(self) -> None:
        asked = {"grant_type": "client_credential", "appid": self._appid, "secret": self._secret}
        answer = self._sent("GET", "/cgi-bin/token", params=asked)
        token = answer.get("access_token")
        if not token:
            raise ChannelError(str(answer.get("errcode", "no_token")), str(answer.get("errmsg", ""))[:300])
        self._token = str(token)
        self._keep(self._token, int(answer.get("expires_in", 7200)))

    def _sent(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            response = self._http.request(method, path, **more)
            answer = response.json()
        except (httpx.RequestError, ValueError) as fault:
            # The address holds the token and the secret: it goes into no word of ours.
            raise ChannelError("no_answer", type(fault).__name__, is_passing=True) from None
        if not isinstance(answer, dict) or response.status_code >= 500:
            raise ChannelError("no_answer", str(response.status_code), is_passing=True)
        return answer


def offer_fault(offer: Offer) -> str:
    """Why WeChat would not take goods, seen before anything is sent."""
    if not TITLE_AT_LEAST <= len(offer.title) <= TITLE_AT_MOST:
        return "title_length"
    if len(set(offer.images)) < IMAGES_AT_LEAST:
        return "too_few_pictures"
    if not offer.skus or any(sku.price_fen <= 0 for sku in offer.skus):
        return "no_articles"
    return ""


def _sold(order: dict[str, Any]) -> Sold:
    detail = order["order_detail"]
    price, address = detail["price_info"], detail["delivery_info"]["address_info"]
    place = "".join(str(address.get(name) or "") for name in ("detail_info", "house_number"))
    return Sold(
        number=str(order["order_id"]),
        total_fen=int(price["order_price"]),
        freight_fen=int(price.get("freight") or 0),
        consignee={
            "name": str(address["user_name"]),
            "phone": str(address["tel_number"]),
            "province": str(address["province_name"]),
            "city": str(address["city_name"]),
            "district": str(address["county_name"]),
            "address": place,
        },
        remark=str((detail.get("ext_info") or {}).get("customer_notes") or "")[:200],
        lines=[
            SoldLine(
                code=str(line.get("out_sku_id") or line.get("sku_code") or line["sku_id"]),
                name=str(line.get("title") or "")[:200],
                qty=int(line["sku_cnt"]),
                price_fen=int(line.get("sale_price") or 0),
                product_id=str(line["product_id"]),
                sku_id=str(line["sku_id"]),
            )
            for line in detail["product_infos"]
        ],
    )
