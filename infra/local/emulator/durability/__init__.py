"""The account outlives a killed process, as an AWS account outlives anything that happens to a caller.

MiniStack saves its state when it is asked to stop; killed, it comes back as it last stopped. Here

- what changes all the time is written through to a journal before the answer leaves: DynamoDB items and their stream,
  SQS messages, executions, sent mail, schedules;
- what changes seldom, everything a template or a control-plane call makes, is saved whole before the answer leaves;
- metrics and logs are saved every few seconds.

S3 objects MiniStack itself writes through. A running execution does not survive: it comes back FAILED with
States.ServiceRestart.
"""

from collections.abc import Callable
from pathlib import Path

from infra.local.emulator.durability import control_plane, executions, items, mail, messages, schedules
from infra.local.emulator.durability.journal import Journal
from infra.local.emulator.vendor import module, replace

PARTS = (items, messages, executions, mail, schedules)


def _restored(stock: Callable[[], None], journal: Journal) -> Callable[[], None]:
    def restore() -> None:
        # Nothing may be delivered before everything is back.
        functions = module("services.lambda_svc")
        start_poller = functions._ensure_poller
        functions._ensure_poller = lambda: None
        try:
            stock()
            for part in PARTS:
                part.restore(journal)
        finally:
            functions._ensure_poller = start_poller
        if functions._esms.has_any():
            start_poller()

    return restore


def apply(journal_file: Path, state_directory: Path) -> Journal:
    """Begin to write through; to be called after the overlay, whose corrections it wraps."""
    journal = Journal(journal_file)
    for part in PARTS:
        part.apply(journal)
    control_plane.apply(state_directory)
    replace(module("app"), "_load_persisted_state", lambda stock: _restored(stock, journal))
    return journal
