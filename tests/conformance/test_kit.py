"""The kit judges right: its own mall passes, and each fault turns exactly its own check red. The platform it plays is real."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from entrepot.callbacks.rules import VERIFY
from entrepot.callbacks.shapes import SHAPES
from entrepot.sandbox.rules import is_certificate
from entrepot_conformance.__main__ import main
from entrepot_conformance.checks import CHECKS
from entrepot_conformance.kit import Kit
from entrepot_conformance.mall import FAULTS, FakeMall
from entrepot_conformance.platform import FakePlatform
from entrepot_conformance.report import certificate, is_unaltered, run
from entrepot_sdk import Consignee, Entrepot, NewLine, NewOrder, errors
from entrepot_sdk.exchange import RetryPolicy
from entrepot_sdk.mirror import Mirror

SECRET = "whsec_ZW50cmVwb3QtZGVtby1zZWNyZXQtMzItYnl0ZXMtb2sh"
CALLBACK_SECRET = "whsec_" + "QkNE" * 11
KEY = "ek_test_kit"
ROOT = Path(__file__).resolve().parents[2]


SENT: dict[str, list[dict[str, object]]] = {}
"""By fault, the events the kit told its mall."""


def judged(fault: str, *, is_inspected: bool = True) -> dict[str, tuple[str, str]]:
    """How each check went with the kit's own mall under a fault."""
    platform = FakePlatform(key=KEY, secret=SECRET, callback_secret=CALLBACK_SECRET)
    mall = FakeMall(platform=platform.url, key=KEY, secret=SECRET, callback_secret=CALLBACK_SECRET, fault=fault)
    try:
        SENT[fault] = platform.fake.events
        kit = Kit(platform, mall.callback, CALLBACK_SECRET, inspect=mall.inspect if is_inspected else "", patience_s=8)
        return {one.id: (one.outcome, one.why) for one in run(kit)}
    finally:
        platform.close()
        mall.close()


@pytest.fixture(scope="module")
def outcomes() -> dict[str, dict[str, tuple[str, str]]]:
    """How each check went under each fault, and under none; they mostly wait, so they wait together."""
    with ThreadPoolExecutor(len(FAULTS) + 1) as pool:
        names = ["", *FAULTS]
        return dict(zip(names, pool.map(judged, names), strict=True))


def test_the_kits_own_mall_passes(outcomes: dict[str, dict[str, tuple[str, str]]]) -> None:
    assert {one: outcome for one, outcome in outcomes[""].items() if outcome[0] != "passed"} == {}
    assert list(outcomes[""]) == [check.id for check in CHECKS]


def test_the_kit_tells_events_in_the_shapes_of_the_contract(outcomes: dict[str, dict[str, tuple[str, str]]]) -> None:
    # The challenge is no event, and one type is told that no mall can know.
    sent = [event for event in SENT[""] if event["type"] not in (VERIFY, "future.thing")]
    for event in sent:
        msgspec.convert(event["data"], SHAPES[str(event["type"])])
    assert {event["type"] for event in sent} >= {"order.shipped", "order.delivered", "order.completed", "webhook.test"}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_turns_its_own_check_red(fault: str, outcomes: dict[str, dict[str, tuple[str, str]]]) -> None:
    red = {one: why for one, (outcome, why) in outcomes[fault].items() if outcome != "passed"}
    assert list(red) == [FAULTS[fault]], red
    assert red[FAULTS[fault]], "it says why"


def test_every_check_has_a_fault() -> None:
    assert sorted(FAULTS.values()) == sorted(check.id for check in CHECKS)


def test_without_inspection_the_rest_is_said_to_be_unchecked() -> None:
    found = judged("", is_inspected=False)
    passed = {one for one, (outcome, _why) in found.items() if outcome == "passed"}
    assert passed == {check.id for check in CHECKS if check.id.startswith("callback.")}
    assert {outcome for one, (outcome, _why) in found.items() if one not in passed} == {"unchecked"}


