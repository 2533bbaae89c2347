"""The client is installed on its own: nothing of the platform, its two packages, its types."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.conftest import ROOT

FOLDER = ROOT / "src" / "entrepot_sdk"
# The vector of the reference, and a callback signed and read with it.
PROGRAM = """
import importlib.metadata, json, pathlib, time
import entrepot_sdk
from entrepot_sdk import AsyncEntrepot, Entrepot, Mirror, SignatureError, read_callback
from entrepot_sdk.signing import decode_secret, request_payload, sign

secret = "whsec_ZW50cmVwb3QtZGVtby1zZWNyZXQtMzItYnl0ZXMtb2sh"
payload = request_payload("POST", target=b"/api/v1/orders?x=1", body='{"a":"水果"}'.encode())
signature = sign("n0nce-0123456789ab", timestamp=1700000000, payload=payload, secret=decode_secret(secret))
event = {"id": "evt_1", "seq": 1, "type": "webhook.test", "timestamp": "2026-01-01T00:00:00+00:00", "api": "v1", "data": {}}
body, now = json.dumps(event).encode(), int(time.time())
headers = {
    "webhook-id": "evt_1",
    "webhook-timestamp": str(now),
    "webhook-signature": sign("evt_1", timestamp=now, payload=body, secret=decode_secret(secret)),
}
read = read_callback(headers, body=body, secrets_live=[secret]).type
try:
    read_callback(headers, body=body + b" ", secrets_live=[secret])
except SignatureError:
    read += ", another refused"
Entrepot("http://127.0.0.1:1", key="ek_live_x", secret=secret).close()
folder = pathlib.Path(entrepot_sdk.__file__).parent
print(json.dumps({
    "signature": signature,
    "callback": read,
    "is_typed": (folder / "py.typed").exists(),
    "modules": sorted(file.name for file in folder.glob("*.py")),
    "version": importlib.metadata.version("entrepot-sdk"),
    "installed": sorted(one.metadata["Name"].lower() for one in importlib.metadata.distributions()),
}))
"""


def test_it_is_installed_on_its_own(tmp_path: Path) -> None:
    """Into an environment that is empty; pip fetches what it needs as a mall's developer would."""
    source, place = tmp_path / "entrepot_sdk", tmp_path / "environment"
    shutil.copytree(FOLDER, source, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    python = place / "bin" / "python"
    run(sys.executable, "-m", "venv", "--without-pip", place, cwd=tmp_path)
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", source, cwd=tmp_path)
    shutil.rmtree(source)
    said = json.loads(run(python, "-I", "-c", PROGRAM, cwd=tmp_path))
    assert said["signature"] == "v1,FoQZLSiTBI7Vm10n5Rf+F5ik1AZ/BnpuzAtiZh3N4To="
    assert said["signature"] in (ROOT / "docs" / "reference" / "api.md").read_text()
    assert said["callback"] == "webhook.test, another refused"
    assert said["is_typed"] and said["modules"] == sorted(file.name for file in FOLDER.glob("*.py"))
    assert said["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {"entrepot-sdk", "httpx", "msgspec"} <= set(said["installed"])
    assert not {"django", "litestar", "psycopg", "entrepot"} & set(said["installed"])


def test_the_reference_says_how() -> None:
    assert "pip install ./src/entrepot_sdk" in (ROOT / "docs" / "reference" / "sdk.md").read_text()


def run(*command: str | Path, cwd: Path) -> str:
    """Run to the end; fails with all that was said."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout
