"""The escalation map as an SVG picture: one box a team, one arrow to who is next."""

from html import escape

from stopship.application.handbook.model import EscalationMap
from stopship.domain.policy import Team

_WIDE, _HIGH, _GAP, _RIGHT = 150, 46, 26, 330
_INK, _BLUE, _PALE, _GREY = "#1c2430", "#2f6db5", "#eaf1f9", "#5b6675"


def draw(map_: EscalationMap) -> str:
    """Teams that hand over stand on the left, those that keep it on the right; who does both stands on the right too, with an arrow back."""
    last = [team for team in map_.teams if team not in map_.next_ or team in map_.next_.values()]
    first = [team for team in map_.teams if team not in last]
    at = {team: (20, 50 + place * (_HIGH + _GAP)) for place, team in enumerate(first)}
    at |= {team: (_RIGHT, 50 + place * (_HIGH + _GAP)) for place, team in enumerate(last)}
    height = 70 + max(len(first), len(last)) * (_HIGH + _GAP)
    arrows = "".join(_arrow(at[team], at[after]) for team, after in map_.next_.items())
    boxes = "".join(_box(team, *at[team], keeps=team not in map_.next_) for team in map_.teams)
    tiers = ", ".join(f"{tier}: {time}" for tier, time in map_.tiers.items())
    said = f'<text x="20" y="24" font-size="13" fill="{_GREY}">{escape(tiers)}; then the arrow is followed</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_RIGHT + _WIDE + 60} {height}" width="{_RIGHT + _WIDE + 60}" height="{height}" '
        f'role="img" font-family="Arial,Helvetica,sans-serif"><title>Escalation map</title>'
        f'<defs><marker id="tip" markerWidth="9" markerHeight="9" refX="8" refY="4" orient="auto"><path d="M0,0 L9,4 L0,8 z" fill="{_BLUE}"/></marker></defs>'
        f"{said}{arrows}{boxes}</svg>\n"
    )


def _box(team: Team, x: int, y: int, *, keeps: bool) -> str:
    below = (
        f'<text x="{x + _WIDE / 2}" y="{y + 36}" font-size="11" fill="{_GREY}" text-anchor="middle">keeps it</text>'
        if keeps
        else ""
    )
    name = f'<text x="{x + _WIDE / 2}" y="{y + (20 if keeps else 28)}" font-size="15" fill="{_INK}" text-anchor="middle">{escape(team)}</text>'
    return (
        f'<rect x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}" rx="6" fill="{_PALE}" stroke="{_BLUE}"/>{name}{below}'
    )


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    """Between columns straight; within one, round the right side."""
    style = f'stroke="{_BLUE}" stroke-width="2" fill="none" marker-end="url(#tip)"'
    (x, y), (to_x, to_y) = start, end
    middle, to_middle = y + _HIGH // 2, to_y + _HIGH // 2
    if x < to_x:
        return f'<path d="M{x + _WIDE},{middle} L{to_x - 2},{to_middle}" {style}/>'
    if x > to_x:
        return f'<path d="M{x},{middle} L{to_x + _WIDE + 2},{to_middle}" {style}/>'
    side = x + _WIDE
    return f'<path d="M{side},{middle} C{side + 46},{middle} {side + 46},{to_middle} {side + 2},{to_middle}" {style}/>'
