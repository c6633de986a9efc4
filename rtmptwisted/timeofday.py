"""
The time of day.
"""

from __future__ import annotations

from datetime import UTC, datetime


def utcNow() -> datetime:
    """
    @return: the time of day.
    """
    return datetime.now(UTC)
