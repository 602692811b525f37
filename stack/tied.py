"""Executes a program to which the kernel (Linux) sends a signal when our parent thread ends.

    python tied.py SIGNAL PARENT_PID PROGRAM [ARGUMENT…]

A separate program, because Python code between fork and exec is unsafe if there are threads.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ties this process to its parent, then replaces it with the program."""
    number, parent, *argv = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the parent has ended already")
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    main()
