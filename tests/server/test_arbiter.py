"""The arbiter and its workers, as real processes with a small app."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx2
import psutil
import pytest

from speechd.config.settings import Settings
from speechd.server import arbiter
from speechd.server.worker import SpeechWorker
from tests.harness.gunicorn_app import JournalingApp
from tests.harness.gunicorn_process import Process, begun, rest, running, until

STREAM = b"GET /stream?25 HTTP/1.1\r\nHost: x\r\n\r\n"  # 2.4 s, with a worker timeout of 1 s


def more_than(before: int, count: Callable[[], int]) -> bool:
    return count() > before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["term", "int"])
def test_signal_to_end_lets_streams_finish_and_exits_with_0(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as server, server.connect() as client:
        client.sendall(STREAM)
        begun(client)
        server.process.send_signal(number)
        assert rest(client).endswith(b"3\r\nend\r\n0\r\n\r\n")
        assert server.exit_code() == 0, server.log()
        assert server.count("shutdown") == 2
        assert "CRITICAL" not in server.log().upper()


def test_terminal_interrupt_that_reaches_all_processes_lets_streams_finish(tmp_path: Path) -> None:
    with running(tmp_path) as server, server.connect() as client:
        client.sendall(STREAM)
        begun(client)
        for worker in server.workers():
            worker.send_signal(signal.SIGINT)
        server.process.send_signal(signal.SIGINT)
        assert rest(client).endswith(b"3\r\nend\r\n0\r\n\r\n")
        assert server.exit_code() == 0, server.log()


def test_draining_worker_is_not_taken_to_hang(tmp_path: Path) -> None:
    with running(tmp_path) as server, server.connect() as client:
        client.sendall(STREAM)
        pid = int(begun(client).partition(b"x-pid: ")[2].split()[0])
        os.kill(pid, signal.SIGTERM)
        assert rest(client).endswith(b"3\r\nend\r\n0\r\n\r\n")
        assert "WORKER TIMEOUT" not in server.log()
        until(lambda: server.count("ready") == 3)


def test_quit_ends_at_once(tmp_path: Path) -> None:
    with running(tmp_path) as server, server.connect() as client:
        client.sendall(STREAM.replace(b"25", b"900"))
        begun(client)
        server.process.send_signal(signal.SIGQUIT)
        assert server.exit_code(5) == 0
        assert not rest(client).endswith(b"0\r\n\r\n")


def test_second_interrupt_ends_at_once(tmp_path: Path) -> None:
    with running(tmp_path) as server, server.connect() as client:
        client.sendall(STREAM.replace(b"25", b"900"))
        begun(client)
        server.process.send_signal(signal.SIGINT)
        until(lambda: not server.is_listening())
        server.process.send_signal(signal.SIGINT)
        assert server.exit_code(5) == 0


def test_stream_longer_than_the_grace_period_is_broken_off(tmp_path: Path) -> None:
    with running(tmp_path, grace_s=0.5) as server, server.connect() as client:
        client.sendall(STREAM.replace(b"25", b"900"))
        begun(client)
        server.process.send_signal(signal.SIGTERM)
        assert not rest(client).endswith(b"0\r\n\r\n")
        assert server.exit_code() == 0
        assert "grace period" in server.log()


def test_draining_server_says_so_before_it_stops_listening(tmp_path: Path) -> None:
    with running(tmp_path, drain_wait_s=1.5) as server:
        assert server.get("/ready").status_code == 200
        server.process.send_signal(signal.SIGTERM)
        until(lambda: server.get("/ready").status_code == 503)
        reply = server.get("/ready")
        assert (reply.status_code, reply.headers["connection"]) == (503, "close")
        assert server.get("/").status_code == 200
        assert server.exit_code() == 0


@pytest.mark.parametrize("where", ["fail to fork", "raise in build", "raise in lifespan", "raise in boot"])
def test_start_that_fails_twenty_times_on_respawn_leaves_the_server_up(tmp_path: Path, where: str) -> None:
    with running(tmp_path, fails=f"{where}: 3 22") as server:
        server.workers()[0].kill()
        until(lambda: server.count("ended") == 21 and len(server.workers()) == 2, what=server.log)
        failures = [line[2] for line in server.journal() if line[0] == "ended"]
        assert failures == list(range(21))
        assert server.process.poll() is None
        assert server.get().status_code == 200


@pytest.mark.parametrize("where", ["fail to fork", "raise in build", "raise in lifespan", "raise in boot"])
def test_start_that_fails_at_first_ends_the_server(tmp_path: Path, where: str) -> None:
    with running(tmp_path, fails=f"{where}: 1 99", ready=False) as server:
        assert server.exit_code() == 1
        assert "as asked" in server.log()
        assert "no worker could start" in server.log()


def test_start_that_hangs_is_ended_at_its_deadline(tmp_path: Path) -> None:
    with running(tmp_path, fails="hang in boot: 3 3", boot_timeout_s=1.5, worker_timeout_s=60) as server:
        server.workers()[0].kill()
        until(lambda: server.count("ready") == 3, what=server.log)
        assert ["ended", 0, 1] in server.journal() or ["ended", 1, 1] in server.journal()
        assert "its watchdog ended it" in server.log()
        assert "in boot\n" in server.log()  # where it hung


def test_worker_that_had_served_is_replaced_at_once_in_its_row(tmp_path: Path) -> None:
    with running(tmp_path, respawn_delay_s=30, respawn_limit_s=30) as server:
        for _ in range(5):
            before = server.count("ready")
            with pytest.raises(httpx2.RemoteProtocolError):
                server.get("/exit")
            until(partial(more_than, before, partial(server.count, "ready")), 5, server.log)
        assert {index for what, *indexes in server.journal() if what == "fork" for index in indexes} == {0, 1}


def test_stopped_worker_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        server.workers()[0].send_signal(signal.SIGSTOP)
        until(lambda: server.count("ready") == 3, what=server.log)


def test_workers_die_with_their_arbiter_and_the_port_is_free(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        workers = server.workers()
        workers[0].send_signal(signal.SIGSTOP)  # this one can see to nothing itself
        server.process.kill()
        server.process.wait(60)
        assert len(psutil.wait_procs(workers, timeout=60)[0]) == 2
        socket.create_server(("127.0.0.1", server.port)).close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """For tests that leave it as it was."""
    with running(tmp_path_factory.mktemp("shared")) as server:
        yield server


REFUSED = ("HUP", "TTIN", "TTOU", "USR1", "USR2", "WINCH")


@pytest.mark.parametrize("name", REFUSED)
def test_signals_that_change_the_workers_do_nothing(shared: Process, name: str) -> None:
    before = {worker.pid for worker in shared.workers()}
    said = shared.log().count("restart the server instead")
    shared.process.send_signal(signal.Signals[f"SIG{name}"])
    until(lambda: shared.log().count("restart the server instead") > said)
    assert {worker.pid for worker in shared.workers()} == before
    assert shared.get().status_code == 200


@pytest.mark.parametrize("name", [*REFUSED, "ALRM", "VTALRM", "PROF", "IO", "PIPE", "CHLD", "CONT", "URG"])
def test_signals_to_the_group_of_processes_cut_nothing(shared: Process, name: str) -> None:
    before = {worker.pid for worker in shared.workers()}
    with shared.connect() as client:
        client.sendall(b"GET /stream?5 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        begun(client)
        os.killpg(shared.process.pid, signal.Signals[f"SIG{name}"])
        assert rest(client).endswith(b"3\r\nend\r\n0\r\n\r\n")
    assert {worker.pid for worker in shared.workers()} == before
    assert shared.process.poll() is None


def unread(make: Callable[[], tuple[int, int]]) -> tuple[int, int]:
    """Both ends of what is full, and blocks whoever writes to it."""
    read, write = make()
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write, bytes(1 << 12))
    os.set_blocking(write, True)
    return read, write


def sockets() -> tuple[int, int]:
    ours, theirs = socket.socketpair()
    return ours.detach(), theirs.detach()


@pytest.mark.parametrize("make", [os.pipe, sockets])
def test_log_that_nobody_reads_holds_nobody_up(tmp_path: Path, make: Callable[[], tuple[int, int]]) -> None:
    read, write = unread(make)
    with running(tmp_path, stderr=write) as server:
        with pytest.raises(httpx2.RemoteProtocolError):
            server.get("/exit")
        until(lambda: server.count("ready") == 3)
        server.workers()[0].send_signal(signal.SIGSTOP)
        until(lambda: server.count("ready") == 4)
        assert server.get().status_code == 200
        server.process.terminate()
        assert server.exit_code() == 0
    os.close(read)
    os.close(write)


def test_watchdog_waits_for_no_reader(tmp_path: Path) -> None:
    read, write = unread(os.pipe)
    with running(tmp_path, fails="hang in boot: 3 3", boot_timeout_s=1.5, worker_timeout_s=60, stderr=write) as server:
        server.workers()[0].kill()
        until(lambda: server.count("ready") == 3)
    os.close(read)
    os.close(write)


def test_arbiter_has_one_thread(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        assert psutil.Process(server.process.pid).num_threads() == 1


def test_settings_reach_uvicorn_and_gunicorn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL", str(tmp_path / "journal"))
    settings = Settings(host="::1", port=1234, workers=3, grace_s=1.5, drain_wait_s=2.0, worker_timeout_s=7)
    application = arbiter.Application(settings, JournalingApp(settings))
    cfg = application.cfg
    assert (cfg.bind, cfg.workers, cfg.timeout) == (["[::1]:1234"], 3, 7)
    assert cfg.graceful_timeout >= 1.5 + 2.0
    worker = SpeechWorker(1, os.getpid(), [], application, cfg.timeout, cfg, arbiter.RootLogger(cfg))
    assert worker.config.timeout_graceful_shutdown == 1.5
    # The SDK keeps idle connections for 5 s, load balancers for 60 s: whoever closes later does not race them.
    assert worker.config.timeout_keep_alive >= 65
    worker.tmp.close()


def test_unread_data_is_bounded_on_what_a_listener_accepts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as gunicorn does
        arbiter._limit_unread(listener, 30.0)
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            # The kernel reports twice what was asked for: its own bookkeeping is in it.
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 2 * arbiter.SEND_BUFFER_BYTES
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_client_that_never_reads_takes_little_and_is_dropped(tmp_path: Path) -> None:
    with running(tmp_path) as server, server.connect() as client:
        client.sendall(b"GET /flood HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: server.count("flooded") == 1)
        (sent,) = (line[1] for line in server.journal() if line[0] == "flooded")
        assert sent < 1 << 20  # with the kernel's own choice of buffers: 2.6 to 4 MB
        assert not rest(client).endswith(b"0\r\n\r\n")
