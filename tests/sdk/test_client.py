"""The synchronous client against a real HTTP server that answers as scripted."""

import json
import time
from typing import Any

import pytest

from entrepot_sdk import Entrepot, NewBatch, NewOrder, OutcomeUnknownError, RefusedError, RetryPolicy, errors
from entrepot_sdk.exchange import Exchange
from entrepot_sdk.freight import Destination, FreightLine, FreightRequest
from tests.sdk.scripted import KEY, SECRET, Reply, ScriptedPlatform, order_body, problem_body

BALANCE = {"currency": "CNY", "balance": 100, "held": 30, "credit_limit": 0, "available": 70}


def test_an_order_is_sent_signed_and_read(mall: Entrepot, platform: ScriptedPlatform, new_order: NewOrder) -> None:
    platform.script.append(Reply(status=201, body=order_body(a_field_of_tomorrow=1)))
    order = mall.create_order(new_order)
    assert (order.state, order.total, order.lines[0].agreed_price, order.replayed) == ("held", 2100, 1050, False)
    (seen,) = platform.seen
    assert (seen.method, seen.target, seen.genuine) == ("POST", "/api/v1/orders", True)
    assert seen.headers["entrepot-key"] == KEY
    sent = json.loads(seen.body)
    assert sent["lines"] == [{"sku": "A-1", "qty": 2}]
    assert sent["mode"] == "hold"
    assert "remark" not in sent


def test_a_replayed_answer_says_so(mall: Entrepot, platform: ScriptedPlatform, new_order: NewOrder) -> None:
    platform.script.append(Reply(body=order_body(), headers={"Idempotent-Replayed": "true"}))
    assert mall.create_order(new_order).replayed is True


ORDER_CALLS: list[tuple[str, tuple[str, ...], str, str]] = [
    ("confirm", ("7",), "POST", "/api/v1/orders/7/confirm"),
    ("cancel", ("7",), "POST", "/api/v1/orders/7/cancel"),
    ("receipt", ("7",), "POST", "/api/v1/orders/7/receipt"),
    ("order", ("7",), "GET", "/api/v1/orders/7"),
    ("order_by_out_no", ("M/1 号?",), "GET", "/api/v1/orders/by-out-no/M%2F1%20%E5%8F%B7%3F"),
]


@pytest.mark.parametrize(("name", "arguments", "method", "target"), ORDER_CALLS)
def test_calls_about_one_order(
    mall: Entrepot, platform: ScriptedPlatform, name: str, arguments: tuple[str, ...], method: str, target: str
) -> None:
    platform.script.append(Reply(body=order_body()))
    assert getattr(mall, name)(*arguments).id == "7"
    assert [(s.method, s.target, s.genuine) for s in platform.seen] == [(method, target, True)]


FREIGHT = FreightRequest(
    lines=[FreightLine(sku="A-1", qty=2)], destination=Destination(province="浙江省", city="杭州市")
)
READS: list[tuple[str, tuple[Any, ...], str, Any, Any]] = [
    ("me", (), "GET /api/v1/me", {"number": "D1", "name": "高级", "tier": "高级", "fee_rate_bps": 500}, "D1"),
    ("balance", (), "GET /api/v1/balance", BALANCE, 70),
    ("categories", (), "GET /api/v1/categories", {"items": [{"id": "1", "name": "水果"}]}, "水果"),
    ("brands", (), "GET /api/v1/brands", {"items": [{"id": "1", "name": "牌"}]}, "牌"),
    (
        "prices_stocks",
        (["A-1"],),
        "POST /api/v1/prices-stocks/query",
        {"currency": "CNY", "items": [{"sku": "A-1", "agreed_price": 1050, "stock": 98, "min_quantity": 2}]},
        98,
    ),
    (
        "quote_freight",
        (FREIGHT,),
        "POST /api/v1/freight/quote",
        {"currency": "CNY", "freight": 800, "parts": [{"freight_template_id": "3", "freight": 800, "skus": ["A-1"]}]},
        800,
    ),
    (
        "explanation",
        ("7",),
        "GET /api/v1/orders/7/explanation",
        {"figures": [{"name": "A-1", "figure": "¥21.00", "reason": "10.50 × 2"}]},
        "¥21.00",
    ),
    (
        "shipments",
        ("7",),
        "GET /api/v1/orders/7/shipments",
        {"items": [{"id": "1", "carrier": "SF", "tracking_no": "SF1", "lines": [{"line": 1, "qty": 2}]}]},
        "SF1",
    ),
]


