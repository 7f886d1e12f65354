"""Whose week it is."""

import pytest

from stopship.domain.rota import Rota, on_duty

ROTA = Rota(("ann", "ben", "cem"), "2026-11-23")


@pytest.mark.parametrize(
    ("now", "who"),
    [
        ("2026-11-23T00:00:00.000000Z", "ann"),
        ("2026-11-29T23:59:59.000000Z", "ann"),
        ("2026-11-30T00:00:00.000000Z", "ben"),
        ("2026-12-14T12:00:00.000000Z", "ann"),
        ("2026-11-22T12:00:00.000000Z", "cem"),
    ],
)
def test_everybody_has_a_week_in_turn(now: str, who: str) -> None:
    assert on_duty(ROTA, now) == who


@pytest.mark.parametrize("rota", [None, Rota((), "2026-11-23")])
def test_without_a_rota_whoever_is_free_picks_up(rota: Rota | None) -> None:
    assert on_duty(rota, "2026-11-26T12:00:00.000000Z") == ""
