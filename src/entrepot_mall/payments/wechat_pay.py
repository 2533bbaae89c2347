"""WeChat Pay, API v3, as its published protocol has it: signed requests, checked answers, sealed notices."""

import base64
import binascii
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import segno
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from entrepot_mall.payments.port import Begun, CashierError, Charge, Notice, Repaid, Repayment

HOST = "https://api.mch.weixin.qq.com"
SCHEME = "WECHATPAY2-SHA256-RSA2048"
WINDOW_S = 300


@dataclass(frozen=True)
class Merchant:
    """What WeChat Pay knows the shop's own legal entity by."""

    mchid: str
    appid: str
    serial: str
    private_key: str
    api_key: str
    public_key_id: str
    public_key: str
    host: str = HOST
    app_secret: str = ""


def merchant_fault(merchant: Merchant) -> str:
    """What of the keys cannot be used, empty when all can."""
    try:
        _private(merchant.private_key)
    except (ValueError, TypeError):
        return "private_key"
    try:
        _public(merchant.public_key)
    except (ValueError, TypeError):
        return "public_key"
    return "" if len(merchant.api_key.encode()) == 32 else "api_key"


class WechatPay:
    """A way to pay: at once inside WeChat, a page to go to on another phone, a code to scan on a desk."""

    way = "wechat"

    def __init__(self, merchant: Merchant) -> None:
        self._merchant = merchant

    @property
    def merchant(self) -> Merchant:
        """The account it pays into."""
        return self._merchant

    @property
    def pays_inside(self) -> bool:
        """Whether buyers can pay inside WeChat, which asks who they are under the AppSecret."""
        return bool(self._merchant.app_secret)

    def begin(self, charge: Charge) -> Begun:
        """Prepare a payment. Raises CashierError."""
        body: dict[str, Any] = {
            "appid": self._merchant.appid,
            "mchid": self._merchant.mchid,
            "description": charge.title,
            "out_trade_no": charge.number,
            "notify_url": charge.notify_url,
            "amount": {"total": charge.amount_fen, "currency": "CNY"},
        }
        if charge.openid:
            prepaid = self._call("POST", "/v3/pay/transactions/jsapi", body | {"payer": {"openid": charge.openid}})
            return Begun(shown=self._inside(str(prepaid["prepay_id"])))
        if charge.is_mobile:
            body["scene_info"] = {"payer_client_ip": charge.payer_ip, "h5_info": {"type": "Wap"}}
            return Begun(shown={"url": str(self._call("POST", "/v3/pay/transactions/h5", body)["h5_url"])})
        code = str(self._call("POST", "/v3/pay/transactions/native", body)["code_url"])
        return Begun(shown={"code_url": code, "qr": segno.make(code, error="m").svg_data_uri(scale=5, border=2)})

    def _inside(self, prepay_id: str) -> dict[str, str]:
        """What WeChat's own window takes to let the buyer pay, signed by the shop."""
        shown = {
            "appId": self._merchant.appid,
            "timeStamp": str(int(time.time())),
            "nonceStr": secrets.token_hex(16),
            "package": f"prepay_id={prepay_id}",
        }
        signed = "".join(f"{value}\n" for value in shown.values()).encode()
        signature = _private(self._merchant.private_key).sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return shown | {"signType": "RSA", "paySign": base64.b64encode(signature).decode()}

    def find(self, number: str) -> Notice | None:
        """The money for an order, when it has come: for notices that got lost. Raises CashierError."""
        path = f"/v3/pay/transactions/out-trade-no/{number}?mchid={self._merchant.mchid}"
        return self._notice(self._call("GET", path))

    def repay(self, repayment: Repayment) -> Repaid:
        """Give money back. Accepted counts as done: WeChat Pay carries it out by itself. Raises CashierError."""
        body = {
            "out_trade_no": repayment.number,
            "out_refund_no": repayment.refund_number,
            "reason": repayment.reason[:80],
            "amount": {"refund": repayment.amount_fen, "total": repayment.total_fen, "currency": "CNY"},
        }
        answer = self._call("POST", "/v3/refund/domestic/refunds", body)
        if answer.get("status") not in ("SUCCESS", "PROCESSING"):
            raise CashierError(f"refund {answer.get('status')}")
        return Repaid(is_done=True, reference=str(answer["refund_id"]))

    def read_notice(self, headers: Mapping[str, str], *, body: bytes, now: float | None = None) -> Notice | None:
        """The money that came, of a genuine notice; None when it tells of something else. Raises CashierError."""
        self._check(headers, body=body, now=time.time() if now is None else now)
        try:
            sealed = json.loads(body)["resource"]
            plain = AESGCM(self._merchant.api_key.encode()).decrypt(
                sealed["nonce"].encode(),
                base64.b64decode(sealed["ciphertext"]),
                str(sealed.get("associated_data") or "").encode(),
            )
            return self._notice(json.loads(plain))
        except (KeyError, TypeError, ValueError, AttributeError, InvalidTag) as fault:
            raise CashierError("a notice that cannot be read") from fault

    def _notice(self, told: dict[str, Any]) -> Notice | None:
        if told.get("trade_state") != "SUCCESS" or told.get("mchid") != self._merchant.mchid:
            return None
        return Notice(
            number=str(told["out_trade_no"]),
            amount_fen=int(told["amount"]["total"]),
            reference=str(told["transaction_id"]),
        )

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        content = json.dumps(body, ensure_ascii=False).encode() if body is not None else b""
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Authorization": self._authorisation(method, path, content),
            "Wechatpay-Serial": self._merchant.public_key_id,
        }
        try:
            with httpx.Client(base_url=self._merchant.host, timeout=httpx.Timeout(15, connect=5)) as http:
                response = http.request(method, path, content=content or None, headers=headers)
        except httpx.RequestError as fault:
            raise CashierError(f"WeChat Pay does not answer: {type(fault).__name__}") from fault
        if not response.is_success:
            raise CashierError(f"WeChat Pay refused: {response.status_code} {response.text[:200]}")
        self._check(response.headers, body=response.content, now=time.time())
        answer: dict[str, Any] = response.json()
        return answer

    def _authorisation(self, method: str, path: str, body: bytes) -> str:
        stamp, nonce = str(int(time.time())), secrets.token_hex(16)
        signed = f"{method}\n{path}\n{stamp}\n{nonce}\n".encode() + body + b"\n"
        signature = _private(self._merchant.private_key).sign(signed, padding.PKCS1v15(), hashes.SHA256())
        parts = {
            "mchid": self._merchant.mchid,
            "nonce_str": nonce,
            "signature": base64.b64encode(signature).decode(),
            "timestamp": stamp,
            "serial_no": self._merchant.serial,
        }
        return f"{SCHEME} " + ",".join(f'{name}="{value}"' for name, value in parts.items())

    def _check(self, headers: Mapping[str, str], *, body: bytes, now: float) -> None:
        given = {name.lower(): value for name, value in headers.items()}
        stamp, nonce = given.get("wechatpay-timestamp", ""), given.get("wechatpay-nonce", "")
        if not (stamp.isascii() and stamp.isdigit()) or abs(now - int(stamp)) > WINDOW_S:
            raise CashierError("signed at another time")
        if given.get("wechatpay-serial") != self._merchant.public_key_id:
            raise CashierError("signed with another key")
        try:
            signature = base64.b64decode(given.get("wechatpay-signature", ""), validate=True)
            _public(self._merchant.public_key).verify(
                signature, f"{stamp}\n{nonce}\n".encode() + body + b"\n", padding.PKCS1v15(), hashes.SHA256()
            )
        except (InvalidSignature, binascii.Error) as fault:
            raise CashierError("the signature is not WeChat Pay's") from fault


def _private(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not an RSA key")
    return key


def _public(pem: str) -> rsa.RSAPublicKey:
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("not an RSA key")
    return key
