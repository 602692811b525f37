"""The page with all of its modules in one file, and all of its style sheets in another.

For tests: three hundred files cost a browser as much time as everything else that it does with
the page. What runs is the same. The modules are in the form that this page's have: they import and
export names, at the beginning of a line, and no two import each other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, join, normpath

MAIN = "/main.js"
STYLE = "/all.css"

_IMPORT = re.compile(r"^import \{([^}]*)\} from '([^']+)';$", re.M)
_EXPORT_FROM = re.compile(r"^export (?:\{([^}]*)\}|(\*)) from '([^']+)';$", re.M)
_EXPORT_LIST = re.compile(r"^export \{([^}]*)\};$", re.M)
_EXPORT = re.compile(r"^export ((?:(?:async )?function\*?|class|const) (\w+))", re.M)
# What the above would leave in a module that has another form.
_LEFT = re.compile(r"^(?:import|export)\b.*|(?:await|return|=>?) import\(.*", re.M)
# Only the main module may.
_WAITS = re.compile(r"^(?:(?:const|let) .*= )?await .*", re.M)
_LINK = re.compile(r' *<link rel="stylesheet" href="([^"]+)" />\n')


def modules_of(web: Path) -> dict[str, str]:
    """Each module of ``web/app`` and ``web/henk-voice``: its address on the page, → its source."""
    return {
        f"{address}/{file.relative_to(web / folder).as_posix()}": file.read_text(encoding="utf-8")
        for folder, address in (("app", ""), ("henk-voice", "/henk-voice"))
        for file in sorted((web / folder).rglob("*.js"))
        if not file.name.endswith(".test.js")
    }


def script(modules: dict[str, str]) -> str:
    """One module that does what ``main.js`` does.

    Raises ValueError if a module is missing, or has a form that this does not know.
    """
    names = {address: f"module{number}" for number, address in enumerate(modules)}
    parts = []
    for address in _in_order(modules):
        body, exports = _body(address, modules[address], names)
        if address != MAIN:
            body = f"const {names[address]} = (() => {{\n{body}\nreturn {{ {exports} }};\n}})();"
        parts.append(f"// {address}\n{body}\n")
    return "\n".join(parts)


def style(web: Path) -> str:
    """All style sheets that ``index.html`` has for every medium, in its order."""
    html = (web / "app" / "index.html").read_text(encoding="utf-8")
    return "\n".join(
        (web / "app" / name).read_text(encoding="utf-8") for name in _LINK.findall(html)
    )


def with_one_style(html: str) -> str:
    """``index.html`` with one link to all style sheets, where the first was."""
    found = _LINK.search(html)
    if not found:
        raise ValueError("index.html has no style sheet")
    link = f'<link rel="stylesheet" href="{STYLE[1:]}" />\n'
    return html[: found.start()] + link + _LINK.sub("", html[found.start() :])


def _in_order(modules: dict[str, str]) -> Iterator[str]:
    """The modules that ``main.js`` needs, each after those that it imports."""
    begun: set[str] = set()
    done: set[str] = set()

    def visit(address: str) -> Iterator[str]:
        if address in done:
            return
        if address in begun:
            raise ValueError(f"{address} imports itself, by way of others")
        if address not in modules:
            raise ValueError(f"{address} is imported: no such file")
        begun.add(address)
        source = modules[address]
        for _, other in _IMPORT.findall(source):
            yield from visit(_at(address, other))
        for _, _, other in _EXPORT_FROM.findall(source):
            yield from visit(_at(address, other))
        done.add(address)
        yield address

    return visit(MAIN)


def _body(address: str, source: str, names: dict[str, str]) -> tuple[str, str]:
    """What the module does where the others have their ``names``, and what it exports."""
    exports: list[str] = []

    def imported(found: re.Match[str]) -> str:
        given = ", ".join(f"{name}: {own}" for name, own in _names(found[1]))
        return f"const {{ {given} }} = {names[_at(address, found[2])]};"

    def handed_on(found: re.Match[str]) -> str:
        other = names[_at(address, found[3])]
        given = [f"{own}: {other}.{name}" for name, own in _names(found[1] or "")]
        exports.extend([f"...{other}"] if found[2] else given)
        return ""

    def listed(found: re.Match[str]) -> str:
        exports.extend(f"{own}: {name}" for name, own in _names(found[1]))
        return ""

    def exported(found: re.Match[str]) -> str:
        exports.append(found[2])
        return found[1]

    for pattern, change in (
        (_IMPORT, imported),
        (_EXPORT_FROM, handed_on),
        (_EXPORT_LIST, listed),
        (_EXPORT, exported),
    ):
        source = pattern.sub(change, source)
    if left := _LEFT.search(source):
        raise ValueError(f"{address} has a line of a form that is not known here: {left[0]}")
    if address != MAIN and (waits := _WAITS.search(source)):
        raise ValueError(f"{address} waits while it is loaded: {waits[0]}")
    source = source.replace("import.meta.url", f"new URL({json.dumps(address)}, location.origin)")
    return source, ", ".join(exports)


def _names(given: str) -> list[tuple[str, str]]:
    """`a, b as c` → the names there and here."""
    pairs = (part.split(" as ") for part in re.split(r",\s*", given.strip()) if part.strip())
    return [(pair[0].strip(), pair[-1].strip()) for pair in pairs]


def _at(address: str, other: str) -> str:
    return normpath(join(dirname(address), other))
