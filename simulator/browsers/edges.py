"""The edge that a browser connects to: Twilio's locations, told by the name in the Host header.

Source: @twilio/voice-sdk 2.18.5, `lib/twilio/regions.ts`. A Device connects to
``voice-js.<edge>.twilio.com`` and believes what `connected` says of edge and region.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Location(NamedTuple):
    """An edge, and the region that it is in by the name that signalling gives it."""

    edge: str
    region: str


_NEAREST = Location("ashburn", "US_EAST_VIRGINIA")
"""Where `roaming` and unknown hosts lead."""
_LOCATIONS = {
    location.edge: location
    for location in (
        _NEAREST,
        Location("umatilla", "US_WEST_OREGON"),
        Location("dublin", "EU_IRELAND"),
        Location("frankfurt", "EU_FRANKFURT"),
        Location("singapore", "ASIAPAC_SINGAPORE"),
        Location("sydney", "ASIAPAC_SYDNEY"),
        Location("tokyo", "ASIAPAC_TOKYO"),
        Location("sao-paulo", "SOUTH_AMERICA_SAO_PAULO"),
        Location("ashburn-ix", "US_EAST_VIRGINIA"),
        Location("san-jose-ix", "US_WEST_OREGON"),
        Location("london-ix", "EU_IRELAND"),
        Location("frankfurt-ix", "EU_FRANKFURT"),
        Location("singapore-ix", "ASIAPAC_SINGAPORE"),
        Location("sydney-ix", "ASIAPAC_SYDNEY"),
        Location("tokyo-ix", "ASIAPAC_TOKYO"),
    )
}
_HOST = re.compile(r"voice-js\.([a-z-]+)\.twilio\.com(?::\d+)?", re.IGNORECASE)


def location_of(host: str) -> Location:
    """The location that the Host header of a browser's request names."""
    found = _HOST.fullmatch(host)
    return _LOCATIONS.get(found[1].lower(), _NEAREST) if found else _NEAREST
