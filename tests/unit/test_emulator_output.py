"""What a function has logged is there when its answer is, however slow the thread that follows its output."""

import os
import queue
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import IO

import pytest

from infra.local.emulator.output import PIPE_BYTES, Output


class Pipe:
    """Both ends: a process that writes, and what is read of it."""

    def __init__(self, most: int = 10_000) -> None:
        read, write = os.pipe()
        self.stream: IO[bytes] = os.fdopen(read, "rb")
        self.process = os.fdopen(write, "wb", buffering=0)
        self._lines: queue.Queue[str] = queue.Queue(most)
        self.output = Output(self.stream, self._lines)

    def taken(self) -> list[str]:
        self.output.take()
        return self.queued()

    def queued(self) -> list[str]:
        found = []
        with suppress(queue.Empty):
            while True:
                found.append(self._lines.get_nowait())
        return found

    @contextmanager
    def followed(self) -> Iterator[None]:
        """By a thread, until the process has ended."""
        thread = Thread(target=self.output.follow)
        thread.start()
        try:
            yield
        finally:
            self.process.close()
            thread.join()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.process.close()
    made.stream.close()


def test_all_that_was_written_is_taken_although_nobody_has_followed(pipe: Pipe) -> None:
    pipe.process.write("one\r\ntwo \u8377\n\nthr".encode())
    assert pipe.taken() == ["one", "two \u8377", ""]
    pipe.process.write(b"ee\n\xff\n")
    assert pipe.taken() == ["three", "\ufffd"]
    assert pipe.taken() == []


def test_nothing_is_lost_doubled_or_late_while_it_is_followed(pipe: Pipe) -> None:
    with pipe.followed():
        for number in range(2000):
            pipe.process.write(f"{number} begins\n{number} ".encode())
            pipe.process.write(b"ends\n")
            assert pipe.taken() == [f"{number} begins", f"{number} ends"]


def test_a_full_pipe_is_taken_whole(pipe: Pipe) -> None:
    line = b"x" * 127 + b"\n"
    pipe.process.write(line * (PIPE_BYTES // len(line)))
    assert len(pipe.taken()) == PIPE_BYTES // len(line)


def test_who_follows_empties_the_pipe_to_the_end_and_closes_it(pipe: Pipe) -> None:
    with pipe.followed():
        pipe.process.write(b"x" * 127 * 10_000 + b"\nlast words")
    assert [len(x) for x in pipe.queued()] == [1_270_000, 10]
    assert pipe.stream.closed
    assert pipe.taken() == []


def test_when_nobody_takes_them_the_oldest_lines_go() -> None:
    pipe = Pipe(most=3)
    with pipe.followed():
        pipe.process.write(b"1\n2\n3\n4\n5\n")
    assert pipe.queued() == ["3", "4", "5"]
