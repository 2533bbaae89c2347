"""Pictures of goods, served under names that are hashes of their content."""

from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe


@require_safe
def picture(request: HttpRequest, path: str) -> FileResponse:
    """Hand out a picture; the address allows nothing but names that the catalogue gives."""
    file = Path(settings.MEDIA_ROOT) / path
    if not file.is_file():
        raise Http404
    # The name is the content's hash, so what it names never changes.
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(file.open("rb"), content_type="image/webp", headers=headers)
