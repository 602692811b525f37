"""An environment whose proxies lead nowhere: whoever asks this machine through one gets nothing."""

from __future__ import annotations

HTTP = "http://proxy-user:proxy-password@127.0.0.1:9"
SOCKS = "socks5://127.0.0.1:9"

HOSTILE = {
    **dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"), HTTP),
    **dict.fromkeys(("all_proxy", "ALL_PROXY"), SOCKS),
    "NODE_USE_ENV_PROXY": "1",
}
