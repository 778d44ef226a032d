"""Label files: what is fetched is a label, or nothing."""

import pytest
import requests

from domain.failures import NotDone, Refused
from domain.shipping import Label, Quote
from providers.http_session import TimedSession
from providers.label_files import LabelStore
from providers.shippo_shipping import ShippoCourier
from sandbox.client import SandboxClient
from tests.providers.attempts import GENERAL, Trouble, first, named, until_done
from tests.providers.samples import LABEL, NEW_YORK, ORDER, PARCEL, SELLER
from tests.providers.shippo_looks import KEY, ZPL
from tests.providers.test_shippo_quotes import MUGS


class TestLabelFiles:
    """What is fetched is a label, or nothing."""

    @pytest.fixture
    def label(self, courier: ShippoCourier, quote: Quote) -> Label:
        label, _ = until_done(lambda attempt: courier.buy(attempt, LABEL, quote, ZPL), first(KEY))
        assert isinstance(label, Label)
        return label

    @pytest.mark.parametrize("trouble", GENERAL, ids=named)
    def test_it_comes_in_the_end_whatever_goes_wrong(
        self, sandbox: SandboxClient, courier: ShippoCourier, label: Label, trouble: Trouble
    ) -> None:
        sandbox.fault("shippo", "label", trouble.kind, times=4, **trouble.params)
        content, failures = until_done(lambda _: courier.fetch(label), first(KEY))
        if trouble.kind != "malformed_after":  # half a label still begins as one
            assert content.endswith((b"^XZ", b"^XZ\n"))
        assert all(isinstance(failure, NotDone) for failure in failures)

    def test_a_web_page_is_no_label(
        self, sandbox: SandboxClient, courier: ShippoCourier, label: Label
    ) -> None:
        sandbox.fault("shippo", "label", "malformed_after", body="<html>please log in</html>")
        with pytest.raises(NotDone, match="something else than ZPLII"):
            courier.fetch(label)

    def test_a_file_larger_than_any_label_is_not_read_to_its_end(self, label: Label) -> None:
        store = LabelStore((2.0, 5.0), largest=100)
        with pytest.raises(Refused, match="larger than 100 bytes"):
            store.fetch(label)
        store.close()

    @pytest.mark.parametrize("url", ["", "nowhere", "ftp://127.0.0.1/label", "http://"])
    def test_an_address_that_is_none_is_refused(
        self, courier: ShippoCourier, label: Label, url: str
    ) -> None:
        with pytest.raises(Refused, match="no address"):
            courier.fetch(label.model_copy(update={"url": url}))

    def test_the_api_key_is_not_sent_to_where_labels_lie(
        self, courier: ShippoCourier, label: Label, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent: list[requests.PreparedRequest] = []
        send = TimedSession.send

        def spy(
            session: TimedSession, request: requests.PreparedRequest, **more: object
        ) -> requests.Response:
            sent.append(request)
            return send(session, request, **more)

        monkeypatch.setattr(TimedSession, "send", spy)
        courier.fetch(label)
        courier.track(label.carrier, label.tracking_number)
        assert ["authorization" in request.headers for request in sent] == [False, True]


class TestCustomsPapers:
    """A parcel across a customs border has a commercial invoice, and others have none."""

    @pytest.fixture
    def label(self, sandbox: SandboxClient, courier: ShippoCourier) -> Label:
        sandbox.configure(shippo={"auto_track": False})
        quote = courier.quotes(ORDER, PARCEL, SELLER, NEW_YORK, "EUR", (MUGS,))[0]
        label, _ = until_done(lambda attempt: courier.buy(attempt, LABEL, quote, ZPL), first(KEY))
        assert isinstance(label, Label)
        return label

    @pytest.mark.parametrize("trouble", GENERAL, ids=named)
    def test_it_comes_in_the_end_whatever_goes_wrong(
        self, sandbox: SandboxClient, courier: ShippoCourier, label: Label, trouble: Trouble
    ) -> None:
        sandbox.fault("shippo", "customs_invoice", trouble.kind, times=4, **trouble.params)
        content, failures = until_done(lambda _: courier.customs(label), first(KEY))
        assert content.startswith(b"%PDF-")
        assert all(isinstance(failure, NotDone) for failure in failures)

    def test_within_a_customs_territory_there_is_none(
        self, courier: ShippoCourier, quote: Quote
    ) -> None:
        label, _ = until_done(lambda attempt: courier.buy(attempt, LABEL, quote, ZPL), first(KEY))
        assert isinstance(label, Label)
        assert not label.customs_url
        assert "customs_url" not in label.model_dump()
