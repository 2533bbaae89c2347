"""What every page of a distributor's office says until it is mended: that his mall cannot be called."""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from entrepot.callbacks.models import Endpoint, EndpointState
from entrepot.callbacks.rules import FAILING_DAYS
from entrepot.callbacks.words import fault_words
from entrepot.doors.kit.party import Party
from entrepot.doors.kit.shell import Notice

# A mall that is restarted or updated is silent for minutes: nobody need be told.
_SILENT_AT_LEAST = timedelta(hours=1)


def notices(party: Party) -> list[Notice]:
    """Return what stands above every page: an address that is called no more, or that soon will not be."""
    endpoint: Endpoint | None = getattr(party.user.distributor, "endpoint", None)
    if endpoint is None:
        return []
    text = _of_disabled(endpoint) or _of_failing(endpoint)
    if not text:
        return []
    is_grave = endpoint.state == EndpointState.DISABLED
    if not party.can("keys.edit"):
        return [Notice(text=f"{text} {_('Tell those who look after the mall.')}", is_grave=is_grave)]
    return [Notice(text=text, url=reverse("distributor:callbacks"), action=_("See callbacks"), is_grave=is_grave)]


def _of_disabled(endpoint: Endpoint) -> str:
    if endpoint.state != EndpointState.DISABLED:
        return ""
    return _(
        "Your mall is no longer called since %(at)s: %(reason)s. It hears nothing of parcels, refunds, prices and stock."
        " Mend the address, then have it asked once more; what happened in the last 30 days can be sent again."
    ) % {"at": _told(endpoint.changed_at), "reason": fault_words(endpoint.reason, endpoint.reason_facts)}


def _of_failing(endpoint: Endpoint) -> str:
    since = endpoint.failing_since
    if endpoint.state != EndpointState.ACTIVE or since is None or since > timezone.now() - _SILENT_AT_LEAST:
        return ""
    ends = since + timedelta(days=FAILING_DAYS)
    return _("Every call to your mall has failed since %(at)s. On %(ends)s it will be called no more.") % {
        "at": _told(since),
        "ends": _told(ends),
    }


def _told(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"
