"""Template filters of after-sale."""

from django import template

from entrepot.doors.kit import aftersale_words as words

register = template.Library()


@register.filter
def aftersale_kind(kind: str) -> str:
    """Return what a kind of request is called."""
    return str(words.KINDS.get(kind, kind))


@register.filter
def aftersale_reason(reason: str) -> str:
    """Return what a reason is called."""
    return str(words.REASONS.get(reason, reason) if reason else words.ANY_REASON)


@register.filter
def aftersale_stage(stage: str) -> str:
    """Return what a stage is called."""
    return str(words.STAGES.get(stage, stage))


@register.filter
def aftersale_shipper(shipper: str) -> str:
    """Return what a kind of shipper is called."""
    return str(words.SHIPPERS.get(shipper, shipper))
