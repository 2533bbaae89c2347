"""What the API says in words, in Chinese and English, by stable code."""

from entrepot.base.money import yuan

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

_REASONS: dict[str, tuple[str, str]] = {
    "unknown_sku": ("没有 SKU {sku}", "There is no SKU {sku}"),
    "insufficient_stock": (
        "SKU {sku} 需要 {wanted} 件，可售 {available} 件",
        "SKU {sku}: {wanted} wanted, {available} available",
    ),
    "insufficient_balance": (
        "需要 ¥{needed_yuan}，可用 ¥{available_yuan}",
        "¥{needed_yuan} needed, ¥{available_yuan} available",
    ),
    "below_min_quantity": (
        "SKU {sku} 起售 {min_quantity} 件，本单 {qty} 件",
        "SKU {sku}: minimum {min_quantity}, asked {qty}",
    ),
    "price_changed": ("SKU {sku} 协议价由 {old} 分变为 {new} 分", "SKU {sku}: agreed price {old} fen is now {new} fen"),
    "region_not_served": ("SKU {sku} 不配送至 {region}", "SKU {sku} is not sent to {region}"),
    "freight_changed": ("运费将由 {old} 分变为 {new} 分", "Freight of {old} fen would be {new} fen"),
    "product_delisted": ("SKU {sku} 已下架", "SKU {sku} is delisted"),
    "not_authorised_for_tier": ("SKU {sku} 未对您的等级开放", "SKU {sku} is not shown to your tier"),
    "promotion_not_allowed": ("SKU {sku} 不支持活动 {promotion}", "SKU {sku} does not allow {promotion}"),
    "state_conflict": ("订单当前状态为 {state}", "The order is {state}"),
    # After-sale.
    "unknown_line": ("订单没有这一行", "The order has no such line"),
    "several_shippers": ("一张售后单只能包含同一发货方的商品", "One after-sale speaks of one shipper's goods"),
    "more_than_open": ("可申请 {open} 件，本次申请 {qty} 件", "{open} can be asked about, {qty} were"),
    "not_offered": ("当前阶段不支持这种售后", "This is not offered at this stage"),
    "rights_over": ("已超过维权期 {days} 天", "The {days} days for asking are over"),
    "more_than_paid": ("最多 {at_most} 分，填写了 {amount} 分", "At most {at_most} fen, {amount} were named"),
    "request_state": ("售后单当前状态为 {state}", "The after-sale is {state}"),
    "already_moving": ("退款或退货已开始，不能撤销", "Money or goods have moved, it cannot be taken back"),
    "claim_went_on": ("索赔已有新进展，请重新读取", "The claim has gone on, read it again"),
    "unknown_upload": ("没有这个上传文件", "There is no such upload"),
    "not_your_turn": ("当前不由你方处理", "It is not your turn"),
}


def title(code: str, *, language: str) -> str:
    """Return the headline of a code in `zh` or `en`."""
    chinese, english = TITLES[code]
    return english if language == "en" else chinese


def reason(code: str, facts: dict[str, object], *, language: str) -> str:
    """Return the sentence that names what was wrong with its numbers; the headline where no numbers belong to it."""
    pair = _REASONS.get(str(facts.get("why", code)))
    if pair is None:
        return title(code, language=language)
    values = dict(facts)
    for name in ("needed", "available"):
        value = facts.get(name)
        if isinstance(value, int):
            values[f"{name}_yuan"] = yuan(value)
    return (pair[1] if language == "en" else pair[0]).format_map(_Given(values))


class _Given(dict[str, object]):
    """Leaves a blank where a fact is not known."""

    def __missing__(self, key: str) -> str:
        return "-"


def language_of(accept_language: str) -> str:
    """Return `en` when the caller prefers English, else `zh`."""
    first = accept_language.strip().lower()
    return "en" if first.startswith("en") else "zh"
