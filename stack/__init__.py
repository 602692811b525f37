"""The local stack: Postgres, the Supabase APIs, the simulator and the functions on one machine.

    python -m stack run      start everything, seeded, and wait
    python -m stack reset    delete the local data
    python -m stack call     place a call as the demo rep and check the row it leaves

Tests start their own: `with Stack(Settings.load(local_dir=…, port_base=…)) as stack: stack.env[…]`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stack.errors import StackError
    from stack.postgres import Postgres
    from stack.settings import Settings
    from stack.stack import Stack

__all__ = ["Postgres", "Settings", "Stack", "StackError"]

_MODULES = {
    "Postgres": "postgres",
    "Settings": "settings",
    "Stack": "stack",
    "StackError": "errors",
}


def __getattr__(name: str) -> object:
    """Imports a module when something of it is used first. Each process of a stack imports this
    package, and most need none of it: all of it takes half a second."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
