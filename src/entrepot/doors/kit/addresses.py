"""Where a request came from."""

import ipaddress

from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str | None:
    """Return the caller's network address.

    The pages listen on a socket file, where a caller has no address of his own: then our own front has written it
    down, as the last entry of X-Forwarded-For. Over the network that header is anybody's to write and is not read.
    """
    direct = request.META.get("REMOTE_ADDR", "")
    text = direct or request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
