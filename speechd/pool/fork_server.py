"""A fork server (as Chromium's zygote): a process that stays as it was when this one had a single thread, and forks.

    worker ── socket of a new child ──▶ fork server ── fork ──▶ child ◀── the other end of that socket ── worker

What may crash, hang or grow on what a client has sent runs in a child: it is replaced in milliseconds, for all that it
needs is there by copy-on-write, and nothing else ends with it. The fork server itself never sees a client's data.
"""

from __future__ import annotations

import array
import gc
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final, NoReturn

from speechd.machine import end_with
from speechd.pool.ipc import KIND

PIDS_AT_ONCE: Final = 1024
"""Children whose ends one request tells of, at most; more wait for the next."""

STANDARD: Final = 2
"""The last of the standard descriptors, which children keep."""

IGNORED: Final = tuple(
    number
    for name in "SIGHUP SIGINT SIGQUIT SIGTERM SIGUSR1 SIGUSR2 SIGALRM SIGTTIN SIGTTOU SIGTSTP SIGPIPE SIGWINCH".split()
    if (number := getattr(signal, name, None)) is not None
)
"""Signals that a whole process group or control group gets (Ctrl-C, systemd). A worker then drains, and needs its
children."""

Serve = Callable[[socket.socket], None]
"""The work of a child, with its end of a stream socket, until it reads the end of file; then it ends."""


class ForkServerGone(Exception):
    """The fork server has died: this process can have no more children, and is to be replaced."""


class ForkServer:
    """A fork server, as the process that made it sees it, which had one thread then. It and its children end with that
    process, however that ends."""

    def __init__(self, prepare: Callable[[], Serve]) -> None:
        """prepare: called once in the fork server, before the first child is forked, to do what children are to find
        done; it returns the work of each of them."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, KIND)
        self._ended: list[int] = []
        parent = os.getpid()
        self.pid = os.fork()
        if not self.pid:
            _never_return(lambda: _run(theirs, prepare, parent))
        theirs.close()

    def spawn(self) -> socket.socket:
        """Fork a child; returns this process's end of its socket, at once: what is written is read when the child
        lives, and the socket reads as ended if no process could be had. Raises `ForkServerGone`, and `OSError` without
        descriptors."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        ended, self._ended = self._ended[:PIDS_AT_ONCE], self._ended[PIDS_AT_ONCE:]
        try:
            socket.send_fds(self._control, [array.array("i", [0, *ended]).tobytes()], [theirs.fileno()])
        except ConnectionError as error:
            ours.close()
            raise ForkServerGone from error
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        return ours

    def kill(self, pid: int) -> None:
        """Kill a child, which has told its number. No other process can have that until `ended` is called with it."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def ended(self, pid: int) -> None:
        """Note that the socket of this child has reached its end, so that its number may be given to others."""
        self._ended.append(pid)

    def close(self) -> None:
        """End the fork server; children end when their sockets are closed."""
        self._control.close()


def _never_return(body: Callable[[], object]) -> NoReturn:
    """Do this and end, without what an interpreter does at its end, which is for its parent to do."""
    status = os.EX_SOFTWARE
    try:
        body()
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def _run(control: socket.socket, prepare: Callable[[], Serve], parent: int) -> None:
    end_with(parent)
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGCHLD, signal.SIGPROF):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    gc.collect()  # before the descriptors go: nothing that owns one is to be found later, when its number is another's
    _close_all_but(control.fileno())
    _dump_no_core()
    serve = prepare()
    gc.collect()
    gc.freeze()
    for sock in _requests(control):
        _fork(control, sock, serve)


def _requests(control: socket.socket) -> Iterator[socket.socket]:
    """The sockets of children to come. Those that the parent knows to have ended are reaped meanwhile."""
    while True:
        message, files, _, _ = socket.recv_fds(control, 4 * (PIDS_AT_ONCE + 1), 1)
        if not message:
            return
        _reap(array.array("i", message)[1:])
        if files:  # else this process may open no more, and the parent reads the end of file
            yield socket.socket(fileno=files[0])


def _fork(control: socket.socket, sock: socket.socket, serve: Serve) -> None:
    parent = os.getpid()
    with sock, suppress(OSError):  # no process is to be had: the parent reads the end of file, and asks again
        if not os.fork():
            control.close()
            end_with(parent)
            _never_return(lambda: serve(sock))


def _reap(pids: Iterable[int]) -> None:
    for pid in pids:
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _close_all_but(kept: int) -> None:
    """Close the server's files: a client is to see its connection end when the worker closes it, and not later."""
    for number in map(int, os.listdir("/dev/fd")):
        if number > STANDARD and number != kept:
            with suppress(OSError):  # that of the listing
                os.close(number)


def _dump_no_core() -> None:
    """Have no core dumped: a child may crash any day, has the model mapped, and a client's text in hand. A limit of 1
    also keeps the kernel from piping the core to a program (core(5), Linux's fs/coredump.c)."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (1 if hard == resource.RLIM_INFINITY else min(1, hard), hard))
