"""Run as a script, with a process id and a command line: executes it, and lets it end when that parent does.

A killed release must not leave an upload behind. Between fork and execution nothing of ours can run safely, since a
signal that arrives there would be lost; so this little program stands between (prctl(2), PR_SET_PDEATHSIG; it outlasts
execve). Uses the standard library alone, and nothing of this package.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_SET_DEATH_SIGNAL = 1


def main() -> None:
    """Execute the command line; does not return."""
    parent, *argv = sys.argv[1:]
    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the release that started this is gone")
    try:
        os.execvp(argv[0], argv)  # nosec B606 - the command line is the caller's
    except OSError as error:
        sys.exit(f"{argv[0]} can not be run: {error.strerror}")


if __name__ == "__main__":
    main()
