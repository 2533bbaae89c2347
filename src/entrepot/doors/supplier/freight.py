"""The supplier's freight templates, what sending by them costs, and which of his goods they hold for."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.catalog.models import Goods
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.freight_forms import (
    KIND_WORDS,
    TemplateForm,
    more_zones,
    saved,
    trial,
    zone_forms,
    zones_in_words,
)
from entrepot.doors.kit.lists import page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.freight import actions
from entrepot.freight.models import Template
from entrepot.freight.queries import template_rows, templates


@require_GET
@page("supplier", "goods.view")
def freight(request: PartyRequest) -> HttpResponse:
    """Show his templates."""
    shown = page_of(templates(), query=request.GET, order=("-id",))
    context = {
        "title": _("Freight templates"),
        "page": shown,
        "rows": [(row, KIND_WORDS[row.kind], reverse("supplier:freight-template", args=[row.pk])) for row in shown],
        "can_edit": request.party.can("goods.edit"),
        "new_url": reverse("supplier:freight-new"),
    }
    return render(request, "kit/freight/list.html", context)


@require_http_methods(["GET", "POST"])
@page("supplier", "goods.edit")
def freight_new(request: PartyRequest) -> HttpResponse:
    """Write a new template."""
    form = TemplateForm(request.POST or None)
    zones = zone_forms(request.POST if request.method == "POST" else None, template=None)
    if request.method == "POST" and request.POST.get("do") == "more":
        form, zones = TemplateForm(initial=request.POST.dict()), zone_forms(more_zones(request.POST), template=None)
    elif request.method == "POST" and (made := saved(form, zones=zones, save=_saver(request))):
        messages.success(request, _("Template “%(name)s” is saved.") % {"name": made.name})
        return HttpResponseRedirect(reverse("supplier:freight-template", args=[made.pk]))
    is_wrong = request.method == "POST" and form.is_bound
    context = {"title": _("New freight template"), "form": form, "zones": zones, "can_edit": True}
    return _rendered(request, context, status=422 if is_wrong else 200)


@require_http_methods(["GET", "POST"])
@page("supplier", "goods.view")
def freight_template(request: PartyRequest, template_id: int) -> HttpResponse:
    """Show a template, change it, and try what sending by it costs."""
    template = get_object_or_404(templates(), pk=template_id)
    kept = template_rows([template.pk])[template.pk]
    can_edit = request.party.can("goods.edit")
    initial = {"name": template.name, "kind": template.kind, "version": template.version}
    form, zones = TemplateForm(initial=initial), zone_forms(None, template=kept)
    status = 200
    if request.method == "POST" and can_edit and request.POST.get("do") == "more":
        form, zones = TemplateForm(initial=request.POST.dict()), zone_forms(more_zones(request.POST), template=kept)
    elif request.method == "POST" and can_edit:
        form, zones = TemplateForm(request.POST), zone_forms(request.POST, template=kept)
        if saved(form, zones=zones, save=_saver(request, template=template)):
            messages.success(request, _("Template “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
            return HttpResponseRedirect(reverse("supplier:freight-template", args=[template_id]))
        status = 422
    context = {
        "title": template.name,
        "template": template,
        "form": form,
        "zones": zones,
        "words": zones_in_words(kept),
        "can_edit": can_edit,
        "remove_url": reverse("supplier:freight-remove", args=[template_id]),
    }
    return _rendered(request, context | trial(request, template=kept), status=status)


@require_POST
@page("supplier", "goods.edit")
def freight_remove(request: PartyRequest, template_id: int) -> HttpResponse:
    """Remove a template that no goods refer to."""
    template = get_object_or_404(Template, pk=template_id)
    who, where = actor(request.party), client_ip(request) or ""
    try:
        actions.remove_template(request.party.id, template_id=template_id, actor=who, address=where)
    except Mistake as mistake:
        messages.error(request, mistake.reason)
        return HttpResponseRedirect(reverse("supplier:freight-template", args=[template_id]))
    messages.success(request, _("Template “%(name)s” is removed.") % {"name": template.name})
    return HttpResponseRedirect(reverse("supplier:freight"))


@require_POST
@page("supplier", "goods.edit")
def freight_of_goods(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Say by which template some goods are sent."""
    get_object_or_404(Goods, pk=goods_id)
    text = request.POST.get("template", "")
    if text and not (text.isdigit() and len(text) < 19):
        raise Http404
    try:
        actions.set_template(
            goods_id,
            template_id=int(text) if text else None,
            supplier_id=request.party.id,
            actor=actor(request.party),
            address=client_ip(request) or "",
        )
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    else:
        messages.success(request, _("Saved; it holds for orders placed from now on."))
    return HttpResponseRedirect(reverse("supplier:prices-goods", args=[goods_id]))


def _saver(request: PartyRequest, *, template: Template | None = None) -> Any:
    def save(*, version: int | None, **values: Any) -> Template:
        return actions.save_template(
            request.party.id,
            template_id=template.pk if template else None,
            version=version if template else None,
            actor=actor(request.party),
            address=client_ip(request) or "",
            **values,
        )

    return save


def _rendered(request: PartyRequest, context: dict[str, Any], *, status: int) -> HttpResponse:
    context |= {"back": reverse("supplier:freight")}
    return render(request, "kit/freight/template.html", context, status=status)
