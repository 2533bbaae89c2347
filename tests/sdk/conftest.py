"""Fixtures of the client's tests."""

from collections.abc import Iterator

import pytest

from entrepot_sdk import Consignee, Entrepot, NewLine, NewOrder, RetryPolicy
from tests.sdk.scripted import KEY, SECRET, ScriptedPlatform

QUICK = RetryPolicy(attempts=4, first_wait_s=0.01, longest_wait_s=2.0)


@pytest.fixture
def platform() -> Iterator[ScriptedPlatform]:
    scripted = ScriptedPlatform()
    yield scripted
    scripted.close()


@pytest.fixture
def mall(platform: ScriptedPlatform) -> Iterator[Entrepot]:
    with Entrepot(platform.url, key=KEY, secret=SECRET, retry=QUICK) as client:
        yield client


@pytest.fixture
def new_order() -> NewOrder:
    consignee = Consignee(
        name="王小明", phone="13800000000", province="浙江省", city="杭州市", district="西湖区", address="文三路 1 号"
    )
    return NewOrder(out_order_no="M-1", lines=[NewLine(sku="A-1", qty=2)], consignee=consignee)
