"""Signatures hold: the published vector, every byte changed, clocks, nonces, keys and addresses."""

import base64
import secrets
import time
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from entrepot.doors.api import guard
from entrepot.doors.api.nonces import Nonces
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import Mall, Request, order, raw_exchange, signature_of, status_of
from tests.doors.api.serving import Served
from tests.world import STAFF, World

VECTOR_SECRET = b"entrepot-demo-secret-32-bytes-ok!"
VECTOR_SIGNATURE = "v1,FoQZLSiTBI7Vm10n5Rf+F5ik1AZ/BnpuzAtiZh3N4To="
VECTOR_NONCE, VECTOR_TIMESTAMP = "n0nce-0123456789ab", 1_700_000_000


# --- the vector ---


def test_the_vector_is_what_the_independent_library_signs() -> None:
    payload = 'POST /api/v1/orders?x=1\n{"a":"水果"}'
    secret = "whsec_" + base64.b64encode(VECTOR_SECRET).decode()
    at = datetime.fromtimestamp(VECTOR_TIMESTAMP, tz=UTC)
    assert Webhook(secret).sign(VECTOR_NONCE, at, payload) == VECTOR_SIGNATURE


def test_the_door_takes_the_vector() -> None:
    asgi = {"method": "POST", "path": "/api/v1/orders", "raw_path": b"/api/v1/orders", "query_string": b"x=1"}
    body = '{"a":"水果"}'.encode()
    signed = guard.signed_bytes(asgi, nonce=VECTOR_NONCE, timestamp=str(VECTOR_TIMESTAMP), body=body)
    assert guard._is_signed(VECTOR_SIGNATURE.encode(), signed, VECTOR_SECRET)
    assert not guard._is_signed(VECTOR_SIGNATURE.encode(), signed + b" ", VECTOR_SECRET)
    assert not guard._is_signed(VECTOR_SIGNATURE.encode(), signed, VECTOR_SECRET + b" ")


# --- promise 24: one byte, anywhere ---


def changed(byte: int) -> list[int]:
    """Three other bytes that may stand in its place: its neighbour, the other case, a digit."""
    return sorted({byte ^ 1, byte ^ 0x20, ord("7") if byte != ord("7") else ord("8")} - {byte})


def mutants(request: Request) -> list[tuple[str, bytes]]:
    """The request with each of its signed bytes changed in turn: method, target, signing headers, body."""
    wire = request.on_the_wire(is_closing=True)
    head_end = wire.index(b"\r\n\r\n") + 4
    spans = {"method": (0, len(request.method)), "target": (wire.index(b"/"), wire.index(b" HTTP/1.1"))}
    for name in ("Entrepot-Key", "Entrepot-Timestamp", "Entrepot-Nonce", "Entrepot-Signature"):
        start = wire.index(f"{name}: ".encode()) + len(name) + 2
        spans[name] = (start, start + len(request.headers[name]))
    spans["body"] = (head_end, len(wire))
    found = []
    for part, (start, end) in spans.items():
        found += [
            (f"{part}[{place - start}]", wire[:place] + bytes([byte]) + wire[place + 1 :])
            for place in range(start, end)
            for byte in changed(wire[place])
        ]
    return found


def test_a_request_with_any_byte_changed_is_refused(mall: Mall, world: World, served: Served) -> None:
    article = world.article(stock=10)
    place = mall.signed("POST", "/orders?note=%E6%B0%B4&x=1", order(article.code))
    look_up = mall.signed("GET", "/orders/by-out-no/A.1%2D2?a=%31&b=+")
    tried = 0
    for request in (place, look_up):
        for what, wire in mutants(request):
            answer = raw_exchange(served.port, wire)
            tried += 1
            # A path that no longer begins with /api/ is one of the pages'.
            elsewhere = (404, 503) if what in {f"target[{place}]" for place in range(5)} else ()
            assert status_of(answer) in (400, 401, *elsewhere), (what, wire, answer)
    assert tried > 1500
    assert mall.get("/orders").json["items"] == [], "none of them had an effect"
    assert (mall.send(place).status, mall.send(look_up).status) == (201, 404), "they were good before they were bent"


def test_the_letters_of_a_signature_have_one_spelling(mall: Mall) -> None:
    """Base64 leaves two bits of the last letter unused: such twins of a signature are refused like any other change."""
    request = mall.signed("GET", "/me")
    good = request.headers["Entrepot-Signature"]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = letters.index(good[-2])
    twins = [good[:-2] + letters[last ^ low] + "=" for low in (1, 2, 3)]
    assert all(base64.b64decode(twin[3:]) == base64.b64decode(good[3:]) for twin in twins)
    for bad in (
        *twins,
        good[3:],
        "v2" + good[2:],
        "v1" + good[3:],
        "v1a" + good[2:],
        good + "=",
        "v1,",
        "V1" + good[2:],
    ):
        request.headers["Entrepot-Signature"] = bad
        assert mall.send(request).code == "bad_signature", bad
    request.headers["Entrepot-Signature"] = f"v1,AAAA v9,{good[3:]} {good}"
    assert mall.send(request).status == 200, "one good signature among several is enough"


