"""Uploads: pictures sent ahead as bare bytes, judged and brought into one form, shown to nobody but who sent them."""

from typing import Any

from django.utils import translation
from litestar import Response, get, post
from litestar.params import FromPath

from entrepot.base.mistakes import Mistake
from entrepot.catalog.pictures import normalised
from entrepot.doors.api import recharge_shapes as shapes
from entrepot.doors.api.calls import Call, as_distributor, body_of, caller_of, object_id, reply
from entrepot.doors.api.operations import Operation
from entrepot.doors.api.order_calls import REPLAYED
from entrepot.doors.api.problems import Wrong, invalid, not_found
from entrepot.doors.api.threads import in_writer
from entrepot.parties.actions.uploads import content_hash, keep_upload
from entrepot.parties.models import Upload
from entrepot.parties.queries import upload_pictures, uploads

PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")
BARE = "application/octet-stream"  # what a client says that does not look at what it sends
WEBP = "image/webp"
_SIDE = 1600


@post(
    "/uploads",
    status_code=201,
    opt=Operation(
        None,
        shapes.Upload,
        group="uploads",
        status=201,
        codes=("validation_failed", "request_in_progress"),
        takes=(*PICTURES, BARE),
    ).opt(),
)
async def create_upload(request: Call) -> Response[bytes]:
    """上传图片 | Send a picture of at most 8 MB as bare bytes, signed as they are; the same bytes are one upload."""
    caller, sent = caller_of(request), body_of(request)
    language: Any = request.scope["language"]  # type: ignore[typeddict-item]

    def keep() -> tuple[Upload, bool]:
        mark = content_hash(sent)
        with translation.override("en" if language == "en" else "zh-hans"):
            picture = normalised(sent, side_at_most=_SIDE)
        return keep_upload(caller.distributor_id, sent_hash=mark, picture=picture, actor=caller.actor)

    known = await as_distributor(caller, lambda: _known(sent, distributor_id=caller.distributor_id))
    try:
        row, is_new = (known, False) if known is not None else await in_writer(keep)
    except Mistake as mistake:
        raise invalid(Wrong("", "validation_failed", (mistake.reason, mistake.reason))) from None
    shape = shapes.Upload(str(row.pk), WEBP, row.size, row.created_at.isoformat())
    return reply(shape, status=201) if is_new else reply(shape, headers=REPLAYED)


@get(
    "/uploads/{upload_id:str}",
    opt=Operation(None, None, group="uploads", codes=("not_found",), also=(WEBP,)).opt(),
)
async def get_upload(request: Call, upload_id: FromPath[str]) -> Response[bytes]:
    """查看上传图片 | Get a picture you have sent, as it is kept."""
    caller, row_id = caller_of(request), object_id(upload_id)
    found = await as_distributor(caller, lambda: upload_pictures([row_id], distributor_id=caller.distributor_id))
    if row_id not in found:
        raise not_found()
    headers = {"x-content-type-options": "nosniff", "cache-control": "private, no-store"}
    return Response(found[row_id], media_type=WEBP, headers=headers)


def _known(sent: bytes, *, distributor_id: int) -> Upload | None:
    return uploads(distributor_id=distributor_id).filter(content_hash=content_hash(sent)).first()
