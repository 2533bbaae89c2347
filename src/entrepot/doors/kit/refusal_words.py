"""The sentence of a refusal with its numbers, in Chinese and English: the same over the API and on pages."""

from collections.abc import Mapping

from entrepot.base.money import yuan

_SENTENCES: dict[str, tuple[str, str]] = {
    "not_offered_now": (
        "SKU {sku} 目前未向您供货：请核对编码，编码无误时请联系平台",
        "SKU {sku} is not offered to you now: check the code; if it is right, ask the platform",
    ),
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
    "over_holds": (
        "已占用 {held} 单，最多 {limit} 单：请先确认或取消其他占用",
        "{held} orders are on hold, {limit} may be: confirm or cancel some first",
    ),
    "over_buyer_holds": (
        "该买家已占用 {held} 单，最多 {limit} 单：请先确认或取消",
        "{held} orders of this buyer are on hold, {limit} may be: confirm or cancel some first",
    ),
    "over_pieces_of_sku": (
        "SKU {sku} 已占用 {held} 件，再占 {wanted} 件会超过 {limit} 件：请先确认或取消其他占用",
        "SKU {sku}: {held} on hold and {wanted} more pass {limit}: confirm or cancel some first",
    ),
    "over_buyer_pieces_of_sku": (
        "该买家已占用 SKU {sku} {held} 件，再占 {wanted} 件会超过 {limit} 件：请先确认或取消",
        "SKU {sku}: this buyer has {held} on hold, {wanted} more pass {limit}: confirm or cancel some first",
    ),
    "over_funds": (
        "占用货款 ¥{held_yuan}，再占 ¥{wanted_yuan} 会超过 ¥{limit_yuan}：请先确认或取消其他占用，或充值",
        "¥{held_yuan} on hold and ¥{wanted_yuan} more pass ¥{limit_yuan}: confirm or cancel some, or top up",
    ),
    "price_changed": ("SKU {sku} 协议价由 {old} 分变为 {new} 分", "SKU {sku}: agreed price {old} fen is now {new} fen"),
    "region_not_served": ("SKU {sku} 不配送至 {region}", "SKU {sku} is not sent to {region}"),
    "freight_changed": ("运费将由 {old} 分变为 {new} 分", "Freight of {old} fen would be {new} fen"),
    "product_delisted": ("SKU {sku} 已下架", "SKU {sku} is delisted"),
    "not_authorised_for_tier": ("SKU {sku} 未对您的等级开放", "SKU {sku} is not shown to your tier"),
    "promotion_not_allowed": ("SKU {sku} 不支持活动 {promotion}", "SKU {sku} does not allow {promotion}"),
    "state_conflict": ("订单当前状态为 {state}", "The order is {state}"),
    "drawn": (
        "订单已扣货款（当前状态 {state}），不能取消：请改为申请售后",
        "The order is {state} and its money drawn, it is not cancelled any more: ask for an after-sale",
    ),
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


def sentence(code: str, facts: Mapping[str, object], *, language: str) -> str:
    """Return what a refusal says in `zh` or `en` with its numbers, empty where no sentence of its own belongs to it.

    `why` or `quota` among the facts names what was wrong more closely than the code does.
    """
    name = f"over_{facts['quota']}" if "quota" in facts else facts.get("why", code)
    pair = _SENTENCES.get(str(name))
    if pair is None:
        return ""
    values = dict(facts)
    values |= {f"{fact}_yuan": yuan(value) for fact, value in facts.items() if isinstance(value, int)}
    return (pair[1] if language == "en" else pair[0]).format_map(_Given(values))


class _Given(dict[str, object]):
    """Leaves a blank where a fact is not known."""

    def __missing__(self, key: str) -> str:
        return "-"
