"""The local stack: Postgres, the Supabase APIs, the simulator and the functions on one machine.

    python -m stack run      start everything, seeded, and wait
    python -m stack reset    delete the local data
    python -m stack call     place a call as the demo rep and check the row it leaves

Tests start their own: `with Stack(Settings.load(local_dir=…, port_base=…)) as stack: stack.env[…]`.
"""

from stack.errors import StackError
from stack.postgres import Postgres
from stack.settings import Settings
from stack.stack import Stack

__all__ = ["Postgres", "Settings", "Stack", "StackError"]
