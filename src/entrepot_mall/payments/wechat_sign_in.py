"""Who a buyer is to WeChat (his openid), as its published protocol tells: inside WeChat nobody can pay without it."""

from urllib.parse import urlencode

import httpx

from entrepot_mall.payments.port import CashierError
from entrepot_mall.payments.wechat_pay import HOST, Merchant

PAGES = "https://open.weixin.qq.com"
CALLS = "https://api.weixin.qq.com"


def consent_url(merchant: Merchant, *, back: str, state: str) -> str:
    """The page that sends a buyer back with a code, without asking him anything (`snsapi_base`)."""
    asked = {"appid": merchant.appid, "redirect_uri": back, "response_type": "code", "scope": "snsapi_base"}
    return f"{_host(merchant, PAGES)}/connect/oauth2/authorize?{urlencode(asked | {'state': state})}#wechat_redirect"


def openid_of(merchant: Merchant, code: str, *, is_mini_program: bool = False) -> str:
    """The openid a code stands for: one of the page above, or one of `wx.login` in a mini program. Raises CashierError."""
    own = {"appid": merchant.appid, "secret": merchant.app_secret, "grant_type": "authorization_code"}
    if is_mini_program:
        path, asked = "/sns/jscode2session", own | {"js_code": code}
    else:
        path, asked = "/sns/oauth2/access_token", own | {"code": code}
    try:
        with httpx.Client(base_url=_host(merchant, CALLS), timeout=httpx.Timeout(15, connect=5)) as http:
            told = http.get(path, params=asked).json()
    except (httpx.RequestError, ValueError) as fault:
        # The request holds the secret: only the kind of fault is told.
        raise CashierError(f"WeChat does not answer: {type(fault).__name__}") from None
    openid = told.get("openid") if isinstance(told, dict) else None
    if not isinstance(openid, str) or not openid:
        why = f"{told.get('errcode')} {told.get('errmsg')}" if isinstance(told, dict) else "no answer that can be read"
        raise CashierError(f"WeChat does not know the buyer: {why}"[:200])
    return openid


def _host(merchant: Merchant, usual: str) -> str:
    # Who goes to WeChat Pay by a gateway of his own goes by it to all of WeChat.
    return usual if merchant.host == HOST else merchant.host
