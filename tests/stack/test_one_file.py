"""The page's modules in one file do what they do apart."""

from __future__ import annotations

import subprocess

import pytest

from stack import one_file
from stack.settings import CHECKOUT

MODULES = {
    "/main.js": """
import { a as first, B } from './parts/a.js';
import {
  more,
  twice,
} from '../henk-voice/all.js';
await null;
console.log(first, new B().name, twice(more), String(new URL('./x.html', import.meta.url)));
""",
    "/parts/a.js": """
import { more } from '../henk-voice/all.js';
/** @typedef {import('./b.js').B} B */
const a = more + 1;
export class B {
  name = 'B';
}
export { a };
""",
    "/henk-voice/all.js": """
export * from './more.js';
export { double as twice } from './more.js';
""",
    "/henk-voice/more.js": """
export const more = 20;
export function double(number) {
  return 2 * number;
}
""",
}

WAITS = "const answer = await fetch('x');\nexport const a = answer.ok;\n"


def test_it_imports_and_exports_as_modules_do() -> None:
    page = "globalThis.location = { origin: 'https://page.test' };\n"
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", page + one_file.script(MODULES)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "21 B 40 https://page.test/x.html\n"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import first from './parts/a.js';\n", "form"),
        ("export default 1;\n", "form"),
        ("const a = () => import('./parts/a.js');\n", "form"),
        ("export let changing = 1;\n", "form"),
        ("import { a } from './missing.js';\n", "no such file"),
        ("import { a } from './main.js';\n", "imports itself"),
        ("import { a } from './waits.js';\n", "waits"),
    ],
)
def test_what_it_does_not_know_is_refused(source: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        one_file.script({**MODULES, "/waits.js": WAITS, "/main.js": source})


def test_the_page_has_no_form_that_it_does_not_know() -> None:
    modules = one_file.modules_of(CHECKOUT / "web")
    assert len(one_file.script(modules)) > 100_000
    html = (CHECKOUT / "web/app/index.html").read_text()
    links = one_file.with_one_style(html).count('rel="stylesheet"')
    assert (links, html.count('media="print"')) == (2, 1)
    assert "{" in one_file.style(CHECKOUT / "web")