def test_comparing_takes_the_same_time_whatever_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    def compare(given: bytes, expected: bytes) -> bool:
        compared.append(given)
        return given == expected

    monkeypatch.setattr(guard.hmac, "compare_digest", compare)
    good = guard.base64.b64encode(guard.hmac.digest(b"secret", b"signed", "sha256"))
    for header in (b"v1," + good + b" v1,AAAA", b"v1,AAAA v1," + good):
        compared.clear()
        assert guard._is_signed(header, b"signed", b"secret")
        assert len(compared) == 2, "no early exit, no comparison of our own"
    assert not guard._is_signed(b"v1,AAAA v0," + good, b"signed", b"secret")


def test_a_bad_signature_is_answered_with_the_exact_string(mall: Mall) -> None:
    body = '{"a": "水果", "b":\t1}'.encode()
    request = mall.signed("POST", "/echo?x=%2F&y=%e6%b0%b4&&z", body)
    nonce, timestamp = request.headers["Entrepot-Nonce"], request.headers["Entrepot-Timestamp"]
    request.headers["Entrepot-Signature"] = "v1,AAAA"
    refusal = mall.send(request)
    assert (refusal.status, refusal.code) == (401, "bad_signature")
    signed = f"{nonce}.{timestamp}.POST /api/v1/echo?x=%2F&y=%e6%b0%b4&&z\n".encode() + body
    assert refusal.json["signed"].encode() == signed
    request.headers["Entrepot-Signature"] = signature_of(
        mall.secret, nonce, int(timestamp), refusal.json["signed"].split(".", 2)[2].encode()
    )
    assert mall.send(request).status == 200, "signing the string shown is the cure"


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/orders/by-out-no/A%2FB%20C",
        "/api/v1/orders/by-out-no/%E6%B0%B4?%E6%B0%B4=%zz",
        "/api/v1/orders/by-out-no/a+b?a+b=c%20d&a=&=&&",
        "/api/v1//orders/by-out-no/x/?a=b?c",
        "/%61pi/v1/orders/by-out-no/x",
        "/api/v1/orders/by-out-no/x?q=\xe6\xb0\xb4",
    ],
)
def test_path_and_query_are_signed_exactly_as_sent(mall: Mall, served: Served, target: str) -> None:
    request = mall.signed("GET", "/api/v1/me")
    payload = f"GET {target}\n".encode("latin-1")
    request.target = target
    signature = signature_of(
        mall.secret, request.headers["Entrepot-Nonce"], int(request.headers["Entrepot-Timestamp"]), payload
    )
    request.headers["Entrepot-Signature"] = signature
    answer = raw_exchange(served.port, request.on_the_wire(is_closing=True))
    assert b'"code":"not_found"' in answer, answer


def test_a_body_in_pieces_is_signed_as_a_whole(mall: Mall, served: Served) -> None:
    body = b'{"a":"' + "水果".encode() + b'"}'
    request = mall.signed("POST", "/echo", body)
    head = request.on_the_wire(is_closing=True).partition(b"\r\n\r\n")[0]
    head = head.replace(f"Content-Length: {len(body)}".encode(), b"Transfer-Encoding: chunked") + b"\r\n\r\n"
    pieces = b"".join(b"1\r\n" + body[place : place + 1] + b"\r\n" for place in range(len(body))) + b"0\r\n\r\n"
    answer = raw_exchange(served.port, head + pieces)
    assert status_of(answer) == 200
    assert '{\\"a\\":\\"水果\\"}'.encode() in answer


# --- clocks ---


@pytest.mark.parametrize("off_s", [-295, -60, 0, 60, 295])
def test_a_clock_within_the_window_is_taken(mall: Mall, off_s: int) -> None:
    assert mall.get("/me", timestamp=int(time.time()) + off_s).status == 200


@pytest.mark.parametrize("off_s", [-303, 303, -86_400, 10**9])
def test_a_clock_outside_the_window_hears_the_servers(mall: Mall, off_s: int) -> None:
    refusal = mall.get("/me", timestamp=int(time.time()) + off_s)
    assert (refusal.status, refusal.code, refusal.retry) == (401, "timestamp_out_of_window", "same")
    assert abs(refusal.json["server_time"] - time.time()) < 5


@pytest.mark.parametrize(
    "text", ["", "abc", "\xb2", "1e9", "-1", "+1700000000", "1_700_000_000", "9" * 40, "1.5", "0x10"]
)
def test_a_timestamp_that_is_none_is_outside_the_window(mall: Mall, text: str) -> None:
    refusal = mall.get("/me", headers={"Entrepot-Timestamp": text})
    assert (refusal.status, refusal.code) == (401, "timestamp_out_of_window")


# --- nonces ---


def test_a_nonce_is_taken_once_per_key(mall: Mall, make_mall: MakeMall) -> None:
    other, nonce = make_mall(), secrets.token_hex(16)
    assert mall.get("/me", nonce=nonce).status == 200
    for path in ("/me", "/balance"):
        refusal = mall.get(path, nonce=nonce)
        assert (refusal.status, refusal.code) == (401, "nonce_reused")
    assert other.get("/me", nonce=nonce).status == 200, "another key's nonces are another's"


