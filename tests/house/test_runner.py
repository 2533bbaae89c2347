"""`bin/test` brings its own database, and takes it away again however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from entrepot_launch import processes
from entrepot_launch.folder import ROOT

SLEEPER = """
import os, pathlib, time
from entrepot_launch import testing

def test_waits():
    with testing.server() as access:
        pathlib.Path(os.environ["REPORT"]).write_text(access.app_url)
    time.sleep(600)
"""


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_an_ended_run_leaves_nothing(tmp_path: Path, end: signal.Signals) -> None:
    (tmp_path / "test_sleeper.py").write_text(SLEEPER)
    report = tmp_path / "report"
    words = ["--no-check", "-p", "no:django", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "-c", "/dev/null"]
    run = subprocess.Popen(
        [sys.executable, "-m", "entrepot_launch.run_tests", *words, str(tmp_path / "test_sleeper.py")],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "REPORT": str(report)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # Shells start what runs in the background with Ctrl-C ignored, and children would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    _until(lambda: report.exists() and "postgresql://" in report.read_text())
    cluster = Path(_socket_folder(report.read_text()))
    assert processes.working_in(cluster)
    # Ctrl-C at a terminal reaches the whole group, a signal by kill only the one process.
    os.killpg(run.pid, end) if end == signal.SIGINT else run.send_signal(end)
    assert run.wait(120) != 0
    _until(lambda: not processes.working_in(cluster))
    _until(lambda: not processes.marked("REPORT", value=str(report)))
    assert cluster.exists() == (end == signal.SIGKILL), "nobody sweeps up after SIGKILL but the next run"


def _socket_folder(address: str) -> str:
    from psycopg.conninfo import conninfo_to_dict

    return str(conninfo_to_dict(address)["host"])


def _until(happened) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)
