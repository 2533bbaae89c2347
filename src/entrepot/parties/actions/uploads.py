"""Pictures a mall sends ahead, to name them in a later request."""

import hashlib

from entrepot.base import scope
from entrepot.events.operations import record
from entrepot.parties.models import Upload


def content_hash(sent: bytes) -> bytes:
    """Return by what the same bytes are known again."""
    return hashlib.sha256(sent).digest()


def keep_upload(distributor_id: int, *, sent_hash: bytes, picture: bytes, actor: str) -> tuple[Upload, bool]:
    """Keep a picture that was judged already (WebP); return it, and whether it is new. The same bytes are one upload."""
    with scope.distributor(distributor_id):
        row, is_new = Upload.objects.get_or_create(
            distributor_id=distributor_id,
            content_hash=sent_hash,
            defaults={"picture": picture, "size": len(picture)},
        )
        if is_new:
            record(
                actor=actor,
                verb="upload.kept",
                object_kind="upload",
                object_id=row.pk,
                after={"size": row.size},
            )
    return row, is_new
