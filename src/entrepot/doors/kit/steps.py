"""What a signed-in person must still do before any page opens: a second factor, a new password."""

import time

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

ENROL_KEY = "kit.must_enrol"
"""Session key: the user must set up a second factor first."""


def next_step(request: HttpRequest) -> HttpResponse | None:
    """Return the redirect to what must be done first, or None when the way is free."""
    if request.session.get(ENROL_KEY):
        address = "/account/second-factor/"
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(headers={"HX-Redirect": address})
        return HttpResponseRedirect(address)
    return None


_CONFIRMED_KEY = "kit.confirmed_at"
_CONFIRMED_S = 600


def mark_confirmed(request: HttpRequest) -> None:
    """Note that the user has just proved who he is."""
    request.session[_CONFIRMED_KEY] = time.time()


def is_confirmed(request: HttpRequest) -> bool:
    """Tell whether the user proved who he is within the last ten minutes; what guards the account itself asks for it."""
    return time.time() - request.session.get(_CONFIRMED_KEY, 0) < _CONFIRMED_S
