"""A body that is refused for its shape is told everything at once, and reading it stays quick."""

import json
import time
from typing import Any

import pytest

from entrepot.doors.api import aftersale_shapes, shapes
from entrepot.doors.api.problems import Problem
from entrepot.doors.api.reading import read
from entrepot.doors.api.shape_faults import AT_MOST
from tests.doors.api.mall import Mall, order


def told(body: Any, wanted: type = shapes.OrderRequest) -> tuple[str, list[tuple[str, str]]]:
    """The code and each fault's place and code."""
    with pytest.raises(Problem) as refused:
        read(body if isinstance(body, bytes) else json.dumps(body).encode(), wanted)
    return refused.value.code, sorted((wrong.pointer, wrong.code) for wrong in refused.value.errors)


BAD = "validation_failed"


def test_all_faults_of_the_shape_are_named() -> None:
    wanted = order("A", hold_minutes=61, colour="red", mode="later", remark=5)
    wanted["lines"] += [{"sku": "B", "qty": "2", "a/b~": 1}, {"qty": 0}, {"sku": "C", "qty": 1}]
    del wanted["consignee"]["name"]
    wanted["consignee"]["street"] = "x" * 61
    code, faults = told(wanted)
    assert code == "unknown_field"
    assert faults == [
        ("/colour", "unknown_field"),
        ("/consignee/name", BAD),
        ("/consignee/street", BAD),
        ("/hold_minutes", BAD),
        ("/lines/1/a~1b~0", "unknown_field"),
        ("/lines/1/qty", BAD),
        ("/lines/2/qty", BAD),
        ("/lines/2/sku", BAD),
        ("/mode", BAD),
        ("/remark", BAD),
    ]
    del wanted["consignee"]
    assert ("/consignee", BAD) in told(wanted)[1]
    assert told(
        {"out_batch_no": "B", "orders": [order("A", hold_minutes=0), order("A", qty=0)]}, shapes.BatchRequest
    ) == (
        BAD,
        [("/orders/0/hold_minutes", BAD), ("/orders/1/lines/0/qty", BAD)],
    )
    asked = {
        "out_refund_no": "",
        "out_order_no": "A\n",
        "type": "x",
        "reason": "lost",
        "lines": [],
        "evidence": [1, "x"],
    }
    places = ["/evidence/0", "/evidence/1", "/lines", "/out_order_no", "/out_refund_no", "/type"]
    assert told(asked, aftersale_shapes.AfterSaleRequest) == (BAD, [(place, BAD) for place in places])


@pytest.mark.parametrize(
    "body",
    [
        *(b"[]", b"null", b"5", b'{"skus": 5}', b'{"skus": [5], "skus": ["A"]}', b'{"skus": [5'),
        *(b'{"skus": 5, "x": "\xff"}', b'{"skus": ' + b"[" * 50_000),
    ],
    ids=range(8),
)
def test_what_is_no_such_object_has_its_one_fault(body: bytes) -> None:
    code, faults = told(body, shapes.SkusRequest)
    assert (code, len(faults)) in ((BAD, 1), ("bad_json", 0))


def test_the_first_fault_is_the_decoders_own() -> None:
    """Alone it is told as it always was: same place, same words."""
    with pytest.raises(Problem) as refused:
        read(json.dumps(order("A", qty=0)).encode(), shapes.OrderRequest)
    (wrong,) = refused.value.errors
    assert (wrong.pointer, wrong.detail) == ("/lines/0/qty", ("须 >= 1", "Must be >= 1"))
    assert refused.value.detail == wrong.detail


def test_a_large_body_full_of_faults_is_refused_quickly() -> None:
    rows = [order("A", qty=0) | {"lines": [{"sku": "A", "qty": 0, "x": 1}] * 20} for _ in range(200)]
    body = json.dumps({"out_batch_no": "B", "orders": rows}).encode()
    late = order("A") | {"lines": [{"sku": "A", "qty": 1}] * 499 + [{"sku": "A", "qty": 0}]}
    began = time.process_time()
    assert len(told(body, shapes.BatchRequest)[1]) == AT_MOST
    assert told({"out_batch_no": "B", "orders": [late]}, shapes.BatchRequest)[1] == [("/orders/0/lines/499/qty", BAD)]
    assert time.process_time() - began < 1.0


def test_it_is_told_over_http(mall: Mall) -> None:
    wanted = order("A", qty=0, hold_minutes=61)
    del wanted["consignee"]
    refusal = mall.post("/orders", wanted, headers={"Accept-Language": "en"})
    assert (refusal.status, refusal.code) == (422, BAD)
    assert [(one["pointer"], one["detail"]) for one in refusal.json["errors"]] == [
        ("/lines/0/qty", "Must be >= 1"),
        ("/consignee", "This field is required"),
        ("/hold_minutes", "Must be <= 60"),
    ]
