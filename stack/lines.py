"""Lines of a call's timeline."""

import re

_LINE_WIDTH = 120
_HEX_ID = re.compile(r"(?<![0-9a-f])([0-9a-f]{6})[0-9a-f]{26}(?![0-9a-f])")


def say(seconds: float | None, what: str, text: str) -> None:
    """Prints one line of the timeline: seconds into the call, kind, text cut to the screen."""
    at = "" if seconds is None else f"{seconds:.1f} s"
    text = _HEX_ID.sub(r"\1…", text.removeprefix('<?xml version="1.0" encoding="UTF-8"?>'))
    if len(text) > _LINE_WIDTH:
        text = f"{text[:_LINE_WIDTH]}…"
    print(f"{at:>8}  {what:<9} {text}", flush=True)
