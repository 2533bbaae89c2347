"""The malls' queues as the dispatcher sees them: what is due, and how it went."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.base.sealing import new_secret, seal, unseal
from entrepot.callbacks.queries import CONTENT
from entrepot.callbacks.rules import FAILING_DAYS, VERIFY, Fault
from entrepot.callbacks.sending import Outcome
from entrepot.events.outbox import note

# The platform's record of a distributor names the address; another one there is verified anew.
_ADOPT = """
with wanted as (
    select d.id, d.callback_url from parties_distributor d
    left join callbacks_endpoint p on p.distributor_id = d.id
    where d.callback_url <> coalesce(p.url, '')
)
insert into callbacks_endpoint as p (distributor_id, url, types, state, reason, challenge, tries, failures)
select w.id, w.callback_url, '{}', case when w.callback_url = '' then 'none' else 'pending' end, '',
       replace(gen_random_uuid()::text, '-', ''), 0, 0
from wanted w order by w.id
on conflict (distributor_id) do update set url = excluded.url, state = excluded.state, reason = '', reason_facts = '{}',
    tries = 0, challenge = excluded.challenge, next_try_at = now(), failing_since = null, failures = 0, changed_at = now()
"""
_DUE = f"""
select m.id, m.distributor_id, m.seq, coalesce(m.event_id::text, 'm' || m.id), m.type, m.attempts, p.url, p.secret_sealed,
       coalesce(e.at, m.created_at), {CONTENT}
from callbacks_endpoint p
join unnest(%(distributor_ids)s::bigint[], %(slots)s::int[]) as f(distributor_id, slots) using (distributor_id)
cross join lateral (
    select w.* from callbacks_message w
    where w.distributor_id = p.distributor_id and w.state = 'waiting' and w.next_at <= now()
      and not w.id = any(%(busy)s::bigint[])
    order by w.next_at, w.seq limit f.slots
) m
left join events_event e on e.id = m.event_id
where p.state = 'active' and p.secret_sealed is not null
order by m.next_at, m.seq
"""  # noqa: S608 - terms of ours
_ENDPOINTS = """
select p.distributor_id, p.failures,
       exists (select from callbacks_message w where w.distributor_id = p.distributor_id and w.state = 'waiting'
               and w.next_at <= now())
from callbacks_endpoint p where p.state = 'active'
"""
_UNVERIFIED = """
select p.distributor_id, p.url, p.secret_sealed, p.challenge, p.tries from callbacks_endpoint p
where p.state = 'pending' and p.next_try_at <= now() and p.secret_sealed is not null limit 50
"""
_DONE = """
update callbacks_message m set attempts = m.attempts + 1, state = t.state,
       next_at = now() + make_interval(secs => t.wait_s), delivered_at = case when t.state = 'delivered' then now() end
from unnest(%(ids)s::bigint[], %(states)s::text[], %(waits)s::int[]) as t(id, state, wait_s) where m.id = t.id
"""
_LOG = """
insert into callbacks_attempt (distributor_id, message_id, type, url, request, status, answer, fault, fault_facts, took_ms,
    headers)
select * from unnest(%(distributor_ids)s::bigint[], %(message_ids)s::bigint[], %(types)s::text[], %(urls)s::text[],
    %(requests)s::text[], %(statuses)s::smallint[], %(answers)s::text[], %(faults)s::text[], %(facts)s::text[]::jsonb[],
    %(times)s::int[], %(headers)s::text[]::jsonb[])
"""
_HEALTH = """
update callbacks_endpoint p
set failures = case when t.is_good then 0 else p.failures + t.pieces end,
    failing_since = case when t.is_good then null else coalesce(p.failing_since, now()) end
from unnest(%(distributor_ids)s::bigint[], %(goods)s::bool[], %(pieces)s::int[]) as t(distributor_id, is_good, pieces)
where p.distributor_id = t.distributor_id
"""
_GIVE_UP = """
update callbacks_endpoint set state = 'disabled', changed_at = now(),
       reason = case when distributor_id = any(%(gone)s) then 'gone' else 'failing' end,
       reason_facts = case when distributor_id = any(%(gone)s) then '{}' else jsonb_build_object('days', %(days)s::int) end
