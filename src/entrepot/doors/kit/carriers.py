"""The carriers a parcel can go with: their codes, and the names people know them by."""

from typing import Any

from django.utils.translation import gettext_lazy as _

CARRIERS: dict[str, Any] = {
    "sf": _("SF Express"),
    "zto": _("ZTO Express"),
    "yto": _("YTO Express"),
    "sto": _("STO Express"),
    "yunda": _("Yunda Express"),
    "jd": _("JD Logistics"),
    "ems": _("EMS"),
    "china_post": _("China Post"),
    "jtexpress": _("J&T Express"),
    "deppon": _("Deppon"),
    "cainiao": _("Cainiao Direct"),
    "danniao": _("Danniao"),
    "ane": _("ANE Logistics"),
    "kye": _("KYE Express"),
    "best": _("Best Express"),
    "self": _("Own delivery"),
}

_SPOKEN = {
    "顺丰": "sf",
    "中通": "zto",
    "圆通": "yto",
    "申通": "sto",
    "韵达": "yunda",
    "京东": "jd",
    "邮政": "china_post",
    "极兔": "jtexpress",
    "德邦": "deppon",
    "菜鸟": "cainiao",
    "丹鸟": "danniao",
    "安能": "ane",
    "跨越": "kye",
    "百世": "best",
    "自送": "self",
    "自配送": "self",
}


def choices() -> list[tuple[str, Any]]:
    """Return codes and names for a select."""
    return list(CARRIERS.items())


def carrier_name(code: str) -> str:
    """Return the name of a carrier; one we do not know is shown as it came."""
    return str(CARRIERS.get(code, code))


def carrier_code(text: str) -> str | None:
    """Return the code of a carrier written as code, as its name or as people shorten it; None for an unknown one."""
    plain = text.strip()
    if plain.lower() in CARRIERS:
        return plain.lower()
    for code, name in CARRIERS.items():
        if plain.casefold() == str(name).casefold():
            return code
    # "EMS" and "China Post" share a shortened name, so the longer Chinese word decides first.
    for word, code in _SPOKEN.items():
        if plain.startswith(word):
            return code
    return None
