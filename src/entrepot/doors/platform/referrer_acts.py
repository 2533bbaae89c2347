"""What is done for a referrer: parties attached and let go, and what he is owed paid."""

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from entrepot.base.clock import database_now
from entrepot.base.days import ZONE, day_of
from entrepot.base.money import yuan
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import DayField, FenField
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.platform.attempts import attempt
from entrepot.doors.platform.referrers import referrer_or_404
from entrepot.ledger.queries import owed_to_referrer_fen
from entrepot.parties.models import Distributor, Supplier
from entrepot.referral import actions, queries
from entrepot.referral.models import Attachment, Payout


class AttachForm(forms.Form):
    """Whom he brought, and for how long."""

    number = forms.CharField(
        label=_("Number of the supplier or distributor"),
        max_length=20,
        widget=forms.TextInput(attrs={"placeholder": "S10001, D10001"}),
    )
    since = DayField(label=_("From"), required=False, help_text=_("Empty: from now on."))
    until = DayField(label=_("To"), required=False, help_text=_("The last day; empty: open end."))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class EndForm(forms.Form):
    """When and why it ends."""

    until = DayField(label=_("To"), required=False, help_text=_("The last day; empty: it ends now."))
    reason = forms.CharField(label=_("Reason"), max_length=200)


class PayForm(forms.Form):
    """Money that left the bank."""

    amount_fen = FenField(label=_("Amount"), min_fen=1)
    month = forms.ChoiceField(label=_("On the statement of"))
    paid_on = DayField(label=_("Paid on"))
    bank_reference = forms.CharField(label=_("Bank reference"), max_length=80, required=False)
    proof = forms.FileField(
        label=_("Proof"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
        help_text=_("A picture of the transfer, at most 8 MB."),
    )
    remark = forms.CharField(label=_("Remark"), max_length=200, required=False)
    once = forms.CharField(max_length=64, widget=forms.HiddenInput)


class ReturnForm(forms.Form):
    """Why a payout came back."""

    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("The referrer reads it"))


def _begins(day: date | None) -> datetime | None:
    """Return the moment a day begins; today has begun already and stands for now."""
    if day is None or day == day_of(database_now()):
        return None
    return datetime.combine(day, time.min, ZONE)


def _ends(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=1), time.min, ZONE)


