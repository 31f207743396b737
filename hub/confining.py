"""Giving up, for good, all that opening a stranger's file does not need.

Programs that do so load it by its path: they start bare, and it imports nothing of the hub.
"""

import ctypes
import os
import resource
import struct
from contextlib import suppress

_NOBODY = 65534

# The system calls left once the file is to be opened: memory, its own threads and signals, the clock, the
# pipes it already has, the end. Source: the kernel's unistd.h; read write close fstat lseek mmap mprotect
# munmap brk rt_sigaction rt_sigprocmask rt_sigreturn sched_yield mremap madvise nanosleep getpid exit
# gettimeofday sigaltstack gettid futex sched_getaffinity clock_gettime clock_nanosleep exit_group
# set_robust_list getrandom rseq.
_X86_64_CALLS = (
    *(0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 28, 35, 39, 60, 96, 131),
    *(186, 202, 204, 228, 230, 231, 273, 318, 334),
)
_AARCH64_CALLS = (
    *(63, 64, 57, 80, 62, 222, 226, 215, 214, 134, 135, 139, 124, 216, 233, 101, 172, 93, 169, 132),
    *(178, 98, 123, 113, 115, 94, 99, 278, 293),
)
# machine: (its number in linux/audit.h, calls, clone)
_MACHINES = {"x86_64": (0xC000003E, _X86_64_CALLS, 56), "aarch64": (0xC00000B7, _AARCH64_CALLS, 220)}
_CLONE3 = 435


def confine(*, memory_bytes: int, cpu_s: int, threads: bool) -> None:
    """Give up, for good, all that opening a file does not need: files, sockets, processes, rights."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")
    if os.geteuid() == 0:
        with suppress(OSError):
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 0,
        resource.RLIMIT_CPU: cpu_s,
        resource.RLIMIT_AS: memory_bytes,
    }
    if not threads:
        limits[resource.RLIMIT_NPROC] = 0
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))
    allow_few_system_calls()


def allow_few_system_calls() -> None:
    """Leave this process only the calls listed above, where the kernel can hold it to them (seccomp).

    Without this a process taken over by its file could still reach into the hub's own processes, which run
    under the same user.
    """
    if os.uname().machine not in _MACHINES:
        return
    machine, calls, clone = _MACHINES[os.uname().machine]
    load, equal, bit_set, answer = 0x20, 0x15, 0x45, 0x06
    allow, refuse, unknown, kill = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
    # Each step: what to do, how many steps to skip if so, if not, the number meant. A new thread is a clone
    # with CLONE_THREAD (0x10000); clone3 hides its flags; where it is unknown the C library uses clone.
    steps = [(load, 0, 0, 4), (equal, 1, 0, machine), (answer, 0, 0, kill), (load, 0, 0, 0)]
    for call in calls:
        steps += [(equal, 0, 1, call), (answer, 0, 0, allow)]
    steps += [(equal, 0, 1, _CLONE3), (answer, 0, 0, unknown), (equal, 1, 0, clone), (answer, 0, 0, refuse)]
    steps += [(load, 0, 0, 16), (bit_set, 0, 1, 0x10000), (answer, 0, 0, allow), (answer, 0, 0, refuse)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    with suppress(OSError, AttributeError):
        prctl = ctypes.CDLL(None).prctl
        no_new_privs, seccomp, by_filter = 38, 22, 2
        prctl(no_new_privs, 1, 0, 0, 0)
        prctl(seccomp, by_filter, program, 0, 0)
