"""
Tests for L{rtmptwisted.names}.

The T numbers are those of the project's list of traps of the wire.
"""

from __future__ import annotations

import os.path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import InvalidName
from rtmptwisted.names import (
    LONGEST_KEY,
    LONGEST_SEGMENT,
    StreamName,
    checkApp,
    shown,
    splitKey,
    streamKey,
    streamName,
)


class StreamNameTests(SynchronousTestCase):
    """
    Application and name together.
    """

    def test_parts(self) -> None:
        """
        The name is what comes last in a key, and there may be nothing before it.
        """
        for key, parts in (
            ("live/show", ("live", "show")),
            ("live/a/b", ("live/a", "b")),
            ("show", ("", "show")),
        ):
            self.assertEqual(splitKey(key), parts)

    def test_forms(self) -> None:
        """
        T-54: what clients make of an URL leads to the key that its path is.
        """
        for app, name, key in (
            ("live", "cam", "live/cam"),
            ("live/", "cam", "live/cam"),
            ("/live", "/cam", "live/cam"),
            ("live", "//cam/", "live/cam"),
            ("live/_definst_", "cam", "live/cam"),
            ("live/_definst_/", "cam", "live/cam"),
            ("app/inst", "key", "app/inst/key"),
            ("app", "inst/key", "app/inst/key"),
            ("live", "", "live"),
            ("", "cam", "cam"),
            ("live", "mp4:x/y.mp4", "live/mp4:x/y.mp4"),
            ("live?x=/..", "cam?y=/../..", "live/cam"),
            ("live/?x", "?y", "live"),
            ("live", "a.b_c~d@e+f=g:h-i", "live/a.b_c~d@e+f=g:h-i"),
        ):
            self.assertEqual(streamName(app, name).key, key, (app, name))

    def test_parameters(self) -> None:
        """
        T-54: the query strings of both are decoded; where both have a
        parameter the stream name's wins.
        """
        found = streamName("live?k=v&t=app", "cam?token=a%20b&x=1&t=name&e=&bare")
        self.assertEqual(found.key, "live/cam")
        self.assertEqual(
            dict(found.parameters),
            {"k": "v", "t": "name", "token": "a b", "x": "1", "e": "", "bare": ""},
        )

    def test_nameIsNotDecoded(self) -> None:
        """
        T-54: escapes are decoded in parameters alone; in a name they are not
        allowed.
        """
        self.assertRaises(InvalidName, streamName, "live", "a%2e%2e")
        found = streamName("live", "cam?p=%2e%2e%2f")
        self.assertEqual(found, StreamName("live/cam", (("p", "../"),)))

    def test_noName(self) -> None:
        """
        Where there is neither there is no key.
        """
        for app, name in (("", ""), ("/", "//"), ("?a=b", "?c=d")):
            self.assertRaises(InvalidName, streamName, app, name)

    def test_queryFirst(self) -> None:
        """
        T-54: a name that is a query string alone is no name: the application is
        the key, and the query counts.
        """
        self.assertEqual(
            streamName("live", "?key=1&x"),
            StreamName("live", (("key", "1"), ("x", ""))),
        )
        self.assertEqual(streamName("live", "/?key=1").key, "live")

    def test_queryInside(self) -> None:
        """
        T-54: all behind the first question mark is query, slashes, dots, quotes
        and further question marks included.
        """
        for query in ("a=/../../x", "a=b?c=d", "a='b'", 'a="', "a=rtmp://h/x/y"):
            found = streamName(f"live?{query}", f"cam?{query}")
            self.assertEqual(found.key, "live/cam")
            ((name, value),) = found.parameters
            self.assertEqual((name, value), ("a", query[2:]))

    def test_percent(self) -> None:
        """
        T-54: a percent sign in a name is refused, in every part of it, however
        it is written.
        """
        for sign in ("%", "%25", "%2e%2e", "%2F", "%00", "%c3%a9", "100%"):
            for app, name in (
                (sign, "cam"),
                ("live", sign),
                ("live", f"x{sign}y"),
                (f"live/{sign}", ""),
                ("live", f"rtmp://host/live/{sign}"),
            ):
                self.assertRaises(InvalidName, streamName, app, name)

    def test_manyParameters(self) -> None:
        """
        A query string may have hundreds of parameters, and none of them is an
        error, whatever it is.
        """
        query = "&".join(f"k{n}=v%{n % 256:02x}" for n in range(900))
        found = streamName("live", f"cam?{query}&&&=&%&%zz=%&;")
        self.assertEqual(found.key, "live/cam")
        self.assertGreaterEqual(len(found.parameters), 900)


