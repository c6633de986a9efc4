"""
How the modules of L{rtmptwisted} may depend on one another, and how long they
may be.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from twisted.trial.unittest import SynchronousTestCase

import rtmptwisted

PACKAGE = "rtmptwisted"
FOLDER = Path(rtmptwisted.__file__).parent

#: Modules may import from their own layer and those below.  A new module has
#: to be given its place here.
LAYERS: dict[str, int] = {
    "errors": 0,
    "wire": 1,
    # What a server of streams is, without a transport.
    "capabilities": 2,
    "commands": 2,
    "compatible": 2,
    "contents": 2,
    "continuation": 2,
    "digest": 2,
    "directory": 2,
    "formats": 2,
    "gop": 2,
    "interfaces": 2,
    "liveclock": 2,
    "metadata": 2,
    "names": 2,
    "netstream": 2,
    "pace": 2,
    "playing": 2,
    "receivers": 2,
    "registry": 2,
    "session": 2,
    "settings": 2,
    "streams": 2,
    "takeover": 2,
    "template": 2,
    "timeofday": 2,
    # The ways in and out.
    "addresses": 3,
    "admission": 3,
    "amounts": 3,
    "announcing": 3,
    "answers": 3,
    "audience": 3,
    "batch": 3,
    "byterange": 3,
    "catalogue": 3,
    "childcommand": 3,
    "childfeed": 3,
    "childoutput": 3,
    "childprocess": 3,
    "childservice": 3,
    "delivery": 3,
    "diskfile": 3,
    "diskthreads": 3,
    "dispatch": 3,
    "factory": 3,
    "filesending": 3,
    "flvcheck": 3,
    "flvfile": 3,
    "flvrepair": 3,
    "flvscan": 3,
    "flvsource": 3,
    "history": 3,
    "httpflv": 3,
    "httpsite": 3,
    "httpviewer": 3,
    "keyframe": 3,
    "laggards": 3,
    "line": 3,
    "listening": 3,
    "listing": 3,
    "outage": 3,
    "newfile": 3,
    "page": 3,
    "patience": 3,
    "pipeoutput": 3,
    "playback": 3,
    "player": 3,
    "progress": 3,
    "protocol": 3,
    "reading": 3,
    "recordedsetup": 3,
    "recorder": 3,
    "recording": 3,
    "recordinghead": 3,
    "recordingname": 3,
    "recordingpolicy": 3,
    "recordingthreads": 3,
    "rendition": 3,
    "retention": 3,
    "segment": 3,
    "segmentwriter": 3,
    "sending": 3,
    "sockets": 3,
    "straight": 3,
    "timeline": 3,
    "treewalk": 3,
    "turns": 3,
    "upkeep": 3,
    "viewer": 3,
    "watchdog": 3,
    "websocketflv": 3,
    # All of it put together.
    "flvtool": 4,
    "options": 4,
    "recordingoptions": 4,
    "tap": 4,
}

#: The three ways know nothing of one another: which module is whose.
WAYS: dict[str, str] = {
    "factory": "RTMP",
    "dispatch": "RTMP",
    "player": "RTMP",
    "protocol": "RTMP",
    "reading": "RTMP",
    "turns": "RTMP",
    "watchdog": "RTMP",
    "httpflv": "HTTP",
    "byterange": "HTTP",
    "catalogue": "HTTP",
    "filesending": "HTTP",
    "patience": "HTTP",
    "playback": "HTTP",
    "recordinghead": "HTTP",
    "treewalk": "HTTP",
    "httpsite": "HTTP",
    "httpviewer": "HTTP",
    "sending": "HTTP",
    "websocketflv": "HTTP",
    "answers": "HTTP",
    "history": "HTTP",
    "keyframe": "HTTP",
    "listing": "HTTP",
    "page": "HTTP",
    "flvfile": "recording",
    "flvcheck": "recording",
    "flvrepair": "recording",
    "newfile": "recording",
    "recorder": "recording",
    "recording": "recording",
    "upkeep": "recording",
    "timeline": "recording",
    "segmentwriter": "recording",
    "segment": "recording",
    "retention": "recording",
    "recordingthreads": "recording",
    "recordingpolicy": "recording",
    "recordingname": "recording",
    "recordedsetup": "recording",
    "progress": "recording",
    "outage": "recording",
    "amounts": "recording",
    "childcommand": "children",
    "childfeed": "children",
    "childoutput": "children",
    "childprocess": "children",
    "childservice": "children",
    "pipeoutput": "children",
}

#: A clock, randomness, a log, files and sockets would make the result depend
#: on more than the bytes.
IMPURE = frozenset(
    [
        "asyncio",
        "concurrent",
        "datetime",
        "importlib",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "queue",
        "random",
        "secrets",
        "select",
        "selectors",
        "shutil",
        "signal",
        "socket",
        "ssl",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "uuid",
        "warnings",
    ]
)

LONGEST_FILE = 320
LONGEST_FUNCTION = 50


class Import(NamedTuple):
    """
    One name that a module imports.

    @ivar name: with all its dots; for C{from a import b} that is C{a.b}.
    @ivar inFunction: whether it happens only when a function is called.
    """

    name: str
    line: int
    relative: bool
    inFunction: bool


def importsOf(tree: ast.AST, inFunction: bool = False) -> Iterator[Import]:
    """
    @return: all imports below a node.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, False, inFunction)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = f"{node.module or ''}.{alias.name}"
                yield Import(name, node.lineno, node.level > 0, inFunction)
        else:
            function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from importsOf(node, inFunction or function)


