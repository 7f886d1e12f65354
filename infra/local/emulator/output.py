"""What an execution environment writes, in lines: followed as it comes, and taken to its last byte the moment an invocation ends."""

import os
import queue
import select
import threading
from contextlib import suppress
from typing import IO

PIPE_BYTES = 65536
"""As much as a pipe holds."""


class Output:
    """Of one process. ``follow`` and ``take`` may run side by side: whoever has the lock reads, and queues what it has read."""

    def __init__(self, stream: IO[bytes], lines: "queue.Queue[str]") -> None:
        self.stream = stream
        self._lines = lines
        self._begun = b""
        self._ended = False
        self._lock = threading.Lock()
        self._poll = select.poll()
        self._poll.register(stream.fileno(), select.POLLIN)

    def follow(self) -> None:
        """Until the process closes its end: a pipe that nobody empties would stop it."""
        come = select.poll()
        come.register(self.stream.fileno(), select.POLLIN)
        while not self._ended:
            come.poll()
            self.take()
        self.stream.close()

    def take(self) -> None:
        """Queues every line that was written before this call."""
        left = PIPE_BYTES
        with self._lock:
            # What is written meanwhile need not be read: a process that never stops writing would keep the caller for ever.
            while left > 0 and not self._ended and self._poll.poll(0):
                read = os.read(self.stream.fileno(), left)
                left -= len(read)
                self._split(read)

    def _split(self, read: bytes) -> None:
        *whole, self._begun = (self._begun + read).split(b"\n")
        self._ended = not read
        if self._ended and self._begun:
            whole, self._begun = [self._begun], b""
        for line in whole:
            self._queue(line.decode("utf-8", errors="replace").rstrip("\r"))

    def _queue(self, line: str) -> None:
        """When there is no room the oldest goes, for the process must not wait."""
        if self._lines.full():
            # Somebody may have taken them all in this moment, and then there is room.
            with suppress(queue.Empty):
                self._lines.get_nowait()
        self._lines.put_nowait(line)
