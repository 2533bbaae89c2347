"""Signatures, against the published vector and against the independent Standard Webhooks library."""

import base64
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from entrepot_sdk import SignatureError, challenge_answer, read_callback
from entrepot_sdk.signing import check_callback, decode_secret, new_nonce, request_payload, sign

VECTOR_SECRET = "whsec_" + base64.b64encode(b"entrepot-demo-secret-32-bytes-ok!").decode()
SECRET = "whsec_" + base64.b64encode(b"another-secret-of-32-bytes-here!").decode()
EVENT = (
    b'{"id":"evt_1","seq":9,"type":"order.shipped","timestamp":"2026-01-01T10:00:00Z","api":"v1",'
    b'"data":{"object":"order","id":"7","version":7,"state":"shipped"}}'
)


def signed_headers(body: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """Headers as the independent library makes them."""
    moment = datetime.fromtimestamp(time.time() if at is None else at, tz=UTC)
    return {
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": str(int(moment.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("evt_1", moment, body.decode()),
    }


def test_the_published_vector() -> None:
    payload = request_payload("POST", target=b"/api/v1/orders?x=1", body='{"a":"水果"}'.encode())
    signature = sign("n0nce-0123456789ab", timestamp=1700000000, payload=payload, secret=decode_secret(VECTOR_SECRET))
    assert signature == "v1,FoQZLSiTBI7Vm10n5Rf+F5ik1AZ/BnpuzAtiZh3N4To="


@given(
    nonce=st.text(alphabet="abcXYZ019_-", min_size=16, max_size=64),
    timestamp=st.integers(0, 4_000_000_000),
    target=st.text(alphabet="abc/?=&%1", max_size=60),
    body=st.text(max_size=200),
)
def test_signs_as_the_independent_library(nonce: str, timestamp: int, target: str, body: str) -> None:
    payload = request_payload("POST", target=target.encode(), body=body.encode())
    theirs = Webhook(SECRET).sign(nonce, datetime.fromtimestamp(timestamp, tz=UTC), payload.decode())
    assert sign(nonce, timestamp=timestamp, payload=payload, secret=decode_secret(SECRET)) == theirs


def test_nonces_have_the_allowed_form_and_differ() -> None:
    nonces = {new_nonce() for _ in range(1000)}
    assert len(nonces) == 1000
    assert all(16 <= len(nonce) <= 64 and nonce.isalnum() for nonce in nonces)


@pytest.mark.parametrize("secret", ["whsec_", "", "whsec_***", "whsec_abc"])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        decode_secret(secret)


def test_a_genuine_callback_is_read() -> None:
    event = read_callback(signed_headers(EVENT), body=EVENT, secrets_live=[SECRET])
    assert (event.type, event.seq, event.data["version"]) == ("order.shipped", 9, 7)
    assert challenge_answer(event) is None


def test_either_live_secret_is_good_while_one_is_rotated() -> None:
    headers = signed_headers(EVENT, secret=VECTOR_SECRET)
    assert read_callback(headers, body=EVENT, secrets_live=[SECRET, VECTOR_SECRET]).id == "evt_1"
    with pytest.raises(SignatureError):
        read_callback(headers, body=EVENT, secrets_live=[SECRET])


def test_one_genuine_signature_among_several_is_enough() -> None:
    headers = signed_headers(EVENT)
    headers["Webhook-Signature"] = "v1,AAAA v2,zzzz " + headers["Webhook-Signature"]
    assert check_callback(headers, body=EVENT, secrets_live=[SECRET]) == "evt_1"


def test_every_changed_byte_of_a_callback_is_refused() -> None:
    headers = signed_headers(EVENT)
    for position in range(len(EVENT)):
        changed = bytearray(EVENT)
        changed[position] ^= 1
        with pytest.raises(SignatureError):
            check_callback(headers, body=bytes(changed), secrets_live=[SECRET])
    for name in headers:
        with pytest.raises(SignatureError):
            check_callback(headers | {name: headers[name][:-2] + "9="}, body=EVENT, secrets_live=[SECRET])


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_a_missing_header_is_refused(name: str) -> None:
    headers = signed_headers(EVENT)
    del headers[name]
    with pytest.raises(SignatureError, match="missing"):
        check_callback(headers, body=EVENT, secrets_live=[SECRET])


@pytest.mark.parametrize(("shift_s", "fine"), [(-301, False), (-299, True), (299, True), (301, False)])
def test_the_window_is_300_seconds_both_ways(shift_s: int, fine: bool) -> None:
    headers = signed_headers(EVENT, at=1_700_000_000 + shift_s)
    if fine:
        assert check_callback(headers, body=EVENT, secrets_live=[SECRET], now=1_700_000_000.0) == "evt_1"
    else:
        with pytest.raises(SignatureError, match="away"):
            check_callback(headers, body=EVENT, secrets_live=[SECRET], now=1_700_000_000.0)


@pytest.mark.parametrize("value", ["٤٢", "1_700_000_000", " 1700000000", "-1700000000", "1.7e9", "x"])
def test_odd_timestamps_are_refused(value: str) -> None:
    with pytest.raises(SignatureError, match="not a number"):
        check_callback(
            signed_headers(EVENT) | {"Webhook-Timestamp": value}, body=EVENT, secrets_live=[SECRET], now=1.7e9
        )


def test_a_genuine_body_that_is_no_event_is_refused() -> None:
    with pytest.raises(SignatureError, match="not an event"):
        read_callback(signed_headers(b"[1]"), body=b"[1]", secrets_live=[SECRET])


def test_a_verify_event_is_answered_with_its_challenge() -> None:
    body = (
        b'{"id":"evt_1","seq":1,"type":"webhook.verify","timestamp":"2026-01-01T10:00:00Z","api":"v1",'
        b'"data":{"challenge":"c-123"}}'
    )
    event = read_callback(signed_headers(body), body=body, secrets_live=[SECRET])
    assert challenge_answer(event) == b"c-123"


def test_a_challenge_as_the_platform_sends_it_has_neither_place_nor_time() -> None:
    body = b'{"id":"evt_c1","type":"webhook.verify","api":"v1","data":{"challenge":"c-1"}}'
    event = read_callback(signed_headers(body), body=body, secrets_live=[SECRET])
    assert challenge_answer(event) == b"c-1" and event.seq == 0
