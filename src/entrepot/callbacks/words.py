"""Why a call failed or an address was given up, in words of the language that is spoken; kept is only code and facts."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_WORDS = {
    "not_admitted": gettext_noop("%(host)s leads to %(address)s, which is no public address and may not be called"),
    "no_connection": gettext_noop("no connection within %(seconds)s s"),
    "cannot_connect": gettext_noop("cannot connect: %(error)s"),
    "unknown_host": gettext_noop("the name %(host)s leads nowhere"),
    "no_answer": gettext_noop("no answer within %(seconds)s s"),
    "hung_up": gettext_noop("hung up without an answer"),
    "broken_answer": gettext_noop("the answer is no HTTP: %(error)s"),
    "cannot_call": gettext_noop("the address cannot be called: %(error)s"),
    "failed_inside": gettext_noop("the call failed on our side and is repeated"),
    "http_status": gettext_noop("the answer was HTTP %(status)s"),
    "wrong_challenge": gettext_noop("the answer is not the challenge"),
    "gone": gettext_noop("the address answered 410 Gone"),
    "failing": gettext_noop("every call has failed for %(days)s days"),
}


def fault_words(code: str, facts: Mapping[str, Any]) -> str:
    """Return what a fault's code and facts say; what was written down in words before there were codes, as it is."""
    words = _WORDS.get(code)
    return code if words is None else _(words) % facts
