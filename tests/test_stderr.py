"""Lines that nobody reads hold nobody up; they are counted, and the rest comes whole and in order."""

import contextlib
import errno
import os
import select
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable

import pytest

from speechd import stderr
from speechd.stderr import WAITING_BYTES, Lines


class Reader:
    """A reader that takes so many bytes."""

    def __init__(self, room: int = 0) -> None:
        self.room = room
        self.data = b""
        self.error: OSError | None = None

    def put(self, data: bytes) -> int:
        if self.error:
            raise self.error
        taken = data[: self.room]
        if not taken:
            raise BlockingIOError
        self.room -= len(taken)
        self.data += taken
        return len(taken)

    def lines(self) -> list[str]:
        return self.data.decode().splitlines()


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def lines(reader: Reader) -> Lines:
    return Lines(reader.put, "{} lost".format)


def test_lines_that_cannot_be_written_wait_for_the_next(reader: Reader, lines: Lines) -> None:
    for number in range(3):
        lines.write(f"line {number}")
    assert reader.data == b""
    reader.room = 1000
    lines.write("line 3")
    assert reader.lines() == ["line 0", "line 1", "line 2", "line 3"]


def test_line_of_which_a_part_was_written_is_ended(reader: Reader, lines: Lines) -> None:
    reader.room = 4
    lines.write("abcdefgh")
    assert reader.data == b"abcd"
    reader.room = 1000
    lines.flush()
    assert reader.data == b"abcdefgh\n"


def test_lines_that_do_not_fit_are_counted_before_the_next_that_does(reader: Reader, lines: Lines) -> None:
    line = "x" * 999
    fit = WAITING_BYTES // 1000
    for _ in range(fit + 7):
        lines.write(line)
    reader.room = 10 * WAITING_BYTES
    lines.write("next")
    lines.write("after")
    assert reader.lines() == [*[line] * fit, "7 lost", "next", "after"]


def test_memory_for_waiting_lines_is_bounded(reader: Reader, lines: Lines) -> None:
    for _ in range(10):
        lines.write("x" * WAITING_BYTES * 3)
    reader.room = 10 * WAITING_BYTES
    lines.flush()
    assert len(reader.data) == WAITING_BYTES


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOSPC, errno.EIO])
def test_reader_that_has_gone_raises_nothing_and_may_come_back(reader: Reader, lines: Lines, number: int) -> None:
    reader.error = OSError(number, "as asked")
    lines.write("one")
    lines.write("two")
    reader.error, reader.room = None, 1000
    lines.write("three")
    assert reader.lines() == ["2 lost", "three"]


def test_lone_surrogates_are_written_as_escapes(reader: Reader, lines: Lines) -> None:
    reader.room = 1000
    lines.write("\ud800")
    assert reader.data == b"\\ud800\n"


def test_forked_process_leaves_to_its_parent_what_waits() -> None:
    read, write = os.pipe()
    full, room = "x" * 100, Reader()
    lines = Lines(room.put, str)
    lines.write(full)
    child = os.fork()
    if not child:
        room.room = 1000
        lines.write("of the child")
        os.write(write, room.data)
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as said:
        assert said.read() == "of the child\n"
    room.room = 1000
    lines.flush()
    assert room.lines() == [full]


def pipe() -> tuple[int, int]:
    return os.pipe()


def sockets() -> tuple[int, int]:
    ours, theirs = socket.socketpair()
    return ours.detach(), theirs.detach()


def terminal() -> tuple[int, int]:
    return os.openpty()


TAKE = """
    import os, sys, warnings
    from speechd import stderr
    before = os.get_blocking(2)
    reopened = os.open
    if sys.argv[2] == "not ours":
        def refuse(*arguments):
            raise PermissionError
        os.open = refuse
    lines = stderr.make_nonblocking(str)
    os.open = reopened
    stderr.redirect_prints(lines.write)
    shared = os.get_blocking(0)  # the same as standard error, for the shell
    for number in range(600):
        lines.write("x" * 999)
        print("printed")
        warnings.warn("warned", stacklevel=1)
    with stderr.blocking() as blocking:
        os.write(int(sys.argv[1]), b"%d%d%d" % (before, shared, os.get_blocking(blocking)))
"""


@pytest.mark.parametrize("whose", ["ours", "not ours"])
@pytest.mark.parametrize("make", [pipe, sockets, terminal])
def test_nothing_waits_for_a_reader_and_nothing_is_changed_for_others(
    make: Callable[[], tuple[int, int]], whose: str
) -> None:
    read, write = make()
    told, tell = os.pipe()
    command = [sys.executable, "-W", "always", "-c", textwrap.dedent(TAKE), str(tell), whose]
    subprocess.run(command, stdin=write, stdout=write, stderr=write, pass_fds=[tell], timeout=240, check=True)
    assert os.read(told, 3) == b"111"
    assert os.get_blocking(write)
    assert os.read(read, 99) == b"x" * 99  # what was written before nobody read
    for each in (read, write, told, tell):
        os.close(each)


def test_descriptor_that_cannot_be_opened_again_is_written_only_while_it_is_ready() -> None:
    read, write = os.pipe()
    written = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            written += stderr._put_if_ready(write, b"x" * select.PIPE_BUF)
    assert written >= select.PIPE_BUF
    os.read(read, written)
    assert stderr._put_if_ready(write, b"again") == 5
    os.close(read)
    os.close(write)


FILL = (
    "import os; from speechd import stderr; stderr.open_missing(); "
    "print([os.fstat(n).st_rdev for n in range(3)], file={to})"
)


@pytest.mark.parametrize(("closed", "to"), [("2>&-", "None"), ("<&-", "None"), ("<&- 2>&-", "None")])
def test_closed_streams_are_opened_on_the_null_device(closed: str, to: str) -> None:
    command = ["sh", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, FILL.format(to=to)]
    devices = subprocess.run(command, input=b"", capture_output=True, timeout=240, check=True).stdout.decode()
    null = os.stat(os.devnull).st_rdev
    assert devices.count(str(null)) == closed.count("&-")
