"""A mall that talks to the sandbox of its distributor."""

from entrepot.base import scope
from entrepot.base.worlds import sandbox_of
from entrepot.catalog.models import Category
from entrepot.parties.actions import issue_key
from entrepot.parties.models import Tier
from entrepot.sandbox.actions import make_sandbox
from tests.doors.api.mall import Mall
from tests.world import STAFF, World


def sandbox_mall(world: World, *, port: int, rate: int = 100_000) -> Mall:
    """A fresh distributor's sandbox with a test key; `party` is the live distributor."""
    party = world.distributor(funds_fen=100_000)
    with scope.platform():
        Category.objects.get_or_create(name=f"C-{world.mark}")
    make_sandbox(party.pk, actor=STAFF)
    with scope.in_sandbox(), scope.platform():
        Tier.objects.filter(pk=sandbox_of(party.pk)).update(rate_limit_per_s=rate, rate_burst=rate)
    key = issue_key(sandbox_of(party.pk), actor=STAFF)
    return Mall(port=port, key=key.key, secret=key.secret, party=party)
