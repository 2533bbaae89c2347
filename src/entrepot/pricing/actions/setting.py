"""How early price changes are told and how long old prices are honoured."""

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.events.operations import changes, record
from entrepot.pricing.models import PriceSetting
from entrepot.pricing.rules import GRACE_AT_MOST_MINUTES, NOTICE_AT_MOST_MINUTES


def set_price_setting(*, notice_minutes: int, grace_minutes: int, actor: str, address: str = "") -> PriceSetting:
    """Say how many minutes before its effect a change is told at least, and how long an old price is usually honoured.

    Refuses more than 30 days of notice and more than a day of grace.
    """
    if not 0 <= notice_minutes <= NOTICE_AT_MOST_MINUTES:
        raise Mistake("notice_minutes", _("The notice lies between 0 minutes and 30 days."))
    if not 0 <= grace_minutes <= GRACE_AT_MOST_MINUTES:
        raise Mistake("grace_minutes", _("The grace lies between 0 and 1,440 minutes."))
    with scope.platform():
        setting, _made = PriceSetting.objects.select_for_update(no_key=True).get_or_create(pk=1)
        before = {"notice_minutes": setting.notice_minutes, "grace_minutes": setting.grace_minutes}
        setting.notice_minutes, setting.grace_minutes = notice_minutes, grace_minutes
        old, new = changes(before, {"notice_minutes": notice_minutes, "grace_minutes": grace_minutes})
        if new:
            setting.save()
            record(
                actor=actor,
                verb="price.setting",
                object_kind="price_setting",
                object_id=1,
                before=old,
                after=new,
                address=address,
            )
    return setting
