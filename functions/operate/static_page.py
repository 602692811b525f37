"""`make page`: the page as a folder for any host of static files, with its configuration.

    make page OUT=build/site

The settings are SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, PUBLIC_BASE_URL and HENK_HIDDEN_VIEWS.
"""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace
from pathlib import Path

from functions.operate import command
from functions.operate.command import Refused
from functions.pack_files import PackError, replace_folder
from functions.page_packer import pack_page
from shared import settings
from shared.page_settings import PageSettings

_PACKED = r"(index\.html|config\.json|_headers|v(/[\w.-]+)*)"


def _command(arguments: Namespace) -> str:
    with settings.reading(command.given(arguments).values) as env:
        page_settings = PageSettings.read(env)
    try:
        page = pack_page()
        replace_folder(arguments.out, page.static(page_settings), _PACKED, "a packed page")
    except (PackError, OSError) as error:
        raise Refused(f"{error}.") from None
    return (
        f"{arguments.out} has version {page.version} of the page. Its host must send the headers"
        " that `_headers` names, and its origin must be in ALLOWED_ORIGINS: docs/hosting.md, The"
        " page."
    )


def main() -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="make page", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/site"), metavar="DIRECTORY")
    return command.run(parser, _command)


if __name__ == "__main__":
    sys.exit(main())