where state = 'active' and (distributor_id = any(%(gone)s) or failing_since < now() - make_interval(days => %(days)s))
returning distributor_id, reason
"""
_VERIFIED = """
update callbacks_endpoint set state = case when %(right)s then 'active' when %(over)s then 'disabled' else state end,
       reason = %(reason)s, reason_facts = %(facts)s::jsonb, tries = tries + 1, failures = 0, failing_since = null,
       next_try_at = now() + make_interval(secs => %(wait)s),
       changed_at = case when %(right)s or %(over)s then now() else changed_at end
where distributor_id = %(id)s and state = 'pending' and challenge = %(challenge)s returning state
"""


@dataclass(frozen=True, slots=True)
class Due:
    """A message whose time has come, ready to be sent."""

    id: int
    distributor_id: int
    seq: int
    event_id: str
    type: str
    attempts: int
    url: str
    secret: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Unverified:
    """An address that must answer a challenge before anything is told to it."""

    distributor_id: int
    url: str
    secret: str
    challenge: str
    tries: int


@dataclass(frozen=True, slots=True)
class Tried:
    """A message that was sent, how it went, and what becomes of it: its state and the seconds to its next attempt."""

    due: Due
    outcome: Outcome
    state: str
    wait_s: int


def adopt_addresses() -> None:
    """Take over addresses that were changed in the distributors' records."""
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(_ADOPT)
        cursor.execute("select distributor_id from callbacks_endpoint where secret_sealed is null and url <> ''")
        for (distributor_id,) in cursor.fetchall():
            cursor.execute(
                "update callbacks_endpoint set secret_sealed = %s where distributor_id = %s and secret_sealed is null",
                [seal(new_secret().encode()), distributor_id],
            )


def busy_endpoints() -> dict[int, int]:
    """Return the distributors who are waited for by a message, with their failures in a row."""
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute(_ENDPOINTS)
        return {row[0]: row[1] for row in cursor.fetchall() if row[2]}


def due_messages(slots: dict[int, int], *, busy: Sequence[int]) -> list[Due]:
    """Return what is due, at most so many messages for each distributor, without those under way."""
    if not slots:
        return []
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute(_DUE, {"distributor_ids": list(slots), "slots": list(slots.values()), "busy": list(busy)})
        opened = _Opened()
        return [
            Due(
                *(message_id, distributor_id, seq, event_id, kind, attempts, url),
                secret=opened[bytes(sealed)],
                body=body_of(event_id, seq, kind, at=at, data=data),
            )
            for message_id, distributor_id, seq, event_id, kind, attempts, url, sealed, at, data in cursor.fetchall()
        ]


class _Opened(dict[bytes, str]):
    """Sealed secrets, each opened once."""

    def __missing__(self, sealed: bytes) -> str:
        self[sealed] = unseal(sealed).decode()
        return self[sealed]


def unverified() -> list[Unverified]:
    """Return the addresses that are to be asked for their challenge now."""
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute(_UNVERIFIED)
        return [Unverified(row[0], row[1], unseal(row[2]).decode(), row[3], row[4]) for row in cursor.fetchall()]


