"""The words of mails: complete, escaped, and in a language there is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.address import Customer
from domain.mail import MailKind
from domain.payment import Prepaid
from providers.mail_texts import MailTexts
from providers.tracking_links import tracking_link
from tests.providers.samples import ORDER, on_record

TEXTS = MailTexts()
FACTS = {
    "reason": "Your card was declined.",
    "tracking.1": "DHL Germany 0034",
    "tracking.2": "UPS 1Z&2",
    "tracking.10": "Pigeon Post 7",
    "pay_by": "2026-03-05 10:00 UTC",
    "expected": "2026-03-09",
    "wait_until": "2026-04-01",
    "sku": "MUG",
    "on_hand": "3",
    "reorder_point": "5",
    "answer_by": "2026-03-06 10:00 UTC",
    "offer.1.ordered": "1 x Stoneware mug",
    "offer.1.instead": "1 x Red <b>mug</b>",
    "offer.1.price": "15.00 EUR",
    "offer.1.page": "s3cret",
    "complaint": "1",
    "complained.1": "1",
    "offered": "18.90 EUR",
    "words": "We are <b>sorry</b>.",
}
TO_CUSTOMERS = [kind for kind in MailKind if kind is not MailKind.RESTOCK]


@pytest.mark.parametrize("kind", TO_CUSTOMERS)
def test_a_mail_says_which_shop_and_which_order(kind: MailKind) -> None:
    text = TEXTS.write(kind, on_record(), FACTS)
    for words in (text.subject, text.text, text.html.replace("&amp;", "&")):
        assert "Mugs & More" in words
        assert "1001" in words
    assert "Torstraße 1, 10115 Berlin, DE" in text.text


@pytest.mark.parametrize(
    "kind", [MailKind.CONFIRMATION, MailKind.SHIPPED, MailKind.CANCELLED, MailKind.OUT_OF_STOCK]
)
def test_lines_and_sums_are_shown_as_the_customer_was_charged(kind: MailKind) -> None:
    text = TEXTS.write(kind, on_record(), FACTS)
    for words in (text.text, text.html):
        for part in ("Stoneware mug", "colour: blue", "20.00 EUR", "5.00 EUR", "25.00 EUR"):
            assert part in words
        assert "tax included: 3.99 EUR" in words


def test_prices_without_tax_show_the_tax_as_a_sum_of_its_own() -> None:
    text = TEXTS.write(MailKind.CONFIRMATION, on_record(prices_include_tax=False), FACTS)
    assert "16.80 EUR" in text.text
    assert "Tax  3.99 EUR" in text.text
    assert "Total  24.99 EUR" in text.text


def test_an_offer_shows_both_articles_the_price_and_where_to_answer() -> None:
    public = MailTexts(public_url="https://orders.example/")
    text = public.write(MailKind.SUBSTITUTION, on_record(), FACTS)
    for words in (text.text, text.html):
        for part in ("1 x Stoneware mug", "15.00 EUR", "2026-03-06 10:00 UTC"):
            assert part in words
        assert "https://orders.example/substitutions/s3cret" in words
    assert "<b>mug" not in text.html
    nowhere = TEXTS.write(MailKind.SUBSTITUTION, on_record(), FACTS)
    assert "s3cret" not in nowhere.text + nowhere.html


def test_a_cancel_names_the_credit_note_where_there_is_one() -> None:
    note = "INV-CN-2026-000001"
    known = TEXTS.write(MailKind.CANCELLED, on_record(), {"credit_notes": note})
    none = TEXTS.write(MailKind.CANCELLED, on_record(), {})
    assert f"credit note {note}." in known.text
    assert note in known.html
    assert "credit note" not in none.text + none.html


def test_a_backorder_says_when_its_goods_are_expected_or_that_nobody_knows() -> None:
    known = TEXTS.write(MailKind.BACKORDERED, on_record(), FACTS)
    none = TEXTS.write(MailKind.BACKORDERED, on_record(), {"wait_until": "2026-04-01"})
    news = TEXTS.write(MailKind.BACKORDERED, on_record(), FACTS | {"news": "yes"})
    assert "expected on 2026-03-09" in known.subject
    for words in (known.text, known.html):
        assert "2026-03-09" in words
        assert "2026-04-01" in words
    for words in (none.subject, none.text, none.html):
        assert "2026-03-09" not in words
    assert "cannot say yet" in none.text
    assert "cannot say yet" in none.html
    assert "there is news" in news.text
    assert "there is news" not in known.text


def test_only_a_payment_that_is_held_is_said_to_be_reserved() -> None:
    held = TEXTS.write(MailKind.CONFIRMATION, on_record(), FACTS)
    prepaid = TEXTS.write(
        MailKind.CONFIRMATION, on_record(payment=Prepaid(reference="amz-1")), FACTS
    )
    assert "reserved" in held.text
    assert "reserved" in held.html
    assert "reserved" not in prepaid.text + prepaid.html


def test_a_confirmation_names_the_day_of_the_promise_where_the_courier_works() -> None:
    promised = on_record().model_copy(
        update={"promised_by": datetime(2026, 3, 9, 22, 59, 59, tzinfo=UTC)}
    )
    said = TEXTS.write(MailKind.CONFIRMATION, promised, {})
    assert "You have it by 2026-03-09." in said.text
    assert "2026-03-09" in said.html
    none = TEXTS.write(MailKind.CONFIRMATION, on_record(), {})
    assert "You have it by" not in none.text + none.html
    later = TEXTS.write(MailKind.DELIVERY_LATER, on_record(), {"expected": "2026-03-12"})
    for words in (later.subject, later.text, later.html):
        assert "2026-03-12" in words


def test_each_parcel_is_named_in_order_with_its_carriers_page() -> None:
    text = TEXTS.write(MailKind.SHIPPED, on_record(), FACTS)
    places = [text.text.index(number) for number in ("0034", "1Z&2", "Pigeon Post, parcel 7")]
    assert places == sorted(places)
    assert "sendungsverfolgung.html?piececode=0034" in text.text
    assert 'href="https://www.ups.com/track?tracknum=1Z%262"' in text.html
    assert text.text.count("https://") == 3  # two carriers' pages, and the shop's


def test_a_decline_gives_the_reason_and_says_that_nothing_was_charged() -> None:
    text = TEXTS.write(MailKind.DECLINED, on_record(), FACTS)
    assert "Your card was declined." in text.text
    assert "Nothing was charged" in text.text
    assert "reason" not in TEXTS.write(MailKind.DECLINED, on_record(), {}).text


def test_the_status_page_is_linked_by_order() -> None:
    text = TEXTS.write(MailKind.CONFIRMATION, on_record(), FACTS)
    assert f"https://mugs.example/orders/{ORDER}" in text.text
    without = on_record()
    shop = without.shop.model_copy(update={"status_page": ""})
    assert (
        "https://"
        not in TEXTS.write(
            MailKind.CONFIRMATION, without.model_copy(update={"shop": shop}), {}
        ).text
    )


@given(st.text(min_size=1, max_size=100).filter(lambda text: bool(text.strip("\x00 \t\n"))))
def test_nothing_that_a_customer_wrote_becomes_markup_or_a_header(words: str) -> None:
    name = words.replace("\x00", "") + "<script>{{ 7 * 7 }}</script>"
    order = on_record(
        customer=Customer(name=name[:250], email="g@example.com"), number=name[:100], name=name
    )
    for kind in MailKind:
        text = TEXTS.write(kind, order, FACTS | {"reason": name})
        assert "<script" not in text.html
        assert "\n" not in text.subject
        assert "\r" not in text.subject
        assert len(text.subject) <= 200


@pytest.mark.parametrize("language", ["", "de", "de-AT", "../en", "en-GB", "zz", "en/.."])
def test_a_language_without_a_text_is_answered_in_english(language: str) -> None:
    customer = Customer(name="Grete", email="g@example.com", language=language)
    text = TEXTS.write(MailKind.CONFIRMATION, on_record(customer=customer), FACTS)
    assert "is confirmed" in text.subject


def test_a_new_language_is_a_folder(tmp_path: Path) -> None:
    for language, word in (("en", "Hello"), ("de", "Hallo")):
        (tmp_path / language).mkdir()
        (tmp_path / language / "review.txt").write_text(
            "{% block subject %}" + word + "{% endblock %} {{ name | one_line }}"
        )
        (tmp_path / language / "review.html").write_text("<p>" + word + "</p>")
    customer = Customer(name="Grete", email="g@example.com", language="de-CH-1996")
    text = MailTexts(tmp_path).write(MailKind.REVIEW, on_record(customer=customer), {})
    assert (text.subject, text.html) == ("Hallo", "<p>Hallo</p>")


def test_a_carrier_without_a_page_has_no_link() -> None:
    assert tracking_link("Pigeon Post", "7") == ""
    assert tracking_link("DHL Express", "") == ""
    assert tracking_link(" USPS ", "92 05").endswith("tLabels=92%2005")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"charged": "15.00 EUR"}, "charged 15.00 EUR"),
        ({"owed": "10.00 EUR"}, "10.00 EUR, is given back where you ordered"),
    ],
)
def test_missing_pieces_are_named_with_what_is_paid(facts: dict[str, str], words: str) -> None:
    text = TEXTS.write(MailKind.SHIPPED, on_record(), FACTS | {"missing.1": "1"} | facts)
    for part, times in ((text.text, "x"), (text.html, "×")):
        assert "could not be found" in part
        assert f"1 {times}" in part
        assert words in part
    whole = TEXTS.write(MailKind.SHIPPED, on_record(), FACTS)
    assert "could not be found" not in whole.text + whole.html


def test_a_cancel_says_why_where_the_customer_did_not_ask_for_it() -> None:
    why = "Nothing of it could be found in our warehouse."
    text = TEXTS.write(MailKind.CANCELLED, on_record(), {"reason": why})
    assert why in text.text
    assert why in text.html


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (MailKind.CONFIRMATION, "It costs you nothing"),
        (MailKind.SHIPPED, "what we send you once more for your order 1000 is on its way"),
        (MailKind.OUT_OF_STOCK, "We write to you about what we can do instead"),
        (MailKind.CANCELLED, "We write to you about what we can do instead"),
    ],
)
def test_what_is_sent_once_more_is_no_order_that_the_customer_has_placed(
    kind: MailKind, words: str
) -> None:
    again = on_record().model_copy(update={"replaces": "1000"})
    text = TEXTS.write(kind, again, FACTS)
    assert words in " ".join(text.text.split())
    assert "1000" in text.html
    for thanks in ("thank you for your order", "25.00 EUR is cancelled", "Nothing was charged"):
        assert thanks not in " ".join(text.text.split())


def test_an_offer_of_the_pieces_once_more_speaks_of_no_money() -> None:
    facts = FACTS | {"replacement": "yes", "offered": ""}
    text = TEXTS.write(MailKind.SOLUTION, on_record(), facts)
    for words in (text.text, text.html):
        assert "once more, at no cost" in words
        assert "the price of it back" not in words
