"""
Tests of L{rtmptwisted.template}.
"""

from __future__ import annotations

from datetime import UTC, datetime

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.template import Template

TIME = datetime(2026, 11, 22, 9, 8, 7, tzinfo=UTC)
SAMPLES = {"app": "a", "name": "n", "utc": TIME, "number": 0}


class Holder:
    """
    A value with something in it that is nobody's business.
    """

    secret = "hidden"


class FillTests(SynchronousTestCase):
    """
    What comes of templates.
    """

    def fill(self, text: str, **values: object) -> str:
        """
        @return: the text with these fields, or those of the samples.
        """
        return Template(text, SAMPLES).fill({**SAMPLES, **values})

    def test_text(self) -> None:
        """
        Text without fields stays as it is, but for doubled braces.
        """
        for text, filled in (
            ("", ""),
            ("a b", "a b"),
            ("%Y $HOME `x`", "%Y $HOME `x`"),
            ("{{app}} {{{app}}}", "{app} {a}"),
        ):
            self.assertEqual(self.fill(text), filled)

    def test_fields(self) -> None:
        """
        Fields are filled in where they stand, as often as they do, in their format.
        """
        for text, filled in (
            ("{app}/{name}", "live/cam"),
            ("{app}{app}.", "livelive."),
            ("{utc:%Y%m%dT%H%M%SZ}", "20261122T090807Z"),
            ("{utc:%H:%M}", "09:08"),
            ("{number:04d}-{number}", "0012-12"),
            ("{name:>5}", "  cam"),
            ("{name:}", "cam"),
        ):
            found = self.fill(text, app="live", name="cam", number=12)
            self.assertEqual(found, filled)

    def test_values(self) -> None:
        """
        What is filled in is not looked at for fields.
        """
        self.assertEqual(self.fill("{app}", app="{name}{{"), "{name}{{")

    def test_names(self) -> None:
        """
        A template knows its text and which fields are in it.
        """
        template = Template("{app}-{utc:%Y}-{app}", SAMPLES)
        self.assertEqual(template.text, "{app}-{utc:%Y}-{app}")
        self.assertEqual(template.fields, {"app", "utc"})
        self.assertEqual(template.fill({"app": "x", "utc": TIME}), "x-2026-x")


class RefuseTests(SynchronousTestCase):
    """
    What is refused when a template is made.
    """

    def refused(self, text: str, **samples: object) -> str:
        """
        @return: why a text is no template.
        """
        error = self.assertRaises(ValueError, Template, text, {**SAMPLES, **samples})
        return str(error)

    def test_unknown(self) -> None:
        """
        Fields that there are not are refused, with those that there are.
        """
        for text in ("{}", "{0}", "{other}", "{ app}", "{app }", "a{name}{APP}"):
            found = self.refused(text)
            self.assertIn("is none of the fields {app} {name} {utc} {number}", found)
            self.assertIn(repr(text), found)

    def test_attributes(self) -> None:
        """
        Nothing leads from a field to what is in its value, not even where there is
        such a thing.
        """
        for text in (
            "{holder.secret}",
            "{holder.__class__}",
            "{holder[secret]}",
            "{app[0]}",
            "{utc:{holder.secret}}",
            "{utc:{app}}",
        ):
            self.refused(text, holder=Holder())

    def test_conversions(self) -> None:
        """
        Conversions are refused.
        """
        for text in ("{app!r}", "{app!s}", "{app!a:>5}"):
            self.assertIn("takes no !", self.refused(text))

    def test_braces(self) -> None:
        """
        Braces that do not pair are refused, with the way to write them.
        """
        for text in ("{", "}", "{app", "app}", "{app}}", "{{app}"):
            self.assertIn("write {{ and }} for braces", self.refused(text))

    def test_formats(self) -> None:
        """
        A format that does not fit the sort of value is refused at once.
        """
        for text in (
            "{app:d}",
            "{app:%Y}",
            "{number:%Y}",
            "{number:q}",
            "{name:>99999999999999999999}",
        ):
            self.assertIn(repr(text), self.refused(text))
