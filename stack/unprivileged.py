"""Runs Postgres as another user if we are root, because Postgres refuses to run as root."""

import os
import pwd
import shutil
import signal
import subprocess

from stack.settings import CHECKOUT

UNPRIVILEGED_USER = "nobody"


class Runner:
    """How to run a program that refuses to run as root: a command prefix, or another user."""

    def __init__(self, prefix: list[str], user: str | None, hint: str = "") -> None:
        self.prefix = prefix
        self.user = user
        self.hint = hint

    @property
    def unprivileged(self) -> bool:
        """Whether the program runs as a user other than ours."""
        return bool(self.prefix) or self.user is not None

    @classmethod
    def of_this_user(cls) -> "Runner":
        """No change for a normal user; `nobody` for root, with access to root's directories.

        The checkout of root is often below a directory that only root can enter (`/root`,
        `mktemp -d`). So `nobody` keeps one capability of root, which ignores file permissions:
        CAP_DAC_OVERRIDE. The secure bit makes access(2), by which Postgres finds its programs,
        use that capability too.
        """
        if os.geteuid() != 0:
            return cls([], None)
        setpriv = shutil.which("setpriv")
        if setpriv is not None:
            prefix = [
                setpriv,
                f"--reuid={UNPRIVILEGED_USER}",
                f"--regid={_group_of(UNPRIVILEGED_USER)}",
                "--clear-groups",
                "--inh-caps=-all,+dac_override",
                "--ambient-caps=-all,+dac_override",
                "--bounding-set=-all,+dac_override",
                "--securebits=+no_setuid_fixup",
                # Set here, because the change of user clears the signal that the parent has set.
                f"--pdeathsig={signal.SIGINT.name.removeprefix('SIG')}",
            ]
            if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
                return cls(prefix, None)
        return cls(
            [],
            UNPRIVILEGED_USER,
            hint=(
                f"\nAs root, Postgres runs as {UNPRIVILEGED_USER}, who must be able to enter "
                f"{CHECKOUT}. Run as another user, or move the checkout."
            ),
        )


def _group_of(user: str) -> int:
    return pwd.getpwnam(user).pw_gid
