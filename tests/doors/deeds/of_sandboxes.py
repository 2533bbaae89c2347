"""What is done to a sandbox in the distributor's office."""

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from entrepot.base import scope
from entrepot.base.worlds import sandbox_of
from entrepot.catalog.models import Category
from entrepot.sandbox import actions
from tests.doors.deeds import deed
from tests.doors.deeds.stage import Stage
from tests.world import STAFF

AT = "/distributor/sandbox/"
PASSED = {
    "kit": "entrepot-conformance",
    "at": "2026-01-01T00:00:00Z",
    "passed": True,
    "checks": [{"id": "callback.challenge", "outcome": "passed"}],
}


def _category(stage: Stage) -> None:
    with scope.platform():
        Category.objects.get_or_create(name=f"C-{stage.world.mark}")


def _made(stage: Stage) -> int:
    _category(stage)
    actions.make_sandbox(stage.distributor_party.pk, actor=STAFF)
    return sandbox_of(stage.distributor_party.pk)


@deed("distributor:sandbox-deed", "sandbox.created")
def make_it(stage: Stage) -> Any:
    _category(stage)
    return stage.distributor.fill(AT, at=f"{AT}make/")


@deed("distributor:sandbox-deed", "balance.credited")
def top_it_up(stage: Stage) -> Any:
    _made(stage)
    return stage.distributor.fill(AT, at=f"{AT}top-up/")


@deed("distributor:sandbox-deed", "sandbox.restored")
def put_the_goods_back(stage: Stage) -> Any:
    sandbox_id = _made(stage)
    with scope.desk():
        from entrepot.catalog.models import Sku

        code = Sku.objects.filter(goods__supplier_id=sandbox_id).values_list("code", flat=True)[0]
    actions.move_price(sandbox_id, skus=[code], place=0)
    return stage.distributor.fill(AT, at=f"{AT}restore/")


@deed("distributor:sandbox-deed", "sandbox.shipping")
def ship_at_once(stage: Stage) -> Any:
    _made(stage)
    return stage.distributor.fill(AT, at=f"{AT}shipping/", at_once="yes")


@deed("distributor:sandbox-deed", "webhook.tested")
def call_the_mall(stage: Stage) -> Any:
    _made(stage)
    return stage.distributor.fill(AT, at=f"{AT}call/", type="order.shipped")


@deed("distributor:sandbox-deed", "sandbox.certified")
def keep_the_certificate(stage: Stage) -> Any:
    _made(stage)
    file = SimpleUploadedFile("certificate.json", json.dumps(PASSED).encode())
    return stage.distributor.fill(AT, at=f"{AT}certificate/", certificate=file)


@deed("distributor:sandbox-key", "key.issued")
def issue_a_test_key(stage: Stage) -> Any:
    _made(stage)
    return stage.distributor.fill(AT, at=f"{AT}keys/issue/", label="试用")


@deed("distributor:sandbox-key-revoke", "key.revoked")
def revoke_a_test_key(stage: Stage) -> Any:
    from entrepot.parties.actions import issue_key

    key = issue_key(_made(stage), actor=STAFF)
    return stage.distributor.fill(AT, at=f"{AT}keys/{key.row.pk}/revoke/")


@deed("platform:sandbox-make", "sandbox.created")
def make_one_for_a_distributor(stage: Stage) -> Any:
    _category(stage)
    party = stage.world.distributor()
    page = f"/platform/distributors/{party.pk}/"
    return stage.platform.fill(page, at=f"{page}sandbox/")
