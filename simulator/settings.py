"""Settings, read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from simulator.protocol.account import Account, ApiKey, TwimlApp
from simulator.protocol.formats import is_phone_number, is_web_address

REQUIRED = (
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_API_KEY_SID",
    "TWILIO_API_KEY_SECRET",
    "SIMULATOR_CALLER_IDS",
)


class SettingsError(Exception):
    """Settings are missing or wrong; the message names all of them."""


@dataclass(frozen=True)
class Settings:
    """What the environment says when the simulator starts."""

    host: str
    port: int
    time_scale: float
    """Real seconds per simulated second."""
    log_level: str
    media_host: str
    """The IP address at which browsers reach the audio."""
    account: Account


def from_environment(environment: Mapping[str, str]) -> Settings:
    """The settings in ``environment``. Raises SettingsError that names all faults at once."""
    faults: list[str] = []
    missing = [name for name in REQUIRED if not environment.get(name, "").strip()]
    if missing:
        faults.append("missing: " + ", ".join(missing))

    def given(name: str, default: str = "") -> str:
        return environment.get(name, "").strip() or default

    port = 0
    try:
        port = int(given("SIMULATOR_PORT", "8083"))
    except ValueError:
        faults.append("SIMULATOR_PORT is not a number")
    if not 0 <= port <= 65535:
        faults.append("SIMULATOR_PORT is not between 0 and 65535")

    time_scale = 1.0
    try:
        time_scale = float(given("SIMULATOR_TIME_SCALE", "1.0"))
    except ValueError:
        faults.append("SIMULATOR_TIME_SCALE is not a number")
    if not 0 < time_scale < float("inf"):
        faults.append("SIMULATOR_TIME_SCALE must be more than zero")

    log_level = given("SIMULATOR_LOG_LEVEL", "INFO").upper()
    if log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        faults.append("SIMULATOR_LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR")

    media_host = given("SIMULATOR_MEDIA_HOST", "127.0.0.1")
    try:
        ip_address(media_host)
    except ValueError:
        faults.append("SIMULATOR_MEDIA_HOST is not an IP address")

    for name in ("SIMULATOR_VOICE_URL", "SIMULATOR_STATUS_CALLBACK"):
        if given(name) and not is_web_address(given(name)):
            faults.append(f"{name} is not an http or https URL")

    numbers = [part.strip() for part in given("SIMULATOR_CALLER_IDS").split(",") if part.strip()]
    foreign = [number for number in numbers if not is_phone_number(number)]
    if foreign:
        faults.append("SIMULATOR_CALLER_IDS has numbers that are not E.164: " + ", ".join(foreign))

    if faults:
        raise SettingsError("; ".join(faults))

    apps: dict[str, TwimlApp] = {}
    if app_sid := given("TWILIO_TWIML_APP_SID"):
        apps[app_sid] = TwimlApp(
            sid=app_sid,
            voice_url=given("SIMULATOR_VOICE_URL"),
            status_callback=given("SIMULATOR_STATUS_CALLBACK"),
            friendly_name="Local stack",
        )
    key = ApiKey(sid=given("TWILIO_API_KEY_SID"), secret=given("TWILIO_API_KEY_SECRET"))
    account = Account(
        sid=given("TWILIO_ACCOUNT_SID"),
        auth_token=given("TWILIO_AUTH_TOKEN"),
        api_keys={key.sid: key},
        twiml_apps=apps,
        numbers=set(numbers),
    )
    return Settings(
        host=given("SIMULATOR_HOST", "127.0.0.1"),
        port=port,
        time_scale=time_scale,
        log_level=log_level,
        media_host=media_host,
        account=account,
    )
