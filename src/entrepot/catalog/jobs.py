"""What the room does as time goes by: working through imports of goods, a slice of time in each round."""

import gc
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from threading import Event

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.catalog import queries
from entrepot.catalog.actions import imported
from entrepot.catalog.intake import files
from entrepot.catalog.intake.judge import judge
from entrepot.catalog.intake.known import Group, Known, Refused
from entrepot.catalog.intake.sheet import COLUMNS, Unreadable
from entrepot.catalog.intake.zipped import Zip
from entrepot.catalog.models import GoodsImport, ImportState
from entrepot.parties.models import PartyState, Supplier

SLICE_S = 1.5  # the worker's round has holds to let lapse as well
PICTURES_S = 0.5
GOODS_AT_ONCE = 2_500


@dataclass
class _Opened:
    """An import that was read and judged, as this process holds it between two slices."""

    import_id: int
    groups: list[Group]
    zipped: Zip | None
    # Whether some number of this file was taken: then the others are looked up before they are written.
    is_doubtful: bool = False


class _Desk:
    """Holds the one import that is being worked through."""

    opened: _Opened | None = None


_desk = _Desk()


def run_imports(stop: Event) -> int:
    """Work through the imports that wait, oldest first, for a slice of time; return how many goods were written.

    Each piece is one transaction with the import's own progress, so that a worker that is killed goes on where it was.
    """
    until, made = time.monotonic() + SLICE_S, 0
    while not stop.is_set() and time.monotonic() < until:
        with scope.desk(read_only=True):
            job = (
                GoodsImport.objects.filter(state__in=[ImportState.WAITING, ImportState.RUNNING])
                .select_related("supplier")
                .order_by("id")
                .first()
            )
        if job is None:
            _close()
            break
        with translation.override(job.language or None):
            made += _go_on(job)
    return made


def _go_on(job: GoodsImport) -> int:
    """Do the next piece of an import; an import whose files cannot be used is over."""
    try:
        opened = _opened(job)
        if job.state == ImportState.WAITING:
            _begin(job, groups=opened.groups)
            return 0
        return _piece(job, opened=opened)
    except Unreadable as unreadable:
        _finish(job, state=ImportState.FAILED, reason=str(unreadable))
    except (OSError, zipfile.BadZipFile) as wrong:
        _finish(job, state=ImportState.FAILED, reason=str(wrong))
    return 0


def _opened(job: GoodsImport) -> _Opened:
    if _desk.opened is not None and _desk.opened.import_id == job.pk:
        return _desk.opened
    _close()
    zipped = Zip(files.zip_path(job.pk)) if job.has_pictures else None
    with scope.desk(read_only=True):
        known = Known(queries.bounds_of(job.supplier_id), pictures=zipped, is_at_once=job.is_at_once)
    with _many_made():
        _desk.opened = _Opened(job.pk, judge(files.table(job.pk), known=known), zipped)
    return _desk.opened


@contextmanager
def _many_made() -> Iterator[None]:
    """Make many things that stay, without looking again and again at all there is whether it is garbage.

    That takes as long as judging the rows does.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _close() -> None:
    if _desk.opened is not None and _desk.opened.zipped is not None:
        _desk.opened.zipped.close()
    _desk.opened = None


def _begin(job: GoodsImport, *, groups: Sequence[Group]) -> None:
    refused = [asdict(one) for group in groups for one in group.refused]
    rows = sum(len(group.rows) for group in groups if group.wanted is None)
    with scope.desk():
        GoodsImport.objects.filter(pk=job.pk, state=ImportState.WAITING).update(
            state=ImportState.RUNNING, goods_total=len(groups), refused=refused, rows_refused=rows
        )


def _piece(job: GoodsImport, *, opened: _Opened) -> int:
    """Write the next goods of an import and its progress in one transaction."""
    done = job.goods_done
    if done >= len(opened.groups):
        _finish(job, state=ImportState.DONE)
        return 0
    taken, ready, refused = _with_pictures(opened, start=done)
    for _attempt in range(3):
        try:
            return _write(job, opened=opened, done=done, taken=taken, ready=ready, refused=refused)
        except IntegrityError:
            # Numbers are taken, or were between the look and the write.
            opened.is_doubtful = True
    raise Unreadable(_("The goods could not be written; look at the file and try again."))


def _with_pictures(opened: _Opened, *, start: int) -> tuple[int, list[Group], list[Refused]]:
    """Return how many groups the next piece takes, those that can be written, and whose pictures were refused."""
    ready: list[Group] = []
    refused: list[Refused] = []
    until, taken = time.monotonic() + PICTURES_S, 0
    for group in opened.groups[start : start + GOODS_AT_ONCE]:
        taken += 1
        wanted = group.wanted
        if wanted is None:
            continue
        if opened.zipped is not None and (wanted.images or wanted.detail_images):
            try:
                wanted.images = [_stored(opened.zipped, name) for name in wanted.images]
                wanted.detail_images = [_stored(opened.zipped, name) for name in wanted.detail_images]
            except Mistake as mistake:
                refused.append(Refused(group.rows[0], str(COLUMNS["images"][0]), mistake.reason))
                continue
        ready.append(group)
        if time.monotonic() > until:
            break
    return taken, ready, refused


def _stored(zipped: Zip, name: str) -> str:
    """Keep a picture; one that a piece broken off before has kept already is known by its path."""
    return name if name.startswith("goods/") and name.endswith(".webp") and "/" in name[6:] else zipped.store(name)


def _write(
    job: GoodsImport, *, opened: _Opened, done: int, taken: int, ready: Sequence[Group], refused: Sequence[Refused]
) -> int:
    by_row = {group.rows[0]: len(group.rows) for group in opened.groups[done : done + taken]}
    with transaction.atomic(), scope.desk():
        row = GoodsImport.objects.select_for_update().get(pk=job.pk)
        if row.state != ImportState.RUNNING or row.goods_done != done:
            return 0
        supplier = Supplier.objects.get(pk=job.supplier_id)
        made, late = 0, list[Refused]()
        if ready:
            made, late = imported.write(
                row,
                groups=ready,
                is_own=supplier.is_platform,
                is_supplier_active=supplier.state == PartyState.ACTIVE,
                is_doubtful=opened.is_doubtful,
            )
        refused = [*refused, *late]
        GoodsImport.objects.filter(pk=job.pk).update(
            goods_done=done + taken,
            goods_made=row.goods_made + made,
            rows_refused=row.rows_refused + sum(by_row[one.row] for one in refused),
            refused=[*row.refused, *(asdict(one) for one in refused)],
        )
    return made


def _finish(job: GoodsImport, *, state: str, reason: str = "") -> None:
    with scope.desk():
        GoodsImport.objects.filter(pk=job.pk, state__in=[ImportState.WAITING, ImportState.RUNNING]).update(
            state=state, reason=reason[:200], finished_at=Now()
        )
    _close()
    files.drop_pictures(job.pk)
