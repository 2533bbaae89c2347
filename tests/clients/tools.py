"""Node with the packages of package-lock.json, PHP, and programs of theirs that are run to their end."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
OLDEST_NODE = 18
PATIENCE_S = 300


def program(name: str) -> str:
    """Where a program is; fails with what to do about it when it is not there."""
    found = shutil.which(name)
    if found is None:
        packages = "php-cli, nodejs, npm, curl, openssl, hledger"
        pytest.fail(f"{name} is not installed: bin/setup --browser installs it (Debian: {packages})")
    return found


def node() -> str:
    """Node.js, new enough."""
    found = program("node")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < OLDEST_NODE:
        pytest.fail(f"Node.js {OLDEST_NODE} or newer is needed, {found} is {version}")
    return found


def node_modules() -> Path:
    """The packages of package-lock.json, installed on first need beside the Python ones and kept for as long as
    the lock stays as it is."""
    mark = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = Path(sys.prefix) / ".node" / mark
    folder.mkdir(parents=True, exist_ok=True)
    # Two test processes at once must not install into each other.
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, folder)
            run(program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
            (folder / "done").touch()
    return folder / "node_modules"


def workshop(folder: Path, *sources: str) -> Path:
    """A folder with some of the sources here in which Node finds the packages."""
    (folder / "node_modules").symlink_to(node_modules())
    for name in ("package.json", *sources):
        shutil.copy(HERE / name, folder)
    return folder


def run(*command: str | Path, cwd: Path, environment: dict[str, str] | None = None) -> str:
    """Run a program to its end and return what it wrote; fails with all it said when it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def papers(mall: Any, **more: str) -> dict[str, str]:
    """What a client needs to know, as variables of its environment."""
    return {
        "ENTREPOT_URL": f"http://{mall.host}:{mall.port}",
        "ENTREPOT_KEY": mall.key,
        "ENTREPOT_SECRET": mall.secret,
    } | more
