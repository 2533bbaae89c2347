"""Pictures of the demo's goods, drawn here: a soft ground, a shadow and the thing."""

import io
from concurrent.futures import ThreadPoolExecutor

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from entrepot.catalog import pictures
from entrepot.doors.cli.demo import food, wares
from entrepot.doors.cli.demo.brush import SIDE, Brush, palette

THINGS = {thing.__name__: thing for thing in (*food.DRAWN, *wares.DRAWN)}
_HALF = SIDE // 2


def drawn(thing: str, *, hue: int) -> bytes:
    """Return the picture of a thing in a hue, 400 by 400, as WebP."""
    tones = palette(hue)
    low = tuple((value * 3 + 255) // 4 for value in tones.light)
    ground = Image.composite(
        Image.new("RGB", (_HALF, _HALF), low), Image.new("RGB", (_HALF, _HALF), tones.pale), _slope()
    )
    shade = Image.new("L", (_HALF, _HALF), 0)
    ImageDraw.Draw(shade).ellipse((85, 302, 315, 342), fill=110)
    ground.paste(Image.new("RGB", (_HALF, _HALF), tones.deep), mask=shade.filter(ImageFilter.BoxBlur(9)))
    canvas = Image.new("RGB", (SIDE, SIDE))
    canvas.paste(ground.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    THINGS[thing](Brush(canvas, tones))
    buffer = io.BytesIO()
    canvas.reduce(2).save(buffer, "WEBP", quality=80, method=2)
    return buffer.getvalue()


def store_all(wanted: list[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """Draw and keep a picture for every thing and hue; return their paths."""
    different = sorted(set(wanted))
    with ThreadPoolExecutor(2) as pool:
        paths = pool.map(lambda pair: pictures.keep(drawn(pair[0], hue=pair[1])), different)
        return dict(zip(different, paths, strict=True))


def slip(amount: str, *, reference: str) -> bytes:
    """Return a picture of a bank's receipt, as PNG."""
    paper = Image.new("RGB", (720, 420), (252, 252, 248))
    draw = ImageDraw.Draw(paper)
    draw.rectangle((12, 12, 708, 408), outline=(60, 110, 90), width=3)
    draw.rectangle((12, 12, 708, 84), fill=(60, 110, 90))
    large, small = ImageFont.load_default(40), ImageFont.load_default(24)
    draw.text((40, 26), "BANK TRANSFER RECEIPT (DEMO)", font=ImageFont.load_default(32), fill=(255, 255, 255))
    draw.text((40, 140), amount, font=large, fill=(30, 30, 30))
    draw.text((40, 220), f"Reference {reference}", font=small, fill=(80, 80, 80))
    draw.ellipse((520, 230, 680, 390), outline=(196, 60, 50), width=6)
    draw.text((556, 296), "RECEIVED", font=ImageFont.load_default(20), fill=(196, 60, 50))
    buffer = io.BytesIO()
    paper.save(buffer, "PNG")
    return buffer.getvalue()


def _slope() -> Image.Image:
    return Image.linear_gradient("L").resize((_HALF, _HALF))
