"""The fixed list of checks; each looks at one thing, and its name stays."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from entrepot_conformance import signing
from entrepot_conformance.kit import Failed, Kit, stamp
from entrepot_conformance.order_checks import ORDER_CHECKS

QUICK_S = 5.0
OLD_S = 3600


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a mall must do: its name, in Chinese and English, and how it is tried."""

    id: str
    words: tuple[str, str]
    judge: Callable[[Kit], None]


def challenge(kit: Kit) -> None:
    """Answered with `data.challenge` as the body, or as JSON."""
    wanted = stamp()
    event = kit.platform.note("webhook.verify", data={"object": "webhook", "challenge": wanted})
    answer = kit.heard(event)
    said = answer.body.decode("utf-8", "replace").strip()
    found = answer.json
    if said != wanted and found != wanted and not (isinstance(found, dict) and found.get("challenge") == wanted):
        raise Failed(f"the challenge was answered with {said[:60]!r}")


def genuine(kit: Kit) -> None:
    """Any 2xx for what is signed rightly."""
    kit.heard(kit.probe(probe="genuine"))


def bad_signature(kit: Kit) -> None:
    """Unsigned, half signed, signed with another secret: all refused."""
    event = kit.probe(probe="unsigned")
    body = kit.body(event)
    kit.refused(event, what="a callback without signature", headers={"content-type": "application/json"})
    other = signing.callback_headers(event["id"], body=body, secret="whsec_" + "QUJD" * 11)
    kit.refused(event, what="a callback signed with another secret", headers=other)
    right = signing.callback_headers(event["id"], body=body, secret=kit.callback_secret)
    del right["webhook-signature"]
    kit.refused(event, what="a callback without webhook-signature", headers=right)


def raw_body(kit: Kit) -> None:
    """The bytes as they came are what is signed: other spacing passes, one changed byte does not."""
    event = kit.probe(probe="raw", text="水果")
    spaced = json.dumps(event, indent=1, ensure_ascii=True).encode()
    kit.heard(event, body=spaced)
    body = kit.body(event)
    headers = signing.callback_headers(event["id"], body=body, secret=kit.callback_secret)
    altered = body.replace(b'"probe":"raw"', b'"probe":"row"')
    kit.refused(event, what="a callback with one byte changed", body=altered, headers=headers)


def old_timestamp(kit: Kit) -> None:
    """An hour old, or an hour early, though signed rightly."""
    for offset, what in ((-OLD_S, "an hour old"), (OLD_S, "an hour early")):
        event = kit.probe(probe="old")
        at = int(time.time()) + offset
        headers = signing.callback_headers(event["id"], body=kit.body(event), secret=kit.callback_secret, timestamp=at)
        kit.refused(event, what=f"a callback {what}", headers=headers)


def quick(kit: Kit) -> None:
    """2xx within five seconds: the platform waits ten at most."""
    answer = kit.heard(kit.probe(probe="quick"))
    if answer.took_s > QUICK_S:
        raise Failed(f"the answer took {answer.took_s:.1f} s: put the work into a queue and answer first")


def growth(kit: Kit) -> None:
    """A type and fields it does not know yet are taken and left alone: /v1 only grows."""
    kit.heard(kit.probe("future.thing", novelty={"deep": [1, 2, 3]}))


def rotation(kit: Kit) -> None:
    """Two signatures while a secret is being replaced: one right one is enough."""
    event = kit.probe(probe="rotation")
    headers = signing.callback_headers(event["id"], body=kit.body(event), secret=kit.callback_secret)
    other = signing.callback_headers(event["id"], body=kit.body(event), secret="whsec_" + "QUJD" * 11)
    headers["webhook-signature"] = f"{other['webhook-signature']} {headers['webhook-signature']}"
    kit.heard(event, headers=headers)


def walk(kit: Kit) -> None:
    """After its first synchronisation the mall sells what the platform sells, at its prices and stocks."""
    kit.sync()
    kit.compare(what="the catalogue differs from GET /products after the walk")


def changes(kit: Kit) -> None:
    """A new price, a new stock and new goods of GET /changes arrive."""
    kit.sync()
    kit.platform.put("2", skus={"SKU-2": (2345, 7)}, version=2)
    kit.platform.put("70", skus={"SKU-70": (700, 70)})
    kit.sync()
    _has(kit, "2", {"SKU-2": (2345, 7)}, what="a change of price and stock did not arrive")
    _has(kit, "70", {"SKU-70": (700, 70)}, what="new goods did not arrive")


def tombstones(kit: Kit) -> None:
    """What comes with `deleted` is sold no more."""
    kit.platform.put("80", skus={"SKU-80": (800, 80)})
    kit.sync()
    kit.platform.drop("80")
    kit.sync()
    kit.until(lambda: "80" not in kit._catalogue(), what="delisted goods are still on sale in the mall")


def cursor_expired(kit: Kit) -> None:
    """After 410 `cursor_expired` the mall walks the products anew."""
    kit.sync()
    kit.platform.expire_cursors()
    kit.platform.put("3", skus={"SKU-3": (3456, 3)}, version=2)
    kit.sync()
    _has(kit, "3", {"SKU-3": (3456, 3)}, what="after cursor_expired the mall did not walk the products anew")


