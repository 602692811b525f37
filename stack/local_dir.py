"""The local directory of a stack: one stack at a time uses it, and `make reset` empties it."""

import fcntl
import os
import shutil
from typing import IO

from stack.errors import StackError
from stack.postgres import Postgres
from stack.settings import Settings


def lock(settings: Settings) -> IO[str]:
    """Takes the local directory for this process, until the returned file is closed.

    The system closes it however the process ends. Raises StackError if another stack has it.
    """
    file = settings.lock_path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        pid = file.read().strip()
        file.close()
        raise StackError(
            f"A stack already runs from {settings.local_dir} (pid {pid or 'unknown'}). Use it, "
            "stop it with Ctrl-C, or start another beside it: HENK_LOCAL_DIR, HENK_PORT_BASE."
        ) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def is_running(settings: Settings) -> bool:
    """Whether a stack with these settings runs and answers."""
    if not settings.stack_env_path.exists():
        return False
    try:
        lock(settings).close()
    except StackError:
        return True
    return False


def reset(settings: Settings) -> None:
    """Deletes the data, keys and logs. Raises StackError while a stack uses them."""
    if not settings.local_dir.exists():
        return
    held = lock(settings)
    try:
        Postgres(settings.data_dir, settings.postgres_port, "").recover()
        for directory in (settings.data_dir, settings.storage_dir, settings.logs_dir):
            if directory.exists():
                shutil.rmtree(directory)
        for path in (settings.applied_path, settings.keys_path, settings.stack_env_path):
            path.unlink(missing_ok=True)
        settings.lock_path.unlink(missing_ok=True)
    except OSError as error:
        raise StackError(f"Cannot delete everything in {settings.local_dir}: {error}") from None
    finally:
        held.close()
