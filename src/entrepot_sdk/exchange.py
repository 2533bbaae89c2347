"""What both clients share: building a signed attempt, reading its answer, deciding whether to try again."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx
import msgspec

from entrepot_sdk import signing
from entrepot_sdk.calls import Call
from entrepot_sdk.errors import ClockError, EntrepotError, RefusedError, refusal_from_body
from entrepot_sdk.papers import AfterSale, Recharge, Upload
from entrepot_sdk.shapes import Order

Answer = TypeVar("Answer")

# Longer than the platform lets a call of the change feed wait for news.
TIMEOUT = httpx.Timeout(35.0, connect=3.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how long a call is repeated. Every call may be: reads are harmless, writes carry a number."""

    attempts: int = 5
    first_wait_s: float = 0.2
    longest_wait_s: float = 30.0

    def wait_s(self, attempt: int, *, asked_s: float | None) -> float | None:
        """Seconds to wait after the `attempt`-th failure, at least what the server asked; None to give up."""
        if attempt >= self.attempts:
            return None
        backoff: float = min(self.first_wait_s * 2 ** (attempt - 1), self.longest_wait_s)
        # Chance spreads the clients that were refused together; it only ever lengthens what the server asked for.
        spread = backoff * random.uniform(0.5, 1.0)  # noqa: S311
        if asked_s is None:
            return spread
        if asked_s > self.longest_wait_s:
            return None
        return asked_s + spread * 0.1


class Exchange:
    """Signs attempts for one key and judges their answers; holds the only copy of the secret."""

    def __init__(
        self, *, base_url: str, key: str, secret: str, language: str, retry: RetryPolicy, clock: Callable[[], float]
    ) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError("base_url must begin with http:// or https://")
        self.base_url = base_url.rstrip("/").removesuffix("/api/v1")
        self.retry = retry
        self._key = key
        self._secret = signing.decode_secret(secret)
        self._language = language
        self._clock = clock
        self._clock_offset_s = 0.0

    def request(self, call: Call[Answer]) -> httpx.Request:
        """One attempt: the same content every time, with its own nonce and timestamp."""
        headers = {"Accept": "application/json", "Accept-Language": self._language, "User-Agent": "entrepot-sdk/1"}
        if call.body:
            headers["Content-Type"] = call.media_type
        request = httpx.Request(call.method, self.base_url + call.target, headers=headers, content=call.body or None)
        if call.signed:
            request.headers.update(
                signing.request_headers(
                    call.method,
                    target=request.url.raw_path,
                    body=call.body,
                    key=self._key,
                    secret=self._secret,
                    nonce=signing.new_nonce(),
                    timestamp=int(self._clock() + self._clock_offset_s),
                )
            )
        return request

    def read(self, call: Call[Answer], response: httpx.Response) -> Answer:
        """The typed answer of a success."""
        if call.answer is msgspec.Raw:
            return msgspec.Raw(response.content)  # type: ignore[return-value]
        try:
            answer = msgspec.json.decode(response.content, type=call.answer)
        except msgspec.MsgspecError as failure:
            raise EntrepotError(f"{call.method} {call.target}: unreadable answer: {failure}") from failure
        if isinstance(answer, Order | AfterSale | Recharge | Upload):
            answer.replayed = response.headers.get("Idempotent-Replayed") == "true"
        return answer

    def refusal(self, response: httpx.Response) -> RefusedError:
        """The typed exception of an answer that is not a success."""
        return refusal_from_body(
            response.content,
            status=response.status_code,
            request_id=response.headers.get("Entrepot-Request-Id", ""),
            retry_after_s=_retry_after_s(response.headers.get("Retry-After")),
        )

    def wait_after_refusal(self, refusal: RefusedError, *, attempt: int) -> float | None:
        """Seconds before the next attempt, or None when the refusal is final."""
        if isinstance(refusal, ClockError) and attempt == 1 and self._follow_server_clock(refusal):
            return 0.0
        if refusal.status in (429, 502, 503, 504) or refusal.retry == "same":
            return self.retry.wait_s(attempt, asked_s=refusal.retry_after_s)
        return None

    def _follow_server_clock(self, refusal: ClockError) -> bool:
        server_time = refusal.extra.get("server_time")
        if not isinstance(server_time, int | float):
            return False
        self._clock_offset_s = float(server_time) - self._clock()
        return True


def _retry_after_s(value: str | None) -> float | None:
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def system_clock() -> float:
    """Unix seconds of this machine."""
    return time.time()
