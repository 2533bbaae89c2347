"""Sealing a buyer's name, phone and address, and opening them again."""

import re
from dataclasses import dataclass

import msgspec

from entrepot.base.sealing import seal, search_hash, unseal


@dataclass(slots=True)
class PlainConsignee:
    """A buyer's address as the mall sends it; never logged, never in an event."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    address: str
    street: str = ""
    division_code: str = ""


_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(PlainConsignee)


def seal_consignee(plain: PlainConsignee) -> bytes:
    """Return the whole address encrypted under the field key."""
    return seal(_encode(plain))


def open_consignee(sealed: bytes) -> PlainConsignee:
    """Return the address that was sealed."""
    return _decoder.decode(unseal(sealed))


def place_line(*names: str | None) -> str:
    """Return the parts of an address from wide to narrow in one line, a municipality once: 重庆市, 重庆市 is 重庆市."""
    said = [name for name in names if name]
    return "".join(name for wider, name in zip(["", *said], said, strict=False) if name != wider)


def masked_name(name: str) -> str:
    """Return the first character and a star: 郭靖 becomes 郭*."""
    return f"{name[:1]}*"


def masked_phone(phone: str) -> str:
    """Return a phone number with its middle hidden: 136****9896."""
    digits = _digits(phone)
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 9 else f"****{digits[-2:]}"


def phone_hash(phone: str) -> bytes:
    """Return the keyed hash by which an order is found by its buyer's phone, country code and spaces left out."""
    digits = _digits(phone)
    return search_hash("phone:" + (digits[-11:] if len(digits) > 11 else digits))


def _digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)
