"""
The page, as browsers get it.
"""

from __future__ import annotations

from typing import Any

from tests.http_support import HTTPTestCase

#: What browsers of today accept.
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

HTML = "text/html; charset=utf-8"


class PageTestCase(HTTPTestCase):
    """
    A server whose page is asked for.
    """

    def page(self, path: str = "/") -> tuple[Any, str]:
        """
        @return: a page, as a browser gets it.
        """
        response = self.request("GET", path, accept=BROWSER)
        self.assertEqual(response.code, 200)
        self.assertEqual(self.header(response, "content-type"), HTML)
        return response, self.text(response)
