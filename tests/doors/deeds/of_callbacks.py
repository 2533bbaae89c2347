"""What is done to callbacks in the distributor's office."""

from typing import Any

from entrepot.callbacks import actions
from tests.doors.deeds import deed
from tests.doors.deeds.stage import Stage
from tests.world import STAFF

URL = "https://mall.example/hook"


def _called(stage: Stage) -> None:
    actions.set_endpoint(stage.distributor_party.pk, url=URL, types=["order.shipped"], actor=STAFF)


@deed("distributor:callback-save", "distributor.changed", "webhook.types")
def save_an_address(stage: Stage) -> Any:
    form = {"callback_url": URL, "types": ["order.held"]}
    return stage.distributor.fill("/distributor/callbacks/", at="/distributor/callbacks/save/", **form)


@deed("distributor:callback-secret", "webhook.secret")
def renew_the_secret(stage: Stage) -> Any:
    _called(stage)
    return stage.distributor.fill("/distributor/callbacks/", at="/distributor/callbacks/secret/")


@deed("distributor:callback-deed", "webhook.tested")
def send_a_test(stage: Stage) -> Any:
    _called(stage)
    return stage.distributor.fill("/distributor/callbacks/", at="/distributor/callbacks/test/")


@deed("distributor:callback-deed", "webhook.retried")
def ask_once_more(stage: Stage) -> Any:
    _called(stage)
    return stage.distributor.fill("/distributor/callbacks/", at="/distributor/callbacks/retry/")
