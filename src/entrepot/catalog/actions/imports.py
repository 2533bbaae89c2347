"""Batch upload of goods: taking the files in, and calling it off."""

from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.catalog.intake import files
from entrepot.catalog.intake.files import Readable
from entrepot.catalog.intake.sheet import Unreadable
from entrepot.catalog.intake.zipped import Zip
from entrepot.catalog.models import GoodsImport, ImportState
from entrepot.events.operations import record

OPEN_AT_MOST = 3


def start_import(
    supplier_id: int,
    *,
    sheet: Readable,
    file_name: str,
    actor: str,
    pictures: Readable | None = None,
    is_at_once: bool = False,
    address: str = "",
) -> GoodsImport:
    """Take in a sheet of goods and, when given, a zip of their pictures; they are worked through in the background.

    With `is_at_once` goods are handed in for review as they come, and own goods go on sale. Refuses files that cannot
    be used as a whole, and a fourth import while three are open.
    """
    with scope.supplier(supplier_id):
        open_ones = GoodsImport.objects.filter(
            supplier_id=supplier_id, state__in=[ImportState.WAITING, ImportState.RUNNING]
        )
        if open_ones.count() >= OPEN_AT_MOST:
            raise Mistake("sheet", _("Three imports are under way: wait until one of them is done."))
        job = GoodsImport.objects.create(
            supplier_id=supplier_id,
            actor=actor[:80],
            address=address[:64],
            language=get_language() or "",
            file_name=file_name[:120],
            has_pictures=pictures is not None,
            is_at_once=is_at_once,
        )
        files.sweep()
        try:
            files.keep(job.pk, sheet=sheet, pictures=pictures)
            files.take_in(job.pk)
        except files.TooLarge as large:
            limit = int(large.args[0]) // 1024 // 1024
            raise Mistake("sheet", _("A file is larger than %(limit)d MB.") % {"limit": limit}) from large
        except Unreadable as unreadable:
            raise Mistake("sheet", str(unreadable)) from unreadable
        try:
            if pictures is not None:
                Zip(files.zip_path(job.pk)).close()
        except Unreadable as unreadable:
            raise Mistake("pictures", str(unreadable)) from unreadable
        _log(job, verb="goods_import.opened", actor=actor, address=address)
    return job


def cancel_import(supplier_id: int, *, import_id: int, actor: str, address: str = "") -> GoodsImport:
    """Call an import off; goods written already stay. One that is over is left alone. Raises GoodsImport.DoesNotExist."""
    with scope.supplier(supplier_id):
        job = GoodsImport.objects.select_for_update().get(pk=import_id, supplier_id=supplier_id)
        if job.state in (ImportState.WAITING, ImportState.RUNNING):
            before = {"state": str(job.state)}
            job.state = ImportState.CANCELLED
            GoodsImport.objects.filter(pk=job.pk).update(state=job.state, finished_at=Now())
            _log(job, verb="goods_import.cancelled", actor=actor, before=before, address=address)
    return job


def _log(job: GoodsImport, *, verb: str, actor: str, address: str, before: dict[str, str] | None = None) -> None:
    record(
        actor=actor,
        verb=verb,
        object_kind="goods_import",
        object_id=job.pk,
        label=job.file_name,
        before=before,
        after={"state": str(job.state), "goods": job.goods_made},
        address=address,
    )