class AppTests(SynchronousTestCase):
    """
    The application alone.
    """

    def test_taken(self) -> None:
        """
        What is an application, or none, is fine.
        """
        for app in ("live", "/live/", "a/b", "live?x=/..", "live/_definst_", "", "/"):
            checkApp(app)

    def test_refused(self) -> None:
        """
        What is no application is refused, with a sentence that quotes it and
        nothing else.
        """
        for app, quoted in (
            ("../etc", "'../etc'"),
            ("live/..?k=v", "'live/..'"),
            ("a//b", "'a//b'"),
            ("a\nb", r"'a\nb'"),
            (".git/_definst_", "'.git'"),
        ):
            error = self.assertRaises(InvalidName, checkApp, app)
            self.assertTrue(str(error).startswith(f"{quoted} is not "), str(error))
        self.assertRaises(InvalidName, checkApp, "x" * (LONGEST_SEGMENT + 1))
        self.assertRaises(InvalidName, checkApp, "x/" * LONGEST_KEY)


class StreamKeyTests(SynchronousTestCase):
    """
    What a key may be.
    """

    def test_refused(self) -> None:
        """
        Whatever could leave a folder, hide a file or confuse a log is
        refused, in every part.
        """
        for bad in (
            "..",
            ".",
            ".hidden",
            "...",
            "a\\b",
            "a\0b",
            "a\nb",
            "a b",
            "a\x7fb",
            "a%2fb",
            "\xe9",
            "\u202e",
            "\udcff",
            "a*b",
            "a?b",
            "a#b",
            "<a>",
            "a'b",
            "a;b",
            "a|b",
            "$a",
            "a\n",
        ):
            for path in (bad, f"live/{bad}", f"{bad}/cam", f"a/{bad}/b"):
                self.assertRaises(InvalidName, streamKey, path)

    def test_emptyParts(self) -> None:
        """
        Slashes at the ends do not matter, two together inside do.
        """
        self.assertEqual(streamKey("//live/cam//"), "live/cam")
        self.assertRaises(InvalidName, streamKey, "live//cam")
        self.assertRaises(InvalidName, streamKey, "rtmp://host/live/cam")
        for empty in ("", "/", "////"):
            self.assertRaises(InvalidName, streamKey, empty)

    def test_longest(self) -> None:
        """
        Parts and keys have a longest length, which still is allowed.
        """
        part = "x" * LONGEST_SEGMENT
        self.assertEqual(streamKey(part), part)
        self.assertRaises(InvalidName, streamKey, part + "x")
        key = "/".join([part, part, "x" * (LONGEST_KEY - 2 * LONGEST_SEGMENT - 2)])
        self.assertEqual(len(key), LONGEST_KEY)
        self.assertEqual(streamKey(key), key)
        self.assertRaises(InvalidName, streamKey, key + "x")

    def test_errorIsShort(self) -> None:
        """
        The error quotes what it refuses, escaped and not at full length.
        """
        error = self.assertRaises(InvalidName, streamKey, "a\nb\x1b" + "x/" * 200)
        text = str(error)
        self.assertTrue(text.isprintable() and text.isascii())
        self.assertLess(len(text), 300)
        error = self.assertRaises(InvalidName, streamKey, "\n" * 100_000)
        self.assertLess(len(str(error)), 300)

    @given(
        st.text(st.sampled_from("ab./\\_?=&%~:\0\n\xe9\udcff"), max_size=20),
        st.text(st.sampled_from("ab./\\_?=&%~:\0\n\xe9\udcff"), max_size=20),
    )
    @settings(max_examples=500, deadline=None, derandomize=True)
    def test_safe(self, app: str, name: str) -> None:
        """
        Whatever a client sends is refused or is a path below the folder it is
        put in, and a key already.
        """
        try:
            key = streamName(app, name).key
        except InvalidName:
            return
        self.assertTrue(key.isascii() and key.isprintable())
        self.assertEqual(os.path.normpath("/folder/" + key), "/folder/" + key)
        self.assertNotIn("/.", "/" + key)
        self.assertEqual(streamKey(key), key)


class ShownTests(SynchronousTestCase):
    """
    Text of a peer in a log.
    """

    def test_escaped(self) -> None:
        """
        Line breaks, control characters, quotes and letters beyond ASCII are
        escaped.
        """
        self.assertEqual(shown("a\nb"), r"'a\nb'")
        for text in ("\x1b[31m", "\u202e", "\udcff", "\xe9", "'\""):
            found = shown(text)
            self.assertTrue(found.isascii() and found.isprintable(), found)
            self.assertIn(found[0], "'\"")

    def test_cut(self) -> None:
        """
        Long text is cut, and says so; text that just fits is not.
        """
        self.assertEqual(shown("x" * 80), "'" + "x" * 80 + "'")
        self.assertEqual(shown("x" * 81), "'" + "x" * 80 + "...'")
        # Each character can take ten when it is escaped.
        self.assertLess(len(shown("\U0001f600" * 100_000)), 900)