@pytest.mark.parametrize(("name", "arguments", "line", "body", "fact"), READS)
def test_reads(
    mall: Entrepot,
    platform: ScriptedPlatform,
    name: str,
    arguments: tuple[Any, ...],
    line: str,
    body: Any,
    fact: Any,
) -> None:
    platform.script.append(Reply(body=body))
    answer = getattr(mall, name)(*arguments)
    assert f"{platform.seen[0].method} {platform.seen[0].target}" == line
    assert platform.seen[0].genuine
    one = answer[0] if isinstance(answer, list) else answer
    assert fact in [getattr(one, field) for field in one.__struct_fields__]


def test_a_list_is_walked_to_its_end_and_each_target_is_signed(mall: Entrepot, platform: ScriptedPlatform) -> None:
    def product(number: int) -> dict[str, Any]:
        return {"id": str(number), "name": "梨", "skus": [{"sku": f"S{number}", "agreed_price": 1, "stock": 2}]}

    platform.script.extend(
        [
            Reply(body={"items": [product(1), product(2)], "next_cursor": "a+/=&", "has_more": True}),
            Reply(body={"items": [product(3)], "next_cursor": None, "has_more": False}),
        ]
    )
    assert [p.id for p in mall.products(category="水果", limit=2)] == ["1", "2", "3"]
    assert [s.target for s in platform.seen] == [
        "/api/v1/products?category=%E6%B0%B4%E6%9E%9C&limit=2",
        "/api/v1/products?category=%E6%B0%B4%E6%9E%9C&cursor=a%2B%2F%3D%26&limit=2",
    ]
    assert all(s.genuine for s in platform.seen)


def test_health_carries_no_key(mall: Entrepot, platform: ScriptedPlatform) -> None:
    platform.script.append(Reply(body={"status": "ok"}))
    assert mall.health().status == "ok"
    assert not [name for name in platform.seen[0].headers if name.startswith("entrepot-")]


def test_a_batch_answers_each_order(mall: Entrepot, platform: ScriptedPlatform, new_order: NewOrder) -> None:
    short = problem_body(
        "insufficient_stock", status=409, errors=[{"pointer": "/lines/0/qty", "facts": {"available": 1}}]
    )
    results = [
        {"out_order_no": "M-1", "status": 201, "order": order_body()},
        {"out_order_no": "M-2", "status": 409, "problem": short},
    ]
    platform.script.append(Reply(body={"results": results}))
    batch = mall.create_batch(NewBatch(out_batch_no="B-1", orders=[new_order]))
    first, second = batch.results
    assert first.order is not None
    assert first.order.total == 2100
    assert second.problem is not None
    assert second.problem.code == "insufficient_stock"


def test_after_a_lost_answer_the_same_content_goes_out_with_a_new_nonce(
    mall: Entrepot, platform: ScriptedPlatform, new_order: NewOrder
) -> None:
    platform.script.extend(
        [
            Reply(drop=True),
            Reply(status=503, body=problem_body("busy", retry="same"), headers={"Retry-After": "0"}),
            Reply(status=502, raw=b"<html>Bad Gateway</html>"),
            Reply(body=order_body(), headers={"Idempotent-Replayed": "true"}),
        ]
    )
    assert mall.create_order(new_order).replayed is True
    assert len({s.body for s in platform.seen}) == 1
    assert len({s.headers["entrepot-nonce"] for s in platform.seen}) == 4
    assert all(s.genuine for s in platform.seen)


def test_when_nothing_gets_through_the_outcome_is_unknown(
    mall: Entrepot, platform: ScriptedPlatform, new_order: NewOrder
) -> None:
    platform.script.extend([Reply(drop=True)] * 4)
    with pytest.raises(OutcomeUnknownError, match="4 attempts"):
        mall.create_order(new_order)


def test_retry_after_is_honoured(mall: Entrepot, platform: ScriptedPlatform) -> None:
    platform.script.extend(
        [
            Reply(status=429, body=problem_body("rate_limited", retry="same"), headers={"Retry-After": "1"}),
            Reply(body=BALANCE),
        ]
    )
    began = time.monotonic()
    mall.balance()
    assert time.monotonic() - began >= 1.0


def test_a_wait_longer_than_the_caller_allows_is_raised_at_once(mall: Entrepot, platform: ScriptedPlatform) -> None:
    platform.script.append(
        Reply(status=429, body=problem_body("rate_limited", retry="same"), headers={"Retry-After": "60"})
    )
    with pytest.raises(errors.RateLimitedError) as raised:
        mall.balance()
    assert raised.value.retry_after_s == 60.0
    assert len(platform.seen) == 1


