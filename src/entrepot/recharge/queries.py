"""Reads of top-up requests; call them inside the reader's scope."""

from django.db.models import QuerySet

from entrepot.recharge.models import TopUp, TopUpState


def top_ups(*, distributor_id: int | None = None, state: str = "") -> QuerySet[TopUp]:
    """Return top-up requests without their vouchers, newest first."""
    rows = TopUp.objects.select_related("distributor", "requested_by", "reviewed_by").defer("voucher").order_by("-id")
    if distributor_id is not None:
        rows = rows.filter(distributor_id=distributor_id)
    return rows.filter(state=state) if state else rows


def namesakes(bank_reference: str) -> QuerySet[TopUp]:
    """Return the requests that wait or were credited under a bank reference, newest first; none without a reference."""
    if not bank_reference:
        return TopUp.objects.none()
    return top_ups().filter(bank_reference=bank_reference, state__in=(TopUpState.PENDING, TopUpState.APPROVED))


def voucher_of(top_up_id: int) -> tuple[bytes, str]:
    """Return the voucher picture of a request and its media type; empty when there is none.

    Raises TopUp.DoesNotExist for a request the scope does not show.
    """
    top_up = TopUp.objects.get(pk=top_up_id)
    return bytes(top_up.voucher or b""), top_up.voucher_type