def test_a_refused_attempt_does_not_use_up_the_nonce(mall: Mall) -> None:
    request = mall.signed("GET", "/me")
    good = request.headers["Entrepot-Signature"]
    request.headers["Entrepot-Signature"] = "v1,AAAA"
    assert mall.send(request).code == "bad_signature"
    request.headers["Entrepot-Signature"] = good
    assert mall.send(request).status == 200


@pytest.mark.parametrize("nonce", ["a" * 15, "a" * 65, "a" * 15 + ".", "a" * 15 + " b", "a" * 15 + "é", "a" * 15 + "/"])
def test_a_nonce_of_another_form_is_refused(mall: Mall, nonce: str) -> None:
    request = mall.signed("GET", "/me")
    timestamp = int(request.headers["Entrepot-Timestamp"])
    request.headers["Entrepot-Nonce"] = nonce
    request.headers["Entrepot-Signature"] = signature_of(mall.secret, nonce, timestamp, b"GET /api/v1/me\n")
    assert mall.send(request).code == "bad_signature"


def test_nonces_are_remembered_ten_minutes_and_then_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    nonces = Nonces()
    for start in (0.0, 30.0, 59.9):
        now[0] += start
        assert nonces.is_new("key", f"n{start}")
        now[0] += 600
        assert not nonces.is_new("key", f"n{start}"), "a request may be as old as 300 s and as young as −300 s"
    assert nonces.is_new("other", "n0.0")
    now[0] += 24 * 3600
    assert nonces.is_new("key", "n0.0")
    assert len(nonces._sets) <= 11, "what is forgotten takes no room"


# --- keys ---


def test_an_unknown_or_missing_key_is_refused(mall: Mall) -> None:
    for key in (
        "ek_live_000000000000000000000000",
        "",
        "x",
        mall.key[:-1],
        mall.key + "0",
        mall.key.upper(),
        "ek_" * 9000,
    ):
        refusal = mall.get("/me", headers={"Entrepot-Key": key})
        assert (refusal.status, refusal.code) == (401, "unknown_key"), key
    unsigned = mall.send(Request("GET", "/api/v1/me", b""))
    assert (unsigned.status, unsigned.code) == (401, "unknown_key")


def test_a_key_signs_only_with_its_own_secret(mall: Mall, make_mall: MakeMall) -> None:
    thief = make_mall()
    thief.key = mall.key
    assert thief.get("/me").code == "bad_signature"


def test_two_keys_live_side_by_side_while_one_is_changed(mall: Mall) -> None:
    from entrepot.base.mistakes import Mistake
    from entrepot.parties.actions.keys import issue_key, revoke_key

    first_id = live_keys(mall)[0]
    fresh = issue_key(mall.party.pk, actor=STAFF)
    second = mall.twin()
    second.key, second.secret = fresh.key, fresh.secret
    assert mall.get("/me").json == second.get("/me").json
    with pytest.raises(Mistake):
        issue_key(mall.party.pk, actor=STAFF)
    revoke_key(mall.party.pk, key_id=first_id, actor=STAFF)
    refused_in_time(mall)
    assert second.get("/me").status == 200
    issue_key(mall.party.pk, actor=STAFF)
    assert len(live_keys(mall)) == 2


def test_a_revoked_key_is_refused_within_two_seconds_of_constant_use(mall: Mall) -> None:
    from entrepot.parties.actions.keys import revoke_key

    assert mall.get("/me").status == 200
    revoke_key(mall.party.pk, key_id=live_keys(mall)[0], actor=STAFF)
    refused_in_time(mall)


def live_keys(mall: Mall) -> list[int]:
    """The ids of a mall's live keys."""
    from entrepot.base import scope

    with scope.distributor(mall.party.pk):
        return list(mall.party.keys.filter(is_live=True).order_by("id").values_list("id", flat=True))


def test_a_test_key_is_a_sandboxs_and_a_live_key_is_not(make_mall: MakeMall, world: World) -> None:
    from django.db import IntegrityError

    from entrepot.base import scope
    from entrepot.parties.models import ApiKey
    from tests.doors.api.sandboxes import sandbox_mall

    mall = make_mall()
    trial = sandbox_mall(world, port=mall.port)
    assert trial.key.startswith("ek_test_") and trial.get("/me").status == 200
    assert trial.get("/me").json["is_sandbox"] is True and mall.get("/me").json["is_sandbox"] is False
    with pytest.raises(IntegrityError), scope.platform():
        ApiKey.objects.filter(key=mall.key).update(key=mall.key.replace("ek_live_", "ek_test_"))


def refused_in_time(mall: Mall) -> None:
    """Call all the time with a key that was revoked just now: no call that is begun two seconds later is answered."""
    revoked_at = began = time.monotonic()
    while (reply := mall.get("/me")).status == 200:
        assert began - revoked_at < 2.0, "it was good for longer than that"
        began = time.monotonic()
    assert reply.code == "unknown_key"
