"""Pictures of goods: judged, brought into one form and kept by the hash of their content."""

import hashlib
import io
import os
import re
import tempfile
import warnings
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from entrepot.base.mistakes import Mistake

BYTES_AT_MOST = 8 * 1024 * 1024
PIXELS_AT_MOST = 40_000_000
SIDE_AT_MOST = 1600
THUMBNAIL_SIDE = 400
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_PATH = re.compile(r"goods/[0-9a-f]{2}/[0-9a-f]{40}\.webp")


def normalised(data: bytes, *, field: str = "picture", side_at_most: int = SIDE_AT_MOST) -> bytes:
    """Return a picture as WebP, upright, not larger than it need be, without what the camera wrote about the place.

    Refuses more than 8 MB, more than 40 million pixels, and what is not a whole JPEG, PNG, WebP or GIF.
    """
    if len(data) > BYTES_AT_MOST:
        raise Mistake(field, _("The picture is larger than %(limit)d MB.") % {"limit": BYTES_AT_MOST // 1024 // 1024})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
                if picture.width * picture.height > PIXELS_AT_MOST:
                    raise Mistake(field, _("The picture has too many pixels."))
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((side_at_most, side_at_most))
                has_alpha = upright.mode in ("RGBA", "LA") or "transparency" in upright.info
                return encoded(upright.convert("RGBA" if has_alpha else "RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as wrong:
        raise Mistake(field, _("Not a whole JPEG, PNG, WebP or GIF picture.")) from wrong
    except Image.DecompressionBombWarning as wrong:
        raise Mistake(field, _("The picture has too many pixels.")) from wrong


def store(data: bytes, *, field: str = "picture") -> str:
    """Keep a picture and its thumbnail (400 pixels, WebP) and return its path below MEDIA_ROOT.

    The same picture again gives the same path. Refuses as `normalised` does.
    """
    return keep(normalised(data, field=field))


def keep(webp: bytes) -> str:
    """Keep a picture that is in the one form already; return its path below MEDIA_ROOT."""
    name = hashlib.sha256(webp).hexdigest()[:40]
    path = f"goods/{name[:2]}/{name}.webp"
    target = Path(settings.MEDIA_ROOT) / path
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target.with_name(thumbnail(target.name)), _small(webp))
        _write(target, webp)
    return path


def _small(webp: bytes) -> bytes:
    with Image.open(io.BytesIO(webp)) as picture:
        if max(picture.size) <= THUMBNAIL_SIDE:
            return webp
        small = picture.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return encoded(small)


def encoded(picture: Image.Image) -> bytes:
    """Return a picture as WebP."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=84, method=4)
    return buffer.getvalue()


def thumbnail(path: str) -> str:
    """Return the path of a picture's thumbnail; an empty path stays empty."""
    return f"{path.removesuffix('.webp')}-400.webp" if path else ""


def address(path: str, *, small: bool = False) -> str:
    """Return where a picture, or its thumbnail, is served; an empty path stays empty."""
    return f"{settings.MEDIA_URL}{thumbnail(path) if small else path}" if path else ""


def is_kept(path: str) -> bool:
    """Return whether a path names a picture that `store` has kept."""
    return _PATH.fullmatch(path) is not None and (Path(settings.MEDIA_ROOT) / path).is_file()


def _write(target: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(draft).chmod(0o644)
        Path(draft).replace(target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
