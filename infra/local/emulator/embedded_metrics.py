"""Metrics embedded in log lines, as CloudWatch reads them."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

logger = logging.getLogger("emulator.emf")


@dataclass(frozen=True)
class Point:
    namespace: str
    name: str
    value: float
    unit: str
    dimensions: dict[str, str]


def read_points(log: str) -> Iterator[Point]:
    """Every value of every embedded metric; what cannot be read is told and passed over."""
    for line in log.splitlines():
        start = line.find("{")
        if '"_aws"' not in line or start < 0:
            continue
        try:
            yield from list(_points(json.loads(line[start:])))
        except (KeyError, TypeError, ValueError) as mistake:
            logger.warning("an embedded metric cannot be read, %r: %.200s", mistake, line)


def _points(document: dict[str, Any]) -> Iterator[Point]:
    for block in document["_aws"].get("CloudWatchMetrics", []):
        for dimensions in block.get("Dimensions") or [[]]:
            labels = {name: str(document[name]) for name in dimensions}
            for metric in block.get("Metrics", []):
                values = document[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    yield Point(block["Namespace"], metric["Name"], float(value), metric.get("Unit", "None"), labels)
