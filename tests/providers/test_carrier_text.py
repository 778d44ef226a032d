"""Names and addresses as carriers can print them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.address import Address
from providers.carrier_text import (
    CITY,
    NAME,
    PHONE,
    POSTAL_CODE,
    REGION,
    STREET,
    CarrierAddress,
    carrier_address,
    carrier_text,
    graphemes,
)

_SIGNS = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
_ANY = st.text(_SIGNS, min_size=1, max_size=120).filter(lambda text: bool(text.strip()))
_MAYBE = st.text(_SIGNS, max_size=120)
ADDRESSES = st.builds(
    Address,
    name=_ANY,
    company=_MAYBE,
    line1=_ANY,
    line2=_MAYBE,
    city=_ANY,
    region=_MAYBE,
    postal_code=_MAYBE,
    country=st.sampled_from(["DE", "US", "JP", "GR"]),
    phone=_MAYBE,
)


def fields(address: CarrierAddress) -> dict[str, str]:
    return vars(address)


@given(ADDRESSES)
def test_every_address_fits_every_carrier(address: Address) -> None:
    printed = carrier_address(address, "DE")
    limits = {
        "name": NAME, "company": NAME, "street1": STREET, "street2": STREET, "street3": STREET,
        "city": CITY, "state": REGION, "zip": POSTAL_CODE, "phone": PHONE,
    }  # fmt: skip
    for field, limit in limits.items():
        text = fields(printed)[field]
        assert len(text) <= limit
        assert text == text.strip()
        assert text.isprintable()
        text.encode("ascii" if address.country == "US" else "latin-1")
    assert printed.name
    assert printed.street1
    assert printed.city


@given(_MAYBE, st.integers(min_value=1, max_value=60))
def test_a_cut_never_separates_what_readers_see_as_one_character(text: str, limit: int) -> None:
    whole = carrier_text(text, limit=10**6, or_else="")
    cut = carrier_text(text, limit=limit, or_else="")
    assert whole.startswith(cut)
    # Every prefix of whole characters has a form of its own: the cut must be one of these.
    ends = {""}
    so_far = ""
    for cluster in graphemes(text):
        so_far += cluster
        ends.add(carrier_text(so_far, limit=10**6, or_else=""))
    assert cut in ends


@given(_MAYBE)
def test_characters_put_together_again_are_the_text(text: str) -> None:
    clusters = list(graphemes(text))
    assert all(clusters)
    assert "".join(graphemes("".join(clusters))) == "".join(clusters)


@pytest.mark.parametrize(
    ("text", "clusters"),
    [
        ("e\u0301a", ["é", "a"]),
        (
            "\U0001f468\u200d\U0001f469\u200d\U0001f467!",
            ["\U0001f468\u200d\U0001f469\u200d\U0001f467", "!"],
        ),
        (
            "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7",
            ["\U0001f1e9\U0001f1ea", "\U0001f1eb\U0001f1f7"],
        ),
        ("कि", ["कि"]),
        ("\U0001f44b\U0001f3fd", ["\U0001f44b\U0001f3fd"]),
        ("ab", ["a", "b"]),
    ],
)
def test_characters_are_what_readers_see(text: str, clusters: list[str]) -> None:
    assert list(graphemes(text)) == clusters


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("José Müller", "José Müller"),
        ("Łukasz Żółć", "Lukasz Zólc"),
        ("Ελένη Παπαδοπούλου", "Eleni Papadopoyloy"),
        ("Щукин", "Shchukin"),
        ("田中 太郎", "TianZhong TaiLang"),
        ("김철수", "GimCheolSu"),
        ("  Grete \n Beispiel ", "Grete Beispiel"),
    ],
)
def test_what_latin_1_has_stays_and_the_rest_is_transliterated(written: str, printed: str) -> None:
    assert carrier_text(written, NAME, or_else="-") == printed


def test_the_us_postal_service_gets_ascii() -> None:
    assert carrier_text("José Müller", NAME, or_else="-", plain=True) == "Jose Muller"


def test_text_that_no_letter_stands_for_becomes_the_substitute() -> None:
    assert carrier_text("\ue000\ue001", NAME, or_else="Recipient") == "Recipient"


def test_a_letter_that_becomes_several_is_not_cut_in_two() -> None:
    assert carrier_text("ЩЩ", limit=6, or_else="-") == "Shch"


def test_a_long_street_goes_on_in_the_next_line_between_words() -> None:
    address = Address(
        name="A",
        line1="Platz der Deutschen Einheit Nummer 123, Hinterhaus",
        line2="bei Beispiel",
        city="Berlin",
        country="DE",
    )
    printed = carrier_address(address, "DE")
    assert (printed.street1, printed.street2, printed.street3) == (
        "Platz der Deutschen Einheit Nummer",
        "123, Hinterhaus bei Beispiel",
        "",
    )


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("+49 (30) 123-4567", "+49301234567"),
        ("030 123 ext. 55", "030123"),
        ("٠٣٠١٢٣", "030123"),
        ("12345678901234567890", ""),
    ],
)
def test_a_phone_number_is_digits_or_nothing(written: str, printed: str) -> None:
    address = Address(name="A", line1="B", city="C", country="DE", phone=written)
    assert carrier_address(address, "DE").phone == printed
