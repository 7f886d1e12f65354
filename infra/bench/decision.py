"""How many decisions one core makes in a second."""

import time

from infra.bench.cases import decided_cases
from infra.bench.number import Number
from stopship.domain.decide import decide_leg

SECONDS = 0.5
ROUNDS = 4
WANTED = 50_000.0


def decision_speed() -> list[Number]:
    """The best of a few rounds: what else runs on the machine only ever takes away."""
    return [Number("decide()", max(_speed() for _ in range(ROUNDS)), WANTED, "cases/s", at_least=True)]


def _speed() -> float:
    cases, policy, now = decided_cases()
    count, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < SECONDS:
        for case, leg in cases:
            decide_leg(case, leg, policy, now)
        count += len(cases)
    return count / elapsed
