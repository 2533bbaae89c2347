"""What a browser says of itself, in a few words a person understands."""

import re

from django.utils.translation import gettext as _

_BROWSERS = (
    (r"MicroMessenger/(\d+)", "WeChat"),
    (r"(?:Edg|EdgA|EdgiOS)/(\d+)", "Edge"),
    (r"(?:Firefox|FxiOS)/(\d+)", "Firefox"),
    (r"(?:HeadlessChrome|Chrome|CriOS)/(\d+)", "Chrome"),
    (r"Version/(\d+)[\d.]* (?:Mobile/\S+ )?Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("HarmonyOS", "HarmonyOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def agent_words(user_agent: str) -> str:
    """Return browser and system of a user agent, as Chrome 126 · Windows; one we do not know is called so."""
    browser = next(
        (f"{name} {found[1]}" for pattern, name in _BROWSERS if (found := re.search(pattern, user_agent))), ""
    )
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return " · ".join(part for part in (browser, system) if part) or _("another program")