def layerName(module: str) -> str | None:
    """
    @param module: or a name in one, with all dots.
    @return: what L{LAYERS} calls it; L{None} when it is not of this package, or
        is the version, which anybody may know.
    """
    first, _, rest = module.partition(".")
    if first != PACKAGE or rest == "__version__":
        return None
    return rest.partition(".")[0]


def layerFaults(name: str, tree: ast.AST) -> list[str]:
    """
    @param name: what L{LAYERS} calls the module, C{""} for the package itself.
    @return: a sentence for each import that is not allowed.
    """
    if name and name not in LAYERS:
        return [f"{name} has no layer"]
    faults = []
    for found in importsOf(tree):
        where = f"{name or PACKAGE}, line {found.line}:"
        if found.relative:
            faults.append(f"{where} a relative import")
            continue
        other = layerName(found.name)
        if other is None:
            continue
        if other not in LAYERS:
            faults.append(f"{where} {found.name} has no layer")
        elif not name:
            faults.append(f"{where} the package imports {other}")
        elif LAYERS[other] > LAYERS[name]:
            faults.append(f"{where} {other} is above {name}")
        elif {name, other} <= WAYS.keys() and WAYS[name] != WAYS[other]:
            faults.append(f"{where} {name} imports {other}")
    return faults


def wireFaults(tree: ast.AST) -> list[str]:
    """
    @return: a sentence for each import that a module of C{wire} must not have.
    """
    faults = []
    for found in importsOf(tree):
        first = found.name.partition(".")[0]
        ours = layerName(found.name) in ("errors", "wire")
        if not ours and (first not in sys.stdlib_module_names or first in IMPURE):
            faults.append(f"line {found.line}: {found.name}")
    return faults


def reactorFaults(tree: ast.AST) -> list[str]:
    """
    @return: a sentence for each import that installs a reactor when the module
        is imported.
    """
    reactor = "twisted.internet.reactor"
    return [
        f"line {found.line}: {found.name}"
        for found in importsOf(tree)
        if f"{found.name}.".startswith(f"{reactor}.") and not found.inFunction
    ]


def lengthFaults(source: str) -> list[str]:
    """
    @return: a sentence for the file and for each function that is too long.
    """
    faults = []
    lines = len(source.splitlines())
    if lines > LONGEST_FILE:
        faults.append(f"{lines} lines")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            length = node.end_lineno - node.lineno + 1
            if length > LONGEST_FUNCTION:
                faults.append(f"{node.name} has {length} lines")
    return faults


def modules() -> Iterator[tuple[Path, str, str]]:
    """
    @return: each module of the package: where it is, what L{LAYERS} calls it,
        and its source.
    """
    for path in sorted(FOLDER.rglob("*.py")):
        relative = path.relative_to(FOLDER)
        name = relative.parts[0].removesuffix(".py")
        yield relative, "" if name == "__init__" else name, path.read_text("utf-8")


class PackageTests(SynchronousTestCase):
    """
    The package as it is.
    """

    def test_layers(self) -> None:
        """
        Every module has a layer, imports nothing from those above and nothing
        relatively; RTMP, HTTP and recording are strangers; and the package
        itself imports nothing.
        """
        faults = []
        for _, name, source in modules():
            faults += layerFaults(name, ast.parse(source))
        self.assertEqual(faults, [])

    def test_wire(self) -> None:
        """
        C{wire} uses the pure part of the standard library, the errors, and
        itself.
        """
        faults = []
        for path, name, source in modules():
            if name == "wire":
                found = wireFaults(ast.parse(source))
                faults += [f"{path}, {fault}" for fault in found]
        self.assertEqual(faults, [])

    def test_reactor(self) -> None:
        """
        Importing a module does not install a reactor.
        """
        faults = []
        for path, _, source in modules():
            found = reactorFaults(ast.parse(source))
            faults += [f"{path}, {fault}" for fault in found]
        self.assertEqual(faults, [])

    def test_lengths(self) -> None:
        """
        Files and functions stay short enough to be read at once.
        """
        faults = []
        for path, _, source in modules():
            faults += [f"{path}: {fault}" for fault in lengthFaults(source)]
        self.assertEqual(faults, [])

    def test_modulesAreFound(self) -> None:
        """
        The tests above look at modules of every layer.
        """
        names = {name for _, name, _ in modules() if name in LAYERS}
        self.assertEqual({LAYERS[name] for name in names}, set(LAYERS.values()))


