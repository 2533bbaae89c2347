"""Freight templates of every shipper: list, form, trial."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import LongSelect
from entrepot.doors.kit.freight_forms import (
    KIND_WORDS,
    TemplateForm,
    more_zones,
    saved,
    trial,
    zone_forms,
    zones_in_words,
)
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.freight import actions
from entrepot.freight.models import Template
from entrepot.freight.queries import template_rows, templates
from entrepot.parties.models import Supplier


class ShipperSearch(FilterForm):
    """Templates by their shipper."""

    supplier = forms.TypedChoiceField(label=_("Shipper"), coerce=int, empty_value=None, widget=LongSelect)

    def full_clean(self) -> None:
        """Give the select its choices before anything is judged."""
        self.fields["supplier"].choices = [("", _("All")), *_shippers()]  # type: ignore[attr-defined]
        super().full_clean()


class OwnerForm(TemplateForm):
    """A new template, and whose it is."""

    supplier = forms.TypedChoiceField(label=_("Shipper"), coerce=int, widget=LongSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supplier"].choices = _shippers()  # type: ignore[attr-defined]


@page("platform", "goods.view")
@require_GET
def freight(request: PartyRequest) -> HttpResponse:
    """Show the templates."""
    form = ShipperSearch(request.GET)
    shown = page_of(templates(supplier_id=form.value("supplier")), query=request.GET, order=("-id",))
    context = {
        "title": _("Freight templates"),
        "form": form,
        "page": shown,
        "rows": [(row, KIND_WORDS[row.kind], reverse("platform:freight-template", args=[row.pk])) for row in shown],
        "has_owner": True,
        "can_edit": request.party.can("goods.edit"),
        "new_url": reverse("platform:freight-new"),
    }
    return render(request, "platform/freight.html", context)


@page("platform", "goods.edit")
@require_http_methods(["GET", "POST"])
def freight_new(request: PartyRequest) -> HttpResponse:
    """Write a new template for the platform's own goods or for a supplier."""
    form = OwnerForm(request.POST or None)
    zones = zone_forms(request.POST if request.method == "POST" else None, template=None)
    if request.method == "POST" and request.POST.get("do") == "more":
        form, zones = OwnerForm(initial=request.POST.dict()), zone_forms(more_zones(request.POST), template=None)
    elif request.method == "POST" and (made := saved(form, zones=zones, save=_saver(request, form=form))):
        messages.success(request, gettext("Template “%(name)s” is saved.") % {"name": made.name})
        return HttpResponseRedirect(reverse("platform:freight-template", args=[made.pk]))
    is_wrong = request.method == "POST" and form.is_bound
    context = {"title": _("New freight template"), "form": form, "zones": zones, "can_edit": True}
    return _rendered(request, context, status=422 if is_wrong else 200)


@page("platform", "goods.view")
@require_http_methods(["GET", "POST"])
def freight_template(request: PartyRequest, template_id: int) -> HttpResponse:
    """Show a template, change it where that is allowed, and try what sending by it costs."""
    template = templates().filter(pk=template_id).first()
    if template is None:
        raise Http404
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
            messages.success(request, gettext("Template “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
            return HttpResponseRedirect(reverse("platform:freight-template", args=[template_id]))
        status = 422
    context = {
        "title": template.name,
        "template": template,
        "owner": template.supplier.name,
        "form": form,
        "zones": zones,
        "words": zones_in_words(kept),
        "can_edit": can_edit,
        "remove_url": reverse("platform:freight-remove", args=[template_id]),
    }
    return _rendered(request, context | trial(request, template=kept), status=status)


@page("platform", "goods.edit")
@require_POST
def freight_remove(request: PartyRequest, template_id: int) -> HttpResponse:
    """Remove a template that no goods refer to."""
    template = Template.objects.filter(pk=template_id).first()
    if template is None:
        raise Http404
    try:
        actions.remove_template(
            template.supplier_id,
            template_id=template_id,
            actor=actor(request.party),
            is_platform=True,
            address=client_ip(request) or "",
        )
    except Mistake as mistake:
        messages.error(request, mistake.reason)
        return HttpResponseRedirect(reverse("platform:freight-template", args=[template_id]))
    messages.success(request, gettext("Template “%(name)s” is removed.") % {"name": template.name})
    return HttpResponseRedirect(reverse("platform:freight"))


def _saver(request: PartyRequest, *, form: OwnerForm | None = None, template: Template | None = None) -> Any:
    def save(*, version: int | None, **values: Any) -> Template:
        owner = template.supplier_id if template else form.cleaned_data["supplier"] if form else 0
        return actions.save_template(
            owner,
            template_id=template.pk if template else None,
            version=version if template else None,
            actor=actor(request.party),
            is_platform=True,
            address=client_ip(request) or "",
            **values,
        )

    return save


def _rendered(request: PartyRequest, context: dict[str, Any], *, status: int) -> HttpResponse:
    context |= {"back": reverse("platform:freight")}
    return render(request, "kit/freight/template.html", context, status=status)


def _shippers() -> list[tuple[Any, Any]]:
    return list(Supplier.objects.order_by("-is_platform", "number").values_list("id", "name"))
