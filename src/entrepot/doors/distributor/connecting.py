"""How far the mall is connected: the steps of connecting it, with what is done and what is missing."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from entrepot.callbacks.models import EndpointState
from entrepot.callbacks.queries import endpoint_of
from entrepot.catalog.selection import picks_of
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.orders.queries import has_ordered
from entrepot.parties.models import Distributor
from entrepot.parties.queries import keys_of


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: what is done where, what to copy, and how it stands."""

    title: str
    text: str
    is_done: bool
    missing: str = ""
    copies: tuple[tuple[str, str], ...] = ()
    url: str = ""
    action: str = ""


@require_GET
@page("distributor", "keys.edit")
def connecting(request: PartyRequest) -> HttpResponse:
    """Show the steps."""
    steps = _steps(request)
    done = sum(step.is_done for step in steps)
    context = {"title": _("Connect the mall"), "steps": steps, "done": done, "total": len(steps)}
    return render(request, "distributor/connecting.html", context)


def _steps(request: PartyRequest) -> list[Step]:
    distributor = Distributor.objects.get(pk=request.party.id)
    live = [row.key for row in keys_of(request.party.id) if row.is_live]
    endpoint = endpoint_of(request.party.id)
    is_selected = picks_of(request.party.id).exists()
    keys, callbacks, selection = (reverse(f"distributor:{name}") for name in ("keys", "callbacks", "selection"))
    states = {
        EndpointState.NONE: _("No address is set."),
        EndpointState.PENDING: _("The address has not answered its challenge yet."),
        EndpointState.DISABLED: _("The address was given up; set it again or have it asked once more."),
    }
    return [
        Step(
            title=_("Number, key and secret into the mall"),
            text=_(
                "In the mall's selection app, add a distributor with these. The secret is shown once, when a key is issued."
            ),
            is_done=bool(live),
            missing=_("There is no key."),
            copies=((_("Number"), distributor.number), *((_("Key"), key) for key in live)),
            url=keys,
            action=_("API and keys"),
        ),
        Step(
            title=_("Callback address into the platform"),
            text=_("Copy it from the mall; the platform asks it for a challenge and then tells it of every change."),
            is_done=endpoint.state == EndpointState.ACTIVE,
            missing=states.get(EndpointState(endpoint.state), ""),
            copies=((_("Callback address"), endpoint.url),) if endpoint.url else (),
            url=callbacks,
            action=_("Callbacks"),
        ),
        Step(
            title=_("Allow-list"),
            text=_("Calls are taken from these addresses alone."),
            is_done=bool(distributor.allow_list),
            missing=_("None is named: calls are taken from anywhere."),
            copies=tuple((_("Allow-list"), entry) for entry in distributor.allow_list[:5]),
            url=keys,
            action=_("API and keys"),
        ),
        Step(
            title=_("Address of the platform into the mall"),
            text=_("Save it in the mall's selection app; its first order or selection shows that it works."),
            is_done=is_selected or has_ordered(request.party.id),
            missing=_("Nothing has come from the mall yet."),
            copies=((_("Base address"), request.build_absolute_uri("/api/v1")),),
        ),
        Step(
            title=_("Select goods"),
            text=_("By goods, category or brand. They lie in the mall's warehouse until the mall lists them."),
            is_done=is_selected,
            missing=_("Nothing is selected."),
            url=selection,
            action=_("Selection"),
        ),
    ]
