"""What a name of the catalogue may be."""

from django.utils.translation import gettext as _

from entrepot.base.mistakes import Mistake


def named(name: str) -> str:
    """Return a name of a category, brand or attribute without blanks around it; refuses none and too long ones."""
    plain = " ".join(name.split())
    if not plain or len(plain) > 40:
        raise Mistake("name", _("A name has 1 to 40 letters."))
    if "/" in plain:
        raise Mistake("name", _("A name holds no “/”: it parts the levels."))
    return plain
