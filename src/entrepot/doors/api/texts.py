"""What the API says in words, in Chinese and English, by stable code."""

from entrepot.doors.kit.refusal_words import sentence

TITLES: dict[str, tuple[str, str]] = {
    "bad_json": ("请求体不是合法的 JSON", "The body is not valid JSON"),
    "unknown_key": ("密钥不存在或已停用", "The key is unknown or revoked"),
    "bad_signature": ("签名不正确", "The signature is wrong"),
    "timestamp_out_of_window": ("时间戳超出 ±300 秒", "The timestamp is more than 300 s off"),
    "nonce_reused": ("随机串已使用过", "The nonce has been used"),
    "ip_not_allowed": ("该 IP 不在允许名单内", "This address is not on the allow-list"),
    "scope_missing": ("密钥没有该权限", "The key lacks this permission"),
    "distributor_suspended": ("分销商已停用", "The distributor is suspended"),
    "not_found": ("对象不存在", "There is no such object"),
    "method_not_allowed": ("该地址不支持此方法", "This address does not know the method"),
    "insufficient_balance": ("货款余额不足", "The prepaid balance does not reach"),
    "insufficient_stock": ("库存不足", "There is not enough stock"),
    "product_delisted": ("商品已下架", "The product is delisted"),
    "not_authorised_for_tier": ("当前等级不可销售该商品", "Your tier may not sell this product"),
    "below_min_quantity": ("未达到起售数", "Below the minimum quantity"),
    "price_changed": ("协议价已变动", "The agreed price has changed"),
    "region_not_served": ("该地区不配送", "This region is not served"),
    "freight_changed": ("运费会变，不能只改地址", "Freight would be another, the address alone cannot change"),
    "promotion_not_allowed": ("该商品不支持此营销活动", "This promotion is not allowed on the product"),
    "state_conflict": ("当前状态不允许此操作", "The state does not allow this"),
    "request_in_progress": ("相同请求正在处理", "The same request is being processed"),
    "hold_quota_exceeded": ("占用库存超过限额", "Too much stock is on hold"),
    "batch_refused": (
        "整批要么全成要么全不成，本单因其他单未通过而未下",
        "Not placed, because another order of the batch was refused",
    ),
    "cursor_expired": ("游标已失效", "The cursor has expired"),
    "payload_too_large": ("请求体过大", "The body is too large"),
    "validation_failed": ("请求内容不符合要求", "The request does not validate"),
    "unknown_field": ("存在未知字段", "The request has an unknown field"),
    "number_reused_with_other_content": ("单号已用于其他内容", "The number was used with other content"),
    "rate_limited": ("请求过于频繁", "Too many requests"),
    "busy": ("系统繁忙，请稍后以同一单号重试", "Busy, send the same again shortly"),
    "internal_error": ("系统内部错误", "Internal error"),
}


def title(code: str, *, language: str) -> str:
    """Return the headline of a code in `zh` or `en`."""
    chinese, english = TITLES[code]
    return english if language == "en" else chinese


def reason(code: str, facts: dict[str, object], *, language: str) -> str:
    """Return the sentence that names what was wrong with its numbers; the headline where no numbers belong to it."""
    return sentence(code, facts, language=language) or title(code, language=language)


def language_of(accept_language: str) -> str:
    """Return `en` when the caller names English before Chinese, else `zh`; languages we do not speak are passed over."""
    for part in accept_language.lower().split(","):
        spoken = part.strip()[:2]
        if spoken in ("zh", "en"):
            return spoken
    return "zh"
