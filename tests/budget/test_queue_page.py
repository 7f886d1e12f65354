"""What the queue page reads does not grow with the queue."""

import pytest

from infra.bench.queue import FEW, MANY, Queue
from stopship.application.view_queue import PAGE


@pytest.mark.parametrize("number", [FEW, MANY])
def test_a_page_reads_its_rows_and_one_more_however_many_are_open(number: int) -> None:
    assert Queue(number).items_read() == PAGE + 1
