"""Judge a mall from the command line: bin/conformance --help."""

import argparse
import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from entrepot_conformance.asking import asked_secret
from entrepot_conformance.checks import CHECKS
from entrepot_conformance.kit import Kit
from entrepot_conformance.mall import FAULTS, FakeMall
from entrepot_conformance.platform import FakePlatform
from entrepot_conformance.report import certificate, line, run, say, summary

ABOUT = """Judge whether a mall keeps the contract of the open API. The kit plays the platform: point the mall at --url with the
same key and secret, then run this. Callbacks are signed under a secret of their own: name it, or the platform that knows it. Without --inspect only what can be seen from outside is judged.
Ends with 0 when nothing failed, 1 when something did, 2 when it could not begin."""
DEMO_SECRET = "whsec_ZW50cmVwb3QtZGVtby1zZWNyZXQtMzItYnl0ZXMtb2sh"  # noqa: S105 - the published example


def parser() -> argparse.ArgumentParser:
    """Return the options."""
    found = argparse.ArgumentParser(prog="bin/conformance", description=ABOUT)
    found.add_argument("--callback", default="", help="the mall's callback address")
    found.add_argument("--key", default="ek_test_conformance", help="the key the mall signs its calls with")
    found.add_argument("--secret", default="", help="its secret, for calls; or the environment's ENTREPOT_SECRET")
    found.add_argument(
        "--platform",
        default="",
        help="the real platform, which is asked with that key for the secret of callbacks (GET /webhook)",
    )
    found.add_argument(
        "--callback-secret",
        default="",
        help="the secret of callbacks, another one than the key's; or ENTREPOT_CALLBACK_SECRET; not needed with --platform",
    )
    found.add_argument("--url", default="http://127.0.0.1:8765", help="where the mall finds the platform the kit plays")
    found.add_argument("--listen", default="", help="HOST:PORT to listen at, when it differs from --url")
    found.add_argument("--inspect", default="", help="the mall's inspection address, see docs/reference/conformance.md")
    found.add_argument(
        "--patience", type=float, default=10.0, help="seconds the mall may take for each thing it must do"
    )
    found.add_argument("--only", action="append", default=[], help="a check, or several by repeating it")
    found.add_argument("--language", choices=("zh", "en"), default="zh")
    found.add_argument("--json", action="store_true", help="print the result as JSON and no table")
    found.add_argument("--certificate", default="", help="write the result to this file")
    found.add_argument("--list", action="store_true", help="name the checks and end")
    found.add_argument(
        "--fake-mall", nargs="?", const="", default=None, metavar="FAULT", help="judge the kit's own mall"
    )
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the kit and return its exit code."""
    given = parser().parse_args(arguments)
    if given.list:
        for check in CHECKS:
            say(f"{check.id:<28} {check.words[given.language == 'en']}")
        return 0
    unknown = set(given.only) - {check.id for check in CHECKS}
    secret = given.secret or os.environ.get("ENTREPOT_SECRET", "")
    if given.fake_mall is not None:
        secret = secret or DEMO_SECRET
        unknown |= {given.fake_mall} - {"", *FAULTS}
    if unknown or not secret or (given.fake_mall is None and not given.callback):
        reason = f"unknown: {', '.join(sorted(unknown))}" if unknown else "--callback and --secret are needed"
        sys.stderr.write(f"{reason}; see --help\n")
        return 2
    try:
        callback_secret = _callback_secret(given, secret=secret)
    except LookupError as failure:
        sys.stderr.write(f"{failure}; see --help\n")
        return 2
    return _judge(given, secret=secret, callback_secret=callback_secret)


def _callback_secret(given: argparse.Namespace, *, secret: str) -> str:
    """Return the secret callbacks are signed under. Raises LookupError when nothing says it.

    The key's own is never taken for it: a mall that is set up rightly would fail for nothing of its making.
    """
    named = str(given.callback_secret or os.environ.get("ENTREPOT_CALLBACK_SECRET", ""))
    if named:
        return named
    if given.platform:
        return asked_secret(given.platform, key=given.key, secret=secret)
    if given.fake_mall is not None:
        return secret
    raise LookupError("callbacks are signed under a secret of their own: --platform or --callback-secret is needed")


def _judge(given: argparse.Namespace, *, secret: str, callback_secret: str) -> int:
    host, port = _where(given)
    try:
        platform = FakePlatform(key=given.key, secret=secret, callback_secret=callback_secret, host=host, port=port)
    except OSError as failure:
        sys.stderr.write(f"cannot listen at {host}:{port}: {failure}\n")
        return 2
    mall = None
    callback, inspect = given.callback, given.inspect.rstrip("/")
    if given.fake_mall is not None:
        mall = FakeMall(
            platform=platform.url, key=given.key, secret=secret, callback_secret=callback_secret, fault=given.fake_mall
        )
        callback, inspect = mall.callback, mall.inspect
    kit = Kit(platform, callback, callback_secret, inspect=inspect, patience_s=given.patience)
    try:
        results = run(
            kit,
            only=given.only,
            told=None if given.json else lambda check, result: say(line(check, result, language=given.language)),
        )
    finally:
        platform.close()
        if mall is not None:
            mall.close()
    content = certificate(results, key=given.key, secret=secret, callback=callback)
    text = json.dumps(content, ensure_ascii=False, indent=1)
    say(text if given.json else summary(results))
    if given.certificate:
        Path(given.certificate).write_text(f"{text}\n", encoding="utf-8")
    return 0 if content["passed"] else 1


def _where(given: argparse.Namespace) -> tuple[str, int]:
    """Return where to listen: what --listen says, else the host and port of --url; any port for the kit's own mall."""
    if given.listen:
        host, _, port = given.listen.rpartition(":")
        return host or "127.0.0.1", int(port)
    if given.fake_mall is not None:
        return "127.0.0.1", 0
    parts = urlsplit(given.url)
    return parts.hostname or "127.0.0.1", parts.port or (443 if parts.scheme == "https" else 80)


if __name__ == "__main__":
    sys.exit(main())
