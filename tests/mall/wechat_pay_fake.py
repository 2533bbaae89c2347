"""A stand-in for WeChat Pay that speaks its published protocol: it checks every signature and signs what it answers."""

import base64
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

BEGUN = ("/v3/pay/transactions/native", "/v3/pay/transactions/h5", "/v3/pay/transactions/jsapi")
PART = re.compile(r'(\w+)="([^"]*)"')


def pem_of(key: rsa.RSAPrivateKey) -> str:
    """A private key as text."""
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


class WechatPay:
    """One merchant, and what was begun, paid and given back there."""

    def __init__(self) -> None:
        self.merchant_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.own_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.api_key = secrets.token_hex(16)
        self.mchid, self.appid, self.serial = "1900000001", "wx00000000ab", "AB" * 20
        self.begun: dict[str, dict[str, Any]] = {}
        self.paid: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.nonces: set[str] = set()
        self.app_secret = secrets.token_hex(16)
        self.codes: dict[str, str] = {}
        self.url = ""

    def account(self) -> dict[str, str]:
        """What the merchant's page shows."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        public = self.own_key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()
        return {
            "mchid": self.mchid, "appid": self.appid, "serial": self.serial, "private_key": pem_of(self.merchant_key),
            "api_key": self.api_key, "public_key_id": "PUB_KEY_ID_0000000001", "public_key": public, "host": self.url,
            "app_secret": self.app_secret,
        }  # fmt: skip

    def is_genuine(self, authorisation: str, *, method: str, target: str, body: bytes) -> bool:
        """Whether the merchant signed just this, now, and for the first time."""
        scheme, _, rest = authorisation.partition(" ")
        parts = dict(PART.findall(rest))
        if (
            scheme != "WECHATPAY2-SHA256-RSA2048"
            or parts.get("serial_no") != self.serial
            or parts.get("mchid") != self.mchid
        ):
            return False
        if abs(time.time() - int(parts["timestamp"])) > 300 or parts["nonce_str"] in self.nonces:
            return False
        self.nonces.add(parts["nonce_str"])
        signed = f"{method}\n{target}\n{parts['timestamp']}\n{parts['nonce_str']}\n".encode() + body + b"\n"
        try:
            signature = base64.b64decode(parts["signature"])
            self.merchant_key.public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    def signed(self, body: bytes, *, key: rsa.RSAPrivateKey | None = None, at: float | None = None) -> dict[str, str]:
        """The headers of an answer or a notice."""
        stamp, nonce = str(int(at or time.time())), secrets.token_hex(16)
        content = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        signature = (key or self.own_key).sign(content, padding.PKCS1v15(), hashes.SHA256())
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": "PUB_KEY_ID_0000000001",
            "Wechatpay-Signature": base64.b64encode(signature).decode(),
        }

    def pay(self, number: str, *, total: int | None = None) -> bytes:
        """A buyer pays; the body of the notice."""
        begun = self.begun[number]
        told = {
            "mchid": self.mchid, "appid": self.appid, "out_trade_no": number, "trade_state": "SUCCESS",
            "transaction_id": f"42{secrets.randbelow(10**20):020d}",
            "amount": {"total": total if total is not None else begun["amount"]["total"], "currency": "CNY"},
        }  # fmt: skip
        self.paid[number] = told
        nonce = secrets.token_hex(6)
        sealed = AESGCM(self.api_key.encode()).encrypt(nonce.encode(), json.dumps(told).encode(), b"transaction")
        resource = {
            "algorithm": "AEAD_AES_256_GCM", "original_type": "transaction", "associated_data": "transaction",
            "nonce": nonce, "ciphertext": base64.b64encode(sealed).decode(),
        }  # fmt: skip
        return json.dumps(
            {"id": secrets.token_hex(16), "event_type": "TRANSACTION.SUCCESS", "resource": resource}
        ).encode()

    def consent(self, target: str) -> str:
        """Where a buyer is sent back to, with a code that holds once."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        assert (asked["appid"], asked["response_type"], asked["scope"]) == (self.appid, "code", "snsapi_base")
        code = secrets.token_hex(8)
        self.codes[code] = f"o-{code}"
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def openid(self, target: str) -> dict[str, Any]:
        """Who a code stands for, told to whom the secret belongs."""
        parts = urlsplit(target)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        name = "js_code" if parts.path == "/sns/jscode2session" else "code"
        if (asked["appid"], asked["secret"]) != (self.appid, self.app_secret):
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        openid = self.codes.pop(asked[name], "")
        return {"openid": openid} if openid else {"errcode": 40029, "errmsg": "invalid code"}

    def is_for_a_tap(self, shown: dict[str, str]) -> bool:
        """Whether WeChat's window would let a buyer pay with what a page gave it."""
        signed = "".join(f"{shown[name]}\n" for name in ("appId", "timeStamp", "nonceStr", "package")).encode()
        try:
            signature = base64.b64decode(shown["paySign"])
            self.merchant_key.public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return shown["signType"] == "RSA" and shown["package"].startswith("prepay_id=wx-")

    def answer(self, method: str, target: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """What WeChat Pay says to a genuine call."""
        parts = urlsplit(target)
        if method == "POST" and parts.path in BEGUN:
            is_whole = body["mchid"] == self.mchid and body["appid"] == self.appid and body["description"]
            if not is_whole or type(body["amount"]["total"]) is not int or not body["notify_url"].startswith("http"):
                return 400, {"code": "PARAM_ERROR"}
            self.begun[body["out_trade_no"]] = body
            if parts.path.endswith("h5"):
                assert body["scene_info"]["h5_info"]["type"] == "Wap" and body["scene_info"]["payer_client_ip"]
                return 200, {"h5_url": "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1"}
            if parts.path.endswith("jsapi"):
                if not body["payer"]["openid"].startswith("o-"):
                    return 400, {"code": "PARAM_ERROR", "message": "openid and appid do not match"}
                return 200, {"prepay_id": f"wx-{body['out_trade_no']}"}
            return 200, {"code_url": f"weixin://wxpay/bizpayurl?pr={body['out_trade_no']}"}
        if method == "GET" and parts.path.startswith("/v3/pay/transactions/out-trade-no/"):
            number = parts.path.rpartition("/")[2]
            assert parse_qs(parts.query)["mchid"] == [self.mchid]
            if number not in self.begun:
                return 404, {"code": "ORDER_NOT_EXIST"}
            return 200, self.paid.get(number, {"out_trade_no": number, "mchid": self.mchid, "trade_state": "NOTPAY"})
        if method == "POST" and parts.path == "/v3/refund/domestic/refunds":
            known = self.refunds.get(body["out_refund_no"])
            others = sum(
                one["amount"]["refund"] for one in self.refunds.values() if one["out_trade_no"] == body["out_trade_no"]
            )
            total = self.paid.get(body["out_trade_no"], {"amount": {"total": 0}})["amount"]["total"]
            if known is None and others + body["amount"]["refund"] > total:
                return 403, {"code": "NOT_ENOUGH"}
            self.refunds[body["out_refund_no"]] = body
            return 200, {"refund_id": f"50{body['out_refund_no']}"[:32], "status": "PROCESSING"}
        return 404, {"code": "RESOURCE_NOT_EXISTS"}


@contextmanager
def running() -> Iterator[WechatPay]:
    """The stand-in on a free port."""
    wechat = WechatPay()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            if self.path.startswith("/connect/oauth2/authorize?"):
                self.send_response(302)
                self.send_header("Location", wechat.consent(self.path))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            authorisation = self.headers.get("Authorization", "")
            if self.path.startswith("/sns/"):
                status, told = 200, wechat.openid(self.path)
            elif wechat.is_genuine(authorisation, method=method, target=self.path, body=body):
                status, told = wechat.answer(method, self.path, json.loads(body) if body else {})
            else:
                status, told = 401, {"code": "SIGN_ERROR"}
            data = json.dumps(told).encode()
            self.send_response(status)
            for name, value in (wechat.signed(data) | {"Content-Length": str(len(data))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    wechat.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True, name="stand-in for WeChat Pay").start()
    try:
        yield wechat
    finally:
        server.shutdown()
        server.server_close()