def body_of(event_id: str, seq: int, event_type: str, *, at: Any, data: Any) -> bytes:
    """Return the body of a callback; the same message has the same body every time."""
    content = json.loads(data) if isinstance(data, str) else data
    told = {
        "id": f"evt_{event_id}", "seq": seq, "type": event_type, "timestamp": at.isoformat(), "api": "v1", "data": content,
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def challenge_body(challenge: str) -> bytes:
    """Return the body of the call by which an address proves that it is the mall's: an event that is in no queue, number 0."""
    now = datetime.now(UTC).isoformat()
    told = {
        "id": f"evt_{challenge}", "seq": 0, "type": VERIFY, "timestamp": now, "api": "v1", "data": {"challenge": challenge},
    }  # fmt: skip
    return json.dumps(told, separators=(",", ":")).encode()


def challenges_in(answer: bytes) -> set[str]:
    """Return what an answer says as a challenge: its whole text, or the member of that name."""
    text = answer.decode("utf-8", "replace").strip()
    said = {text}
    try:
        content = json.loads(text)
    except ValueError:
        return said
    if isinstance(content, dict) and isinstance(content.get("challenge"), str):
        said.add(content["challenge"])
    if isinstance(content, str):
        said.add(content)
    return said


def write_down(tried: Sequence[Tried]) -> list[int]:
    """Write down how messages fared, disable addresses that have failed for days or are gone, and return whose."""
    with scope.desk(), connection.cursor() as cursor:
        if tried:
            cursor.execute(
                _DONE,
                {
                    "ids": [item.due.id for item in tried],
                    "states": [item.state for item in tried],
                    "waits": [item.wait_s for item in tried],
                },
            )
            _log(cursor, tried)
            _note_health(cursor, tried)
        gone = [item.due.distributor_id for item in tried if item.outcome.status == 410]
        cursor.execute(_GIVE_UP, {"gone": gone, "days": FAILING_DAYS})
        disabled = cursor.fetchall()
        for distributor_id, reason_code in disabled:
            _note_disabled(distributor_id, reason_code=reason_code)
        return [distributor_id for distributor_id, _reason in disabled]


def verified(asked: Unverified, *, reason: Fault | None, wait_s: int | None) -> None:
    """Write down that an address has answered its challenge, or why not; None to wait means it is not asked again."""
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(
            _VERIFIED,
            {
                "right": reason is None,
                "over": wait_s is None,
                "reason": reason.code if reason else "",
                "facts": _facts(reason),
                "wait": wait_s or 0,
                "id": asked.distributor_id,
                "challenge": asked.challenge,
            },
        )
        if cursor.fetchall() == [("disabled",)]:
            _note_disabled(asked.distributor_id, reason_code=reason.code if reason else "")


def _note_disabled(distributor_id: int, *, reason_code: str) -> None:
    """Tell that an address is no longer called: to be pulled, for by a callback nobody would hear it."""
    note(
        "endpoint.disabled",
        object_kind="endpoint",
        object_id=distributor_id,
        data={"object": "endpoint", "id": str(distributor_id), "state": "disabled", "reason_code": reason_code},
        actor=SYSTEM,
        distributor_ids=[distributor_id],
    )


def log_call(distributor_id: int, *, event_type: str, url: str, request: bytes, outcome: Outcome) -> None:
    """Write down a call that belongs to no message, as a challenge."""
    with scope.desk(), connection.cursor() as cursor:
        _insert_log(cursor, [(distributor_id, None, event_type, url, request, outcome)])


def _log(cursor: Any, tried: Sequence[Tried]) -> None:
    _insert_log(
        cursor,
        [
            (item.due.distributor_id, item.due.id, item.due.type, item.due.url, item.due.body, item.outcome)
            for item in tried
        ],
    )


def _insert_log(cursor: Any, rows: Sequence[tuple[int, int | None, str, str, bytes, Outcome]]) -> None:
    distributor_ids, message_ids, types, urls, requests, outcomes = (list(column) for column in zip(*rows, strict=True))
    cursor.execute(
        _LOG,
        {
            "distributor_ids": distributor_ids,
            "message_ids": message_ids,
            "types": types,
            "urls": urls,
            "requests": [request.decode() for request in requests],
            "statuses": [outcome.status for outcome in outcomes],
            # PostgreSQL's text holds no NUL, and a stranger's answer may.
            "answers": [outcome.answer.decode("utf-8", "replace").replace("\0", "�")[:500] for outcome in outcomes],
            "faults": [outcome.fault.code if outcome.fault else "" for outcome in outcomes],
            "facts": [_facts(outcome.fault) for outcome in outcomes],
            "headers": [
                json.dumps({name.decode(): value.decode() for name, value in outcome.headers}) for outcome in outcomes
            ],
            "times": [outcome.took_ms for outcome in outcomes],
        },
    )


def _facts(fault: Fault | None) -> str:
    # JSON in PostgreSQL holds no NUL, and what a stranger sent may stand in an error.
    return json.dumps(dict(fault.facts)).replace("\\u0000", "�") if fault else "{}"


def _note_health(cursor: Any, tried: Sequence[Tried]) -> None:
    pieces: dict[int, int] = {}
    goods: dict[int, bool] = {}
    for item in tried:
        pieces[item.due.distributor_id] = pieces.get(item.due.distributor_id, 0) + 1
        goods[item.due.distributor_id] = goods.get(item.due.distributor_id, False) or item.state == "delivered"
    cursor.execute(
        _HEALTH,
        {"distributor_ids": list(pieces), "goods": [goods[key] for key in pieces], "pieces": list(pieces.values())},
    )
