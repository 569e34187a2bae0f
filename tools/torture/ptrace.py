"""What the kernel lets one process do to another: ptrace(2), and the filter that says at which calls it stops.

Only what is needed here, on x86-64. The filter is made by libseccomp, which also knows the numbers of calls by name.
"""

import ctypes
import os
import struct

CONT, KILL, GETREGS, SETREGS, GETEVENTMSG = 7, 8, 12, 13, 0x4201
SEIZE, LISTEN = 0x4206, 0x4208
EVENT_FORK, EVENT_VFORK, EVENT_CLONE, EVENT_EXEC, EVENT_SECCOMP, EVENT_STOP = 1, 2, 3, 4, 7, 128
# What is traced ends with the tracer.
OPTION_EXITKILL = 1 << 20
OPTIONS = OPTION_EXITKILL | 1 << EVENT_FORK | 1 << EVENT_VFORK | 1 << EVENT_CLONE | 1 << EVENT_EXEC | 1 << EVENT_SECCOMP
WALL = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long
_seccomp = ctypes.CDLL("libseccomp.so.2")
_seccomp.seccomp_init.restype = ctypes.c_void_p
_seccomp.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
_seccomp.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32]
_seccomp.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p]
_seccomp.seccomp_load.argtypes = [ctypes.c_void_p]
_ALLOW, _TRACE, _ATTRIBUTE_NO_NEW_PRIVS = 0x7FFF0000, 0x7FF00000, 3

# struct user_regs_struct, as far as it matters.
_REGISTERS = struct.Struct("27Q")
_RAX, _ORIG_RAX = 10, 15
# rdi rsi rdx r10 r8 r9
_ARGUMENTS = (14, 13, 12, 7, 9, 8)


class Gone(Exception):
    """Somebody has killed the process meanwhile."""


def request(what: int, pid: int, address: int = 0, data: object = 0) -> None:
    ctypes.set_errno(0)
    if _libc.ptrace(what, pid, address, data) == -1 and (error := ctypes.get_errno()):
        raise Gone(pid) if error == 3 else OSError(error, f"ptrace({what}, {pid}): {os.strerror(error)}")


def event_message(pid: int) -> int:
    message = ctypes.c_ulong()
    request(GETEVENTMSG, pid, 0, ctypes.addressof(message))
    return message.value


class Registers:
    """Those of a process that stands before a call."""

    def __init__(self, pid: int):
        self.pid = pid
        self.buffer = ctypes.create_string_buffer(_REGISTERS.size)
        request(GETREGS, pid, 0, ctypes.addressof(self.buffer))
        self.values = list(_REGISTERS.unpack(self.buffer.raw))

    @property
    def number(self) -> int:
        return self.values[_ORIG_RAX]

    def argument(self, index: int) -> int:
        return self.values[_ARGUMENTS[index]]

    def descriptor(self, index: int) -> int:
        """An argument that is an int, which may be negative."""
        return ctypes.c_int(self.argument(index) & 0xFFFFFFFF).value

    def set_argument(self, index: int, value: int) -> None:
        self.values[_ARGUMENTS[index]] = value
        self._write()

    def answer(self, value: int) -> None:
        """The call isn't made; this is what it returns."""
        self.values[_ORIG_RAX] = 2**64 - 1
        self.values[_RAX] = value % 2**64
        self._write()

    def _write(self) -> None:
        self.buffer.raw = _REGISTERS.pack(*self.values)
        request(SETREGS, self.pid, 0, ctypes.addressof(self.buffer))


def call_number(name: str) -> int:
    """Negative if this processor has no such call."""
    return _seccomp.seccomp_syscall_resolve_name(name.encode())


def stop_at(numbers: list[int]) -> None:
    """From here on, this process and all that it starts stop for their tracer before each of these calls.

    Without no_new_privs, which root need not set: newuidmap is to have its set-user-ID bit.
    """
    context = _seccomp.seccomp_init(_ALLOW)
    failed = _seccomp.seccomp_attr_set(context, _ATTRIBUTE_NO_NEW_PRIVS, 0)
    for number in numbers:
        failed = failed or _seccomp.seccomp_rule_add_array(context, _TRACE, number, 0, None)
    failed = failed or _seccomp.seccomp_load(context)
    if failed:
        raise OSError(-failed, f"can't load a filter of system calls: {os.strerror(-failed)}")
