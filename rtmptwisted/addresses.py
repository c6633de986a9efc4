"""
Addresses, as people read them.
"""

from __future__ import annotations

from twisted.internet.interfaces import IAddress


def describeAddress(address: IAddress | None) -> str:
    """
    @return: an address as it stands in log lines: C{"192.0.2.1:50000"}.
    """
    host, port = getattr(address, "host", None), getattr(address, "port", None)
    if host is None:
        return "local"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
