"""Where a parcel can be followed, by carrier."""

from urllib.parse import quote, urlsplit

TEMPLATES: dict[str, str] = {
    "postnord": "https://tracking.postnord.com/en/tracking?id={number}",
    "dhl": "https://www.dhl.com/en/home/tracking.html?tracking-id={number}",
    "ups": "https://www.ups.com/track?tracknum={number}",
}
NAMES: dict[str, str] = {"postnord": "PostNord", "dhl": "DHL", "ups": "UPS"}


def tracking_url(*, carrier: str, number: str) -> str:
    """Return the carrier's page about a parcel; empty for a carrier that is not known here."""
    template = TEMPLATES.get(carrier.strip().lower(), "")
    return template.format(number=quote(number, safe="")) if template and number else ""


def is_safe_url(url: str) -> bool:
    """Tell whether an address is an absolute https address without credentials."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    is_printable = url.isprintable() and " " not in url
    return is_printable and parts.scheme == "https" and bool(host) and parts.username is None