def kit_said(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What the command says."""
    return subprocess.run(
        [ROOT / "bin" / "conformance", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ | {"ENTREPOT_SECRET": ""},
    )


def test_the_command_tells_writes_and_ends(tmp_path: Path) -> None:
    file = tmp_path / "certificate.json"
    only = ("--only", "callback.genuine", "--only", "callback.old_timestamp", "--language", "en")
    good = kit_said("--fake-mall", "--certificate", str(file), *only)
    assert good.returncode == 0 and "✓ callback.genuine" in good.stdout and "2 passed, 0 failed" in good.stdout
    content = json.loads(file.read_text())
    assert content["passed"] and content["complete"] and is_certificate(content)
    assert is_unaltered(content, secret=SECRET)
    assert not is_unaltered(content | {"key": "ek_test_other"}, secret=SECRET)
    bad = kit_said("--fake-mall", "checks_no_time", "--json", *only)
    assert bad.returncode == 1 and json.loads(bad.stdout)["checks"][1]["outcome"] == "failed"
    assert kit_said("--callback", "http://127.0.0.1:1/").returncode == 2
    assert kit_said("--fake-mall", "no_such_fault").returncode == 2
    assert kit_said("--list").stdout.count("\n") == len(CHECKS)


def test_a_mall_that_is_not_there_fails() -> None:
    platform = FakePlatform(key=KEY, secret=SECRET, callback_secret=SECRET)
    kit = Kit(platform, "http://127.0.0.1:1/callback", SECRET, patience_s=0.2)
    results = run(kit)
    platform.close()
    assert {one.outcome for one in results if one.id.startswith("callback.")} == {"failed"}
    assert not certificate(results, key=KEY, secret=SECRET, callback="")["passed"]


def test_it_is_installed_on_its_own(tmp_path: Path) -> None:
    """Nothing but the folder itself and Python is needed."""
    (tmp_path / "entrepot_conformance").symlink_to(ROOT / "src" / "entrepot_conformance")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from entrepot_conformance.__main__ import main;"
        " sys.exit(main(['--fake-mall', '--only', 'callback.challenge']))"
    )
    command = [sys.executable, "-S", "-I", "-c", program]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path)
    assert said.returncode == 0, said.stderr


def test_callbacks_are_never_signed_with_the_secret_of_the_key(capsys: pytest.CaptureFixture[str]) -> None:
    platform = FakePlatform(key=KEY, secret=SECRET, callback_secret=CALLBACK_SECRET)
    mall = FakeMall(platform=platform.url, key=KEY, secret=SECRET, callback_secret=CALLBACK_SECRET)
    given = ["--callback", mall.callback, "--key", KEY, "--secret", SECRET, "--url", "http://127.0.0.1:0"]
    given += ["--listen", "127.0.0.1:0", "--only", "callback.genuine"]
    try:
        assert main(given) == 2
        assert "--callback-secret" in capsys.readouterr().err
        assert main([*given, "--platform", platform.url]) == 0, "asked of the platform"
        assert main([*given, "--callback-secret", CALLBACK_SECRET]) == 0
        assert main([*given, "--callback-secret", SECRET]) == 1
        capsys.readouterr()
        assert main([*given, "--platform", "http://127.0.0.1:1"]) == 2
        assert "does not tell the secret of callbacks" in capsys.readouterr().err
    finally:
        platform.close()
        mall.close()


# --- the platform it plays speaks as the real one does: the SDK finds no difference ---


@pytest.fixture
def played() -> Iterator[FakePlatform]:
    """The kit's platform."""
    platform = FakePlatform(key=KEY, secret=SECRET, callback_secret=SECRET)
    yield platform
    platform.close()


def test_the_sdk_trades_with_the_platform_it_plays(played: FakePlatform, tmp_path: Path) -> None:
    buyer = Consignee(name="王", phone="13800000000", province="浙江省", city="杭州市", district="西湖区", address="1")
    with Entrepot(played.url, key=KEY, secret=SECRET, retry=RetryPolicy(attempts=2)) as mall:
        with Mirror(mall, path=tmp_path / "mirror.db") as mirror:
            assert mirror.sync() == 6
            played.put("2", skus={"SKU-2": (2222, 9)}, version=2)
            played.drop("1")
            mirror.sync()
            assert mirror.price_stock("SKU-2") == (2222, 9) and mirror.price_stock("SKU-1") is None
            played.expire_cursors()
            played.put("3", skus={"SKU-3": (3333, 1)}, version=2)
            mirror.sync()
            assert mirror.price_stock("SKU-3") == (3333, 1)
        line = NewLine(sku="SKU-2", qty=2, expected_price=2222)
        order = mall.create_order(NewOrder(out_order_no="K-1", lines=[line], consignee=buyer))
        assert (order.state, order.total) == ("held", 4444)
        assert mall.create_order(NewOrder(out_order_no="K-1", lines=[line], consignee=buyer)).id == order.id
        assert mall.confirm(order.id).state == "confirmed" == mall.order_by_out_no("K-1").state
        with pytest.raises(errors.PriceChangedError):
            wrong = NewLine(sku="SKU-2", qty=2, expected_price=1)
            mall.create_order(NewOrder(out_order_no="K-2", lines=[wrong], consignee=buyer))
        played.note("order.confirmed", data=played.move("K-1", state="confirmed", version=3))
        assert [event.type for event in mall.events_page().items] == ["order.confirmed"]
        assert mall.balance().available > 0
    assert all(call.is_signed for call in played.fake.seen)