def _has(kit: Kit, product_id: str, skus: dict[str, tuple[int, int]], *, what: str) -> None:
    kit.until(lambda: kit._catalogue().get(product_id) == skus, what=what)


def repeated(kit: Kit) -> None:
    """The same event three times has one effect."""
    number = kit.placed()
    event = kit.platform.note("order.shipped", data=kit.platform.move(number, state="shipped", version=2))
    for _ in range(3):
        kit.heard(event)
    _stands(kit, number, state="shipped", what="after order.shipped")
    if kit.order(number).get("parcels", 1) != 1:
        raise Failed(f"one parcel told of three times counts {kit.order(number)['parcels']} times")


def shuffled(kit: Kit) -> None:
    """Events of different orders arrive in another order than they happened, while the feed is away."""
    numbers = [kit.placed() for _ in range(3)]
    events = [
        kit.platform.note("order.shipped", data=kit.platform.move(number, state="shipped", version=2))
        for number in numbers
    ]
    kit.platform.is_feed_away = True
    for place in (2, 0, 1):
        kit.heard(events[place])
    for number in numbers:
        _stands(kit, number, state="shipped", what="its event came late, after one with a higher seq")


def version(kit: Kit) -> None:
    """Of one order the highest version stays, whatever comes after it."""
    number = kit.placed()
    told = [("shipped", "shipped", 2), ("delivered", "received", 3), ("completed", "completed", 4)]
    events = [
        kit.platform.note(f"order.{word}", data=kit.platform.move(number, state=state, version=height))
        for word, state, height in told
    ]
    for place in (2, 0, 1):
        kit.heard(events[place])
    time.sleep(0.3)
    _stands(kit, number, state="completed", what="an older version came after it")


def gap(kit: Kit) -> None:
    """A missing seq is fetched from GET /events, or its effect from the order itself."""
    lost, seen = kit.placed(), kit.placed()
    kit.platform.note("order.shipped", data=kit.platform.move(lost, state="shipped", version=2))
    kit.heard(kit.platform.note("order.shipped", data=kit.platform.move(seen, state="shipped", version=2)))
    _stands(kit, lost, state="shipped", what="its event was lost and the next seq showed a gap")


def _stands(kit: Kit, number: str, *, state: str, what: str) -> None:
    kit.until(
        lambda: kit.order(number).get("state") == state, what=f"the order {number} does not stand at {state}: {what}"
    )


def signed(kit: Kit) -> None:
    """Every call of the mall carried the right key, a fresh time and the right signature."""
    kit.sync()
    wrong = [one for one in kit.platform.fake.seen if not one.is_signed]
    if wrong:
        raise Failed(f"{len(wrong)} calls were not signed rightly, the first was {wrong[0].method} {wrong[0].path}")


def nonce(kit: Kit) -> None:
    """No nonce was used twice, not for a repeat either."""
    kit.sync()
    kit.sync()
    used = [one.nonce for one in kit.platform.fake.seen]
    if len(used) != len(set(used)):
        raise Failed("a nonce was used twice: make a new one for every attempt, repeats included")


CHECKS = (
    Check("callback.challenge", ("回应验证挑战", "answers the challenge"), challenge),
    Check("callback.genuine", ("接受真实回调", "takes a genuine callback"), genuine),
    Check("callback.bad_signature", ("拒绝无签名、错签名", "refuses what is not signed rightly"), bad_signature),
    Check("callback.raw_body", ("按原始字节验签", "checks the bytes as they came"), raw_body),
    Check("callback.old_timestamp", ("拒绝过期时间戳", "refuses old timestamps"), old_timestamp),
    Check("callback.quick", ("5 秒内回应", "answers within five seconds"), quick),
    Check("callback.growth", ("容忍未知类型和字段", "takes unknown types and fields"), growth),
    Check("callback.rotation", ("密钥轮换时认双签名", "takes two signatures during rotation"), rotation),
    Check("catalogue.walk", ("全量同步一致", "walks the whole catalogue"), walk),
    Check("catalogue.changes", ("变更及时生效", "follows the changes"), changes),
    Check("catalogue.tombstones", ("下架商品停售", "obeys tombstones"), tombstones),
    Check("catalogue.cursor_expired", ("游标失效后重新同步", "walks anew after cursor_expired"), cursor_expired),
    Check("events.repeated", ("重复回调只生效一次", "a repeated event has one effect"), repeated),
    Check("events.shuffled", ("乱序回调不丢失", "events out of order are not lost"), shuffled),
    Check("events.version", ("保留最高版本", "keeps the highest version"), version),
    Check("events.gap", ("缺号补取", "recovers a gap in seq"), gap),
    *(Check(name, words, judge) for name, words, judge in ORDER_CHECKS),
    Check("calls.signed", ("调用签名正确", "signs its calls rightly"), signed),
    Check("calls.nonce", ("随机串不重复", "uses each nonce once"), nonce),
)


def reset(kit: Kit) -> None:
    """Let nothing of one check reach the next."""
    kit.platform.on_order = None
    kit.platform.is_feed_away = False
