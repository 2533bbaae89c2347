"""Short names for long folders: a unix socket's path may hold 107 bytes and no more."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

LONGEST_SOCKET_FOLDER = 80  # leaves room for the longest socket name, ".s.PGSQL.5432.lock"


def short_name(folder: Path) -> Path:
    """The folder itself if its path is short enough for a socket, else a short link to it. Makes the link anew if lost."""
    folder = folder.resolve()
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
        return folder
    link = _own_folder() / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    if not link.is_symlink() or link.readlink() != folder:
        draft = link.with_name(f"{link.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        draft.symlink_to(folder)
        draft.replace(link)
    return link


def _own_folder() -> Path:
    """A folder of ours alone: below XDG_RUNTIME_DIR or /run if that is ours, else below the temporary folder."""
    candidates = [
        os.environ.get("XDG_RUNTIME_DIR"),
        "/run" if os.geteuid() == 0 else None,
        tempfile.gettempdir(),
    ]
    for parent in filter(None, candidates):
        folder = Path(parent) / f"entrepot-{os.geteuid()}"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
        except OSError:  # not there, or not writable: the next candidate
            continue
        is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
        if is_ours and len(os.fsencode(folder)) + 17 <= LONGEST_SOCKET_FOLDER:
            return folder
    return Path(tempfile.mkdtemp(prefix="entrepot-", dir="/tmp"))
