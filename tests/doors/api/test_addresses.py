"""Allow-lists: calls come from the addresses a distributor has named, and a refusal names the one that was seen."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot_launch import roles
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import Mall
from tests.doors.api.serving import Served, serving


def caller(*entries: str):  # type: ignore[no-untyped-def]
    """A caller with an allow-list."""
    from entrepot.doors.api.callers import Caller, network_of

    networks = [network_of(entry) for entry in entries]
    return Caller("ek_live_x", 1, b"", networks, 1, 1, "api/1/x", 0.0)


@pytest.mark.parametrize(
    ("entries", "admitted", "refused"),
    [
        ((), ["1.2.3.4", "::1", "2001:db8::1"], []),
        (
            ("10.1.2.3",),
            ["10.1.2.3", "::ffff:10.1.2.3", "::ffff:a01:203"],
            ["10.1.2.4", "::ffff:10.1.2.4", "::a01:203"],
        ),
        (("10.1.2.0/24",), ["10.1.2.0", "10.1.2.255", "::ffff:10.1.2.7"], ["10.1.3.0", "10.1.1.255", "2001:db8::1"]),
        (("10.1.2.9/24",), ["10.1.2.1"], ["10.1.3.1"]),
        (("2001:db8::/32",), ["2001:db8::1", "2001:db8:ffff::"], ["2001:db9::", "::1", "32.1.13.184"]),
        (("2001:db8::5",), ["2001:db8::5", "2001:0db8:0:0:0:0:0:5"], ["2001:db8::6"]),
        (("::ffff:10.0.0.0/104",), ["10.9.9.9", "::ffff:10.9.9.9"], ["11.0.0.0", "::ffff:11.0.0.0"]),
        (("::ffff:10.1.2.3",), ["10.1.2.3"], ["10.1.2.4"]),
        (("0.0.0.0/0",), ["1.2.3.4", "::ffff:1.2.3.4"], ["2001:db8::1", "::1"]),
        (("::/0",), ["2001:db8::1", "::1"], ["1.2.3.4", "::ffff:1.2.3.4"]),
        (("192.0.2.1", "2001:db8::/64"), ["192.0.2.1", "2001:db8::9"], ["192.0.2.2", "2001:db8:1::"]),
        (("10.0.0.0/8",), [], ["", "unix", "10.0.0.1:80", "10.0.0", "0x0a000001", "fe80::1%eth0", "10.0.0.1 "]),
    ],
)
def test_what_an_allow_list_admits(entries: tuple[str, ...], admitted: list[str], refused: list[str]) -> None:
    mall = caller(*entries)
    assert [address for address in admitted if not mall.admits(address)] == []
    assert [address for address in refused if mall.admits(address)] == []


def allow(mall: Mall, *entries: str) -> None:
    """Write the allow-list and wait until no process still works by the old one."""
    from entrepot.base import scope
    from entrepot.parties.models import Distributor
    from entrepot.parties.rules import allow_list

    with scope.platform():
        Distributor.objects.filter(pk=mall.party.pk).update(allow_list=allow_list(entries))
    time.sleep(2.05)


def test_a_call_from_elsewhere_is_refused_and_told_its_address(make_mall: MakeMall) -> None:
    mall = make_mall()
    elsewhere = mall.twin(source="127.0.0.9")
    assert elsewhere.get("/me").status == 200, "an empty list admits all"
    allow(mall, "127.0.0.1", "10.0.0.0/8")
    assert mall.get("/me").status == 200
    refusal = elsewhere.get("/me")
    assert (refusal.status, refusal.code, refusal.retry) == (403, "ip_not_allowed", "after_action")
    assert refusal.json["address"] == "127.0.0.9"
    forged = {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"}
    assert elsewhere.get("/me", headers=forged).code == "ip_not_allowed", "nobody vouches for himself"
    wrong = elsewhere.signed("GET", "/me")
    wrong.headers["Entrepot-Signature"] = "v1,AAAA"
    assert elsewhere.send(wrong).code == "bad_signature", "who cannot sign learns nothing of the list"
    allow(mall, "127.0.0.0/28")
    assert elsewhere.get("/me").status == 200, "two seconds later the new list holds"


@pytest.fixture
def dual(database: roles.Access, tmp_path: Path) -> Iterator[Served]:
    """An API that listens on IPv6 and, mapped, on IPv4."""
    with serving({"DATABASE_URL": database.app_url}, log=tmp_path / "dual.log", host="::") as api:
        yield api


def test_an_address_mapped_into_ipv6_is_the_ipv4_one(make_mall: MakeMall, dual: Served) -> None:
    mall = make_mall()
    allow(mall, "127.0.0.1")
    mapped, native = mall.twin(port=dual.port), mall.twin(port=dual.port, host="::1")
    assert mapped.get("/me").status == 200
    refusal = native.get("/me")
    assert (refusal.code, refusal.json["address"]) == ("ip_not_allowed", "::1")
    other = mall.twin(port=dual.port, source="127.0.0.9").get("/me")
    assert (other.code, other.json["address"]) == ("ip_not_allowed", "127.0.0.9")
    allow(mall, "::1")
    assert native.get("/me").status == 200
    assert mapped.get("/me").code == "ip_not_allowed"
