"""Become PostgreSQL: drop root, ask the kernel to end us with our owner, exec. A script, never imported.

    python -I -S launch.py IDENTITY OWNER PROGRAM ARGUMENT...   become the program
    python -I -S launch.py IDENTITY OWNER --reach PATH...       fail with what IDENTITY may not enter

IDENTITY is `self:0:0`, `user:UID:GID` or `namespace:UID:GID`; OWNER is the process id that started us.
It is a program of its own because code between fork and exec is unsafe in a process with threads, and only a
process with a single thread may enter a user namespace. It imports little, since every start waits for it.
"""

import ctypes
import os
import sys

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
SIGINT = 2  # PostgreSQL's "fast shutdown"


def call(name: str, *arguments: int) -> None:
    """Call one function of the C library and raise what it reports in errno."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def write(path: str, text: str) -> None:
    """Write one of the kernel's settings, in the single call that it insists on."""
    descriptor = os.open(path, os.O_WRONLY)
    os.write(descriptor, text.encode())
    os.close(descriptor)


def become(kind: str, uid: int, gid: int) -> None:
    """Take the identity, for good."""
    if kind == "user":
        os.setgroups([gid])
        os.setgid(gid)
        os.setuid(uid)
    elif kind == "namespace":
        # Our own user is called `uid` in there: PostgreSQL sees no root, files see no difference.
        outside_uid, outside_gid = os.geteuid(), os.getegid()
        call("unshare", CLONE_NEWUSER)
        write("/proc/self/setgroups", "deny")
        write("/proc/self/uid_map", f"{uid} {outside_uid} 1")
        write("/proc/self/gid_map", f"{gid} {outside_gid} 1")


def end_with(owner: int) -> None:
    """Have the kernel interrupt us when the thread that started us ends; a change of user would undo it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).signal(SIGINT, None)  # a shell's background jobs inherit it ignored
        call("prctl", PR_SET_PDEATHSIG, SIGINT, 0, 0, 0)
        if os.getppid() != owner:
            sys.exit("the process that started PostgreSQL is gone")


def obstacle(paths: list[str]) -> str | None:
    """Return which folder or file on the way to one of the paths we may not enter or execute."""
    for path in paths:
        for end in (*[place for place, letter in enumerate(path) if letter == "/"][1:], len(path)):
            if not os.access(path[:end], os.X_OK):
                return f"may not enter {path[:end]}"
    return None


def main(identity: str, owner: str, program: str, *arguments: str) -> None:
    """Do what the module says."""
    kind, uid, gid = identity.split(":")
    try:
        become(kind, int(uid), int(gid))
    except OSError as error:
        sys.exit(error.strerror)
    if program == "--reach":
        sys.exit(obstacle(list(arguments)))
    end_with(int(owner))
    os.execv(program, [program, *arguments])  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])
