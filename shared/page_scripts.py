"""The scripts that stand in the page's HTML, as a Content Security Policy allows them: by hash.

https://www.w3.org/TR/CSP3/#external-hash
"""

from __future__ import annotations

import base64
import hashlib
import re


def script_hashes(html: str) -> list[str]:
    """One source expression for each script in the HTML."""
    return [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in re.findall(r"<script>(.*?)</script>", html, re.S)
    ]
