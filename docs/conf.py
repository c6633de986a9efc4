"""
Sphinx configuration.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import rtmptwisted

project = "rtmptwisted"
author = "the rtmptwisted authors"
copyright = f"2026, {author}"
version = release = rtmptwisted.__version__

extensions: list[str] = []
exclude_patterns = ["_build"]
highlight_language = "none"

html_theme = "furo"
html_title = f"rtmptwisted {release}"
