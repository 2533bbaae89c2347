"""Pictures of a sandbox's goods: their first character on a coloured ground."""

import colorsys
import io

import pylopdf_fonts_zh_cn
from PIL import Image, ImageDraw, ImageFont

from entrepot.catalog import pictures

_SIDE = 400


def picture_of(name: str, *, hue: int) -> str:
    """Draw and keep the picture of goods; return its path below MEDIA_ROOT. The same goods give the same picture."""
    canvas = Image.new("RGB", (_SIDE, _SIDE), _tone(hue, light=90))
    draw = ImageDraw.Draw(canvas)
    draw.ellipse((50, 50, _SIDE - 50, _SIDE - 50), fill=_tone(hue, light=45))
    font = ImageFont.truetype(str(pylopdf_fonts_zh_cn.sans_path()), 170)
    draw.text((_SIDE // 2, _SIDE // 2), name[:1], font=font, fill=(255, 255, 255), anchor="mm")
    buffer = io.BytesIO()
    canvas.save(buffer, "WEBP", quality=80, method=2)
    return pictures.keep(buffer.getvalue())


def _tone(hue: int, *, light: int) -> tuple[int, int, int]:
    """Return a colour by hue (degrees) and lightness (percent)."""
    red, green, blue = colorsys.hls_to_rgb(hue % 360 / 360, light / 100, 0.5)
    return round(red * 255), round(green * 255), round(blue * 255)