@page("platform", "referrers.edit")
@require_http_methods(["GET", "POST"])
def attach(request: PartyRequest, referrer_id: int) -> HttpResponse:
    """Attach a supplier or a distributor to a referrer."""
    row = referrer_or_404(referrer_id)
    form = AttachForm(request.POST or None)

    def act(cleaned: dict[str, Any]) -> Attachment:
        number = cleaned["number"].strip().upper()
        supplier = Supplier.objects.filter(number=number).first()
        distributor = None if supplier else Distributor.objects.filter(number=number).first()
        return actions.attach(
            referrer_id,
            supplier_id=supplier.pk if supplier else None,
            distributor_id=distributor.pk if distributor else None,
            since=_begins(cleaned["since"]),
            until=_ends(cleaned["until"]),
            reason=cleaned["reason"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    back = reverse("platform:referrer", args=[referrer_id])
    if request.method == "POST" and (made := attempt(form, act, names={"party": "number"})):
        messages.success(request, gettext("%(party)s is attached.") % {"party": made.party_name})
        return HttpResponseRedirect(back)
    context = {"title": gettext("Attach a party to %(name)s") % {"name": row.name}, "form": form, "back": back}
    return render(request, "platform/referrer_form.html", context, status=422 if form.is_bound else 200)


@page("platform", "referrers.edit")
@require_http_methods(["GET", "POST"])
def detach(request: PartyRequest, referrer_id: int, attachment_id: int) -> HttpResponse:
    """End an attachment, now or on a day to come."""
    referrer_or_404(referrer_id)
    row = Attachment.objects.filter(pk=attachment_id, referrer_id=referrer_id).first()
    if row is None:
        raise Http404
    form = EndForm(request.POST or None)

    def end(cleaned: dict[str, Any]) -> Attachment:
        return actions.end_attachment(
            attachment_id,
            until=_ends(cleaned["until"]),
            reason=cleaned["reason"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    back = reverse("platform:referrer", args=[referrer_id])
    if request.method == "POST" and attempt(form, end) is not None:
        messages.success(request, gettext("The attachment of %(party)s is ended.") % {"party": row.party_name})
        return HttpResponseRedirect(back)
    title = gettext("End the attachment of %(party)s") % {"party": row.party_name}
    lead = gettext("Orders placed from then on earn the referrer nothing; earlier ones are not touched.")
    context = {"title": title, "lead": lead, "form": form, "back": back}
    return render(request, "platform/referrer_form.html", context, status=422 if form.is_bound else 200)


@page("platform", "referrers.pay")
@require_http_methods(["GET", "POST"])
def pay(request: PartyRequest, referrer_id: int) -> HttpResponse:
    """Record that a referrer was paid."""
    row = referrer_or_404(referrer_id)
    now = database_now()
    owed_fen = owed_to_referrer_fen(referrer_id)
    months = [one.month for one in queries.statements(referrer_id)] or [queries.month_of(now)]
    initial = {
        "amount_fen": max(0, owed_fen),
        "month": f"{months[0]:%Y-%m}",
        "paid_on": day_of(now),
        "once": uuid.uuid4().hex,
    }
    form = PayForm(request.POST or None, request.FILES or None, initial=initial)
    form.fields["month"].choices = [(f"{month:%Y-%m}", f"{month:%Y-%m}") for month in months]  # type: ignore[attr-defined]

    def act(cleaned: dict[str, Any]) -> Payout:
        return actions.pay_out(
            referrer_id,
            amount_fen=cleaned["amount_fen"],
            month=date.fromisoformat(f"{cleaned['month']}-01"),
            paid_on=cleaned["paid_on"],
            bank_reference=cleaned["bank_reference"],
            proof=cleaned["proof"].read() if cleaned["proof"] else None,
            remark=cleaned["remark"],
            once=cleaned["once"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    back = reverse("platform:referrer", args=[referrer_id])
    if request.method == "POST" and (made := attempt(form, act)):
        said = gettext("¥%(amount)s paid to %(name)s is booked.")
        messages.success(request, said % {"amount": yuan(made.amount_fen), "name": row.name})
        return HttpResponseRedirect(back)
    lead = gettext("¥%(owed)s is owed to him.") % {"owed": yuan(owed_fen)}
    title = gettext("Pay %(name)s") % {"name": row.name}
    context = {"title": title, "lead": lead, "form": form, "back": back}
    return render(request, "platform/referrer_form.html", context, status=422 if form.is_bound else 200)


@page("platform", "referrers.pay")
@require_http_methods(["GET", "POST"])
def payout_return(request: PartyRequest, payout_id: int) -> HttpResponse:
    """Record that a payout failed at the bank or came back from it."""
    row = queries.payouts().filter(pk=payout_id).first()
    if row is None:
        raise Http404
    form = ReturnForm(request.POST or None)

    def act(cleaned: dict[str, Any]) -> Payout:
        return actions.return_payout(
            payout_id, reason=cleaned["reason"], actor=actor(request.party), address=client_ip(request) or ""
        )

    back = reverse("platform:referrer", args=[row.referrer_id])
    if request.method == "POST" and attempt(form, act) is not None:
        said = gettext("¥%(amount)s is owed to %(name)s again.")
        messages.success(request, said % {"amount": yuan(row.amount_fen), "name": row.referrer.name})
        return HttpResponseRedirect(back)
    lead = gettext("¥%(amount)s, paid on %(day)s, bank reference %(reference)s. The payout stays on record.") % {
        "amount": yuan(row.amount_fen),
        "day": f"{row.paid_on:%Y-%m-%d}",
        "reference": row.bank_reference or "—",
    }
    title = gettext("Payout to %(name)s came back") % {"name": row.referrer.name}
    context = {"title": title, "lead": lead, "form": form, "back": back}
    return render(request, "platform/referrer_form.html", context, status=422 if form.is_bound else 200)


@page("platform", "referrers.view")
@require_GET
def proof(request: PartyRequest, payout_id: int) -> HttpResponse:
    """Hand out the picture of a payout."""
    try:
        data, media_type = queries.proof_of(payout_id)
    except Payout.DoesNotExist:
        raise Http404 from None
    if not data:
        raise Http404
    return HttpResponse(data, content_type=media_type, headers={"Cache-Control": "private, no-store"})
