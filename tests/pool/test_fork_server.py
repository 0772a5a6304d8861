from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path

import psutil
import pytest

from speechd.pool.fork_server import IGNORED, ForkServer, ForkServerGone, Serve
from tests.harness.forks import in_fresh_process, until


def prepared() -> Serve:
    """Children that say who they are, and then give back what they are sent; b"files": which they have open."""
    made_in = os.getpid()

    def serve(sock: socket.socket) -> None:
        sock.send(f"{os.getpid()} {os.getppid()} {made_in}".encode())
        while data := sock.recv(100):
            sock.send(str(sorted(map(int, os.listdir("/proc/self/fd")))).encode() if data == b"files" else data)

    return serve


def spawned(server: ForkServer) -> tuple[socket.socket, int]:
    child = server.spawn()
    pid, parent, made_in = map(int, child.recv(100).split())
    assert parent == made_in == server.pid
    return child, pid


def is_gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@in_fresh_process
def test_children_are_forked_from_what_was_prepared_once() -> None:
    server = ForkServer(prepared)
    children = [spawned(server) for _ in range(3)]
    assert len({pid for _, pid in children}) == 3
    for child, _ in children:
        child.send(b"hello")
        assert child.recv(100) == b"hello"


@in_fresh_process
def test_child_has_none_of_this_process_files_but_its_socket() -> None:
    with Path(os.devnull).open() as kept, socket.socket() as connection:
        server = ForkServer(prepared)
        child, _ = spawned(server)
        child.send(b"files")
        files = json.loads(child.recv(1000))
        assert len(files) <= 5, files  # the standard ones, the socket, and the folder that was listed
        assert {kept.fileno(), connection.fileno()}.isdisjoint(files[:-2])


@in_fresh_process
def test_death_of_a_child_is_the_end_of_its_socket_and_another_can_come() -> None:
    server = ForkServer(prepared)
    for _ in range(20):
        child, pid = spawned(server)
        server.kill(pid)
        assert child.recv(100) == b""
        server.ended(pid)
    child, pid = spawned(server)
    until(lambda: [each.pid for each in psutil.Process(server.pid).children()] == [pid])  # none is left unburied


@in_fresh_process
def test_child_ends_when_its_socket_is_closed() -> None:
    server = ForkServer(prepared)
    child, pid = spawned(server)
    child.close()
    until(lambda: is_gone(pid))


@in_fresh_process
def test_no_child_is_buried_before_its_end_is_told() -> None:
    server = ForkServer(prepared)
    child, pid = spawned(server)
    server.kill(pid)
    assert child.recv(100) == b""
    spawned(server)
    # Its number is nobody else's. The socket ends some way before the process does.
    until(lambda: psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


@in_fresh_process
def test_signals_to_the_whole_group_end_nobody() -> None:
    server = ForkServer(prepared)
    child, pid = spawned(server)
    for number in IGNORED:
        os.kill(pid, number)
        os.kill(server.pid, number)
    child.send(b"still here")
    assert child.recv(100) == b"still here"
    spawned(server)


@in_fresh_process
def test_all_end_with_their_parent() -> None:
    ours, theirs = socket.socketpair()
    worker = os.fork()
    if not worker:
        server = ForkServer(prepared)
        _, pid = spawned(server)
        theirs.send(f"{server.pid} {pid}".encode())
        signal.pause()
    pids = [int(pid) for pid in ours.recv(100).split()]
    os.kill(worker, signal.SIGKILL)
    until(lambda: all(map(is_gone, pids)))


@in_fresh_process
def test_a_fork_server_that_has_died_is_told_of() -> None:
    server = ForkServer(prepared)
    os.kill(server.pid, signal.SIGKILL)
    os.waitpid(server.pid, 0)
    with pytest.raises(ForkServerGone):
        server.spawn()


@in_fresh_process
def test_where_no_process_is_to_be_had_the_socket_ends() -> None:
    def without_forks() -> Serve:
        def no_fork() -> int:
            raise BlockingIOError

        os.fork = no_fork
        return prepared()

    server = ForkServer(without_forks)
    assert server.spawn().recv(100) == b""
    assert server.spawn().recv(100) == b""


@in_fresh_process
def test_failure_to_prepare_ends_it() -> None:
    def fails() -> Serve:
        raise ValueError("as asked")

    server = ForkServer(fails)
    assert os.waitstatus_to_exitcode(os.waitpid(server.pid, 0)[1]) == 70


def test_names_of_signals_are_right() -> None:
    assert {signal.SIGHUP, signal.SIGINT, signal.SIGTERM} <= set(IGNORED)
    assert signal.SIGCHLD not in IGNORED
