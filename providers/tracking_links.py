"""Where customers follow their parcels: the carriers' public tracking pages."""

from collections.abc import Mapping
from urllib.parse import quote

PAGES: Mapping[str, str] = {
    "australia_post": "https://auspost.com.au/mypost/track/details/{}",
    "canada_post": "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={}",
    "colissimo": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "deutsche_post": "https://www.deutschepost.de/de/s/sendungsverfolgung.html?piececode={}",
    "dhl_express": "https://www.dhl.com/en/express/tracking.html?AWB={}",
    "dhl_germany": "https://www.dhl.de/de/privatkunden/dhl-sendungsverfolgung.html?piececode={}",
    "dpd_de": "https://tracking.dpd.de/status/en_US/parcel/{}",
    "dpd_uk": "https://www.dpd.co.uk/apps/tracking/?reference={}",
    "evri_uk": "https://www.evri.com/track/parcel/{}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "royal_mail": "https://www.royalmail.com/track-your-item#/tracking-results/{}",
    "ups": "https://www.ups.com/track?tracknum={}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
}
"""By the carrier's name in lower case, with underscores for spaces."""


def tracking_link(carrier: str, tracking_number: str) -> str:
    """The carrier's page for a parcel, or nothing where the carrier has none that is known."""
    page = PAGES.get(carrier.strip().lower().replace(" ", "_"))
    return page.format(quote(tracking_number, safe="")) if page and tracking_number else ""
