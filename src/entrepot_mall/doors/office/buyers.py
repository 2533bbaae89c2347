"""Buyers, and the approval of business buyers."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from entrepot_mall.doors.kit.visitors import for_staff, shop_of
from entrepot_mall.members.actions import judge_standing
from entrepot_mall.members.models import Buyer, Standing
from entrepot_mall.shop.models import Staff


@require_safe
@for_staff
def buyers(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Who buys here; applicants first."""
    found = request.GET.get("q", "").strip()[:40]
    rows = Buyer.objects.filter(shop=shop_of(request)).annotate(
        orders=Count("order"), waits=Case(When(standing=Standing.PENDING, then=0), default=1)
    )
    if found:
        rows = rows.filter(Q(phone=found) | Q(company__icontains=found) | Q(name__icontains=found))
    page = Paginator(rows.order_by("waits", "-id"), 20).get_page(request.GET.get("page"))
    return render(request, "office/buyers.html", {"page": page, "words": found, "here": "office-buyers"})


@require_POST
@for_staff
def judge(request: HttpRequest, staff: Staff, buyer_id: int) -> HttpResponse:
    """Approve a business buyer or refuse him."""
    is_approved = request.POST.get("deed") == "approve"
    note = request.POST.get("note", "").strip()
    if not is_approved and not note:
        messages.error(request, _("Please say why"))
    elif judge_standing(shop_of(request), buyer_id=buyer_id, is_approved=is_approved, note=note, who=staff.name):
        messages.success(request, _("Saved"))
    return HttpResponseRedirect(reverse("office-buyers"))
