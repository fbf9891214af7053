"""Run as a script: binds itself to its parent, becomes another user if told, then becomes the command that follows.

A program of its own, because Python could only do this between fork and exec. gRPC hooks into every fork of a process that talks gRPC
and crashes the child there more often than not when calls are under way; without such work Python uses vfork, where nothing is hooked.
It imports nothing of ours, and little at all: it runs before each process that we start.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)
OURS = "-"  # no other user


def main() -> None:
    """Arguments: the parent's process id, the signal for when it dies, user id and group id (`-`: as they are), the command."""
    parent, death_signal, uid, gid, *command = sys.argv[1:]
    if OURS not in (uid, gid):
        os.setgroups([])  # none of root's further groups goes along
        os.setgid(int(gid))
        os.setuid(int(uid))
    if sys.platform == "linux":  # after the change of user, which resets it
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal))
    if os.getppid() != int(parent):  # it died before the call
        sys.exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606 -- the command is built by us
    except OSError as error:
        sys.exit(f"{command[0]} cannot be started: {error.strerror}")


if __name__ == "__main__":
    main()