class CheckTests(SynchronousTestCase):
    """
    The checks themselves find what they are for.
    """

    def test_layers(self) -> None:
        """
        Imports from above are found, in functions too; those from below and
        from elsewhere are fine.
        """
        for name, source, count in (
            ("streams", "from rtmptwisted.errors import RTMPError", 0),
            ("streams", "from rtmptwisted.wire.flv import FLVTag\nimport os", 0),
            ("streams", "from rtmptwisted.gop import GOPCache", 0),
            ("streams", "from rtmptwisted import protocol", 1),
            ("streams", "import rtmptwisted.tap", 1),
            ("wire", "def f():\n    from rtmptwisted.names import shown", 1),
            ("errors", "import rtmptwisted.wire.amf", 1),
            ("protocol", "from rtmptwisted.httpflv import x", 1),
            ("factory", "from rtmptwisted.protocol import x", 0),
            ("protocol", "from rtmptwisted.dispatch import Dispatcher", 0),
            ("session", "from rtmptwisted.dispatch import Dispatcher", 1),
            ("httpflv", "from rtmptwisted.dispatch import Dispatcher", 1),
            ("factory", "from rtmptwisted import httpflv, recorder", 2),
            ("recording", "from rtmptwisted.flvfile import x", 0),
            ("recording", "from rtmptwisted import protocol, httpflv", 2),
            ("tap", "from rtmptwisted import protocol, httpflv, recording", 0),
            ("tap", "from rtmptwisted import __version__", 0),
            ("protocol", "from . import errors\nfrom .wire import amf", 2),
            ("protocol", "from rtmptwisted.helpers import x", 1),
            ("helpers", "", 1),
            ("", "from rtmptwisted.errors import RTMPError", 1),
            ("", "__version__ = '1'", 0),
        ):
            found = layerFaults(name, ast.parse(source))
            self.assertEqual(len(found), count, (name, source, found))

    def test_wire(self) -> None:
        """
        Clocks, sockets and other packages are found.
        """
        for source, count in (
            ("import struct\nfrom collections.abc import Callable", 0),
            ("from rtmptwisted.wire import amf\nimport rtmptwisted.errors", 0),
            ("import time", 1),
            ("from os.path import join", 1),
            ("import random, socket, logging, struct", 3),
            ("from twisted.python import log", 1),
            ("import zope.interface", 1),
            ("from rtmptwisted import __version__", 1),
            ("from rtmptwisted.names import shown", 1),
            ("if True:\n    import attr", 1),
        ):
            found = wireFaults(ast.parse(source))
            self.assertEqual(len(found), count, (source, found))

    def test_reactor(self) -> None:
        """
        A reactor import is found in every form, unless a function does it.
        """
        for source, count in (
            ("from twisted.internet import reactor", 1),
            ("import twisted.internet.reactor", 1),
            ("from twisted.internet.reactor import callLater", 1),
            ("class A:\n    from twisted.internet import reactor", 1),
            ("try:\n    from twisted.internet import reactor as r\nfinally: pass", 1),
            ("def f():\n    from twisted.internet import reactor", 0),
            ("from twisted.internet import defer", 0),
        ):
            found = reactorFaults(ast.parse(source))
            self.assertEqual(len(found), count, (source, found))

    def test_lengths(self) -> None:
        """
        What is just short enough is fine, a line more is not.
        """
        body = "    pass\n" * (LONGEST_FUNCTION - 1)
        self.assertEqual(lengthFaults("def f():\n" + body), [])
        self.assertEqual(len(lengthFaults("def f():\n" + body + "    pass\n")), 1)
        self.assertEqual(len(lengthFaults("async def f():\n    pass\n" + body)), 1)
        self.assertEqual(lengthFaults("x = 1\n" * LONGEST_FILE), [])
        self.assertEqual(len(lengthFaults("x = 1\n" * (LONGEST_FILE + 1))), 1)