REFUSALS: list[tuple[int, str, type[RefusedError]]] = [
    (400, "bad_json", errors.ValidationError),
    (401, "unknown_key", errors.AuthenticationError),
    (401, "bad_signature", errors.AuthenticationError),
    (401, "nonce_reused", errors.AuthenticationError),
    (403, "ip_not_allowed", errors.ForbiddenError),
    (403, "distributor_suspended", errors.ForbiddenError),
    (404, "not_found", errors.NotFoundError),
    (409, "insufficient_balance", errors.InsufficientBalanceError),
    (409, "insufficient_stock", errors.InsufficientStockError),
    (409, "product_delisted", errors.DelistedError),
    (409, "not_authorised_for_tier", errors.DelistedError),
    (409, "below_min_quantity", errors.BelowMinimumError),
    (409, "price_changed", errors.PriceChangedError),
    (409, "state_conflict", errors.StateConflictError),
    (409, "hold_quota_exceeded", errors.HoldQuotaError),
    (409, "a_code_of_tomorrow", RefusedError),
    (413, "too_large", errors.ValidationError),
    (422, "validation_failed", errors.ValidationError),
    (422, "number_reused_with_other_content", errors.NumberReusedError),
    (500, "internal", errors.UnavailableError),
]


@pytest.mark.parametrize(("status", "code", "kind"), REFUSALS)
def test_a_final_refusal_is_raised_once_as_its_own_kind(
    mall: Entrepot, platform: ScriptedPlatform, new_order: NewOrder, status: int, code: str, kind: type[RefusedError]
) -> None:
    retry = "after_action" if code == "insufficient_balance" else "never"
    entry = {"pointer": "/lines/0", "code": code, "detail": "…", "facts": {"available": 3}}
    platform.script.append(Reply(status=status, body=problem_body(code, retry=retry, errors=[entry], order_id="9")))
    with pytest.raises(RefusedError) as raised:
        mall.create_order(new_order)
    refusal = raised.value
    assert type(refusal) is kind
    assert (refusal.code, refusal.status, refusal.retry, refusal.request_id) == (code, status, retry, "req-1")
    assert (refusal.errors[0].pointer, refusal.errors[0].more, refusal.extra) == (
        "/lines/0",
        {"available": 3},
        {"order_id": "9"},
    )
    assert len(platform.seen) == 1


def test_a_number_being_worked_on_is_sent_again(
    mall: Entrepot, platform: ScriptedPlatform, new_order: NewOrder
) -> None:
    platform.script.extend(
        [Reply(status=409, body=problem_body("request_in_progress", retry="same")), Reply(body=order_body())]
    )
    assert mall.create_order(new_order).id == "7"


def test_a_clock_that_is_off_follows_the_server_once(platform: ScriptedPlatform) -> None:
    refused = Reply(
        status=401, body=problem_body("timestamp_out_of_window", server_time=int(time.time()), retry="same")
    )
    policy = RetryPolicy(attempts=3, first_wait_s=0.01)
    with Entrepot(platform.url, key=KEY, secret=SECRET, retry=policy, clock=lambda: time.time() - 4000) as mall:
        platform.script.extend([refused, Reply(body=BALANCE)])
        assert mall.balance().available == 70
        platform.script.append(Reply(body=BALANCE))
        mall.balance()
    assert [s.genuine for s in platform.seen] == [False, True, True]


def test_a_clock_refusal_without_a_time_is_final(mall: Entrepot, platform: ScriptedPlatform) -> None:
    platform.script.append(Reply(status=401, body=problem_body("timestamp_out_of_window")))
    with pytest.raises(errors.ClockError):
        mall.balance()
    assert len(platform.seen) == 1


def test_an_unreadable_answer_is_an_error_not_a_guess(mall: Entrepot, platform: ScriptedPlatform) -> None:
    platform.script.append(Reply(body={"balance": "12.50"}))
    with pytest.raises(errors.EntrepotError, match="unreadable"):
        mall.balance()


def test_a_redirect_is_not_followed(mall: Entrepot, platform: ScriptedPlatform) -> None:
    platform.script.append(Reply(status=302, headers={"Location": "http://127.0.0.1:9/"}, raw=b""))
    with pytest.raises(RefusedError, match="http_302"):
        mall.balance()


def test_the_base_path_may_be_given_or_left_out() -> None:
    for url in ("http://host:1", "http://host:1/", "http://host:1/api/v1", "http://host:1/api/v1/"):
        exchange = Exchange(base_url=url, key=KEY, secret=SECRET, language="en", retry=RetryPolicy(), clock=time.time)
        assert exchange.base_url == "http://host:1"
    with pytest.raises(ValueError, match="base_url"):
        Entrepot("host:1", key=KEY, secret=SECRET)


def test_waits_grow_and_end() -> None:
    policy = RetryPolicy(attempts=4, first_wait_s=1.0, longest_wait_s=2.5)
    waits = [policy.wait_s(attempt, asked_s=None) for attempt in (1, 2, 3, 4)]
    assert waits[3] is None
    for wait, top in zip(waits[:3], (1.0, 2.0, 2.5), strict=True):
        assert wait is not None
        assert top / 2 <= wait <= top
