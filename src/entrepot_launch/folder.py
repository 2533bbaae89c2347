"""The data folder of one instance: who holds it, its secrets and settings file, its logs."""

import base64
import errno
import os
import secrets
import shlex
import shutil
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from entrepot_launch.faults import EXIT_IN_USE, LaunchError
from entrepot_launch.links import short_name

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = ROOT / "data"
LOG_LIMIT_BYTES = 10_000_000
LOGS_KEPT = 3
OWN_NAMES = (
    "postgres",
    "postgres.new",
    "postgres.secret",
    "entrepot.env",
    "logs",
    "run",
    "media",
    "static",
    "demo-accounts.json",
    "first-account.json",
)


class DataFolder:
    """A folder only one launcher may hold at a time. The lock goes with the process, however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.settings_file = self.path / "entrepot.env"
        self._lock: int | None = None

    def claim(self) -> None:
        """Makes the folder if needed and takes its lock; refused while another launcher holds it."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path = self.path.resolve()
            self.settings_file = self.path / "entrepot.env"
            lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as refusal:
            raise LaunchError(f"cannot use {self.path} as data folder: {refusal.strerror}") from None
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except OSError as refusal:
            holder = os.read(lock, 20).decode().strip()
            os.close(lock)
            if refusal.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            raise LaunchError(
                f"{self.path} is in use by a running instance (process {holder}); stop it, or give another --data",
                exit_code=EXIT_IN_USE,
            ) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        self._lock = lock

    def release(self) -> None:
        """Gives the lock back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_held(self) -> bool:
        """Whether a launcher holds the folder now."""
        try:
            self.claim()
        except LaunchError as refusal:
            if refusal.exit_code != EXIT_IN_USE:
                raise
            return True
        self.release()
        return False

    def empty(self) -> None:
        """Removes what an instance keeps here, and nothing else that may lie in the folder."""
        for name in OWN_NAMES:
            path = self.path / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def socket_folder(self) -> Path:
        """A folder for sockets between our own processes, by a name short enough for them."""
        folder = self.path / "run"
        folder.mkdir(mode=0o700, exist_ok=True)
        return short_name(folder)

    def log(self, name: str) -> Path:
        """The log of one program; one that has grown too long is put aside, the oldest dropped."""
        folder = self.path / "logs"
        folder.mkdir(mode=0o700, exist_ok=True)
        log = folder / f"{name}.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
            for number in range(LOGS_KEPT - 1, 0, -1):
                older = folder / f"{name}.log.{number}"
                if older.exists():
                    older.replace(folder / f"{name}.log.{number + 1}")
            log.replace(folder / f"{name}.log.1")
        return log

    def read_settings(self) -> dict[str, str]:
        """What the last start wrote; empty if there was none."""
        if not self.settings_file.exists():
            return {}
        settings = {}
        for line in self.settings_file.read_text().splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.partition("=")
                settings[name] = "".join(shlex.split(value))
        return settings

    def write_settings(self, settings: dict[str, str]) -> None:
        """Replaces the settings file, whole or not at all, readable by its owner alone."""
        lines = ["# Written at every start; secrets are made once. Keep it as safe as the data itself."]
        lines += [f"{name}={shlex.quote(value)}" for name, value in sorted(settings.items())]
        draft = self.path / "entrepot.env.new"
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write("\n".join(lines) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(self.settings_file)


def fresh_secrets() -> dict[str, str]:
    """The secrets an instance needs for life."""
    return {
        "ENTREPOT_SECRET_KEY": secrets.token_urlsafe(48),
        "ENTREPOT_FIELD_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    }
