"""Becomes another program, which the kernel (Linux) signals when the thread that started us ends.

    python tied.py SIGNAL PARENT_PID PROGRAM [ARGUMENT…]

A program of its own, because code between fork and exec is unsafe where there are threads.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ties this process to its parent and executes the program in its place."""
    number, parent, *argv = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the parent has ended already")
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    main()
