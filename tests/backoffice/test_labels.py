"""What a purchase has to know: whether its label was given up before it came."""

from backoffice.labels import LabelBook
from backoffice.records import RecordBook
from domain.record import Commit
from tests.backoffice.samples import Trade


def test_a_label_is_void_once_it_was_given_up_bought_or_not(trade: Trade) -> None:
    name = trade.accept()
    labels = LabelBook(trade.database)
    assert not labels.is_void(f"{name}-s1-p1-l1")
    RecordBook(trade.database).commit(Commit(name, voided=(f"{name}-s1-p1-l1",)))
    assert labels.is_void(f"{name}-s1-p1-l1")
    assert not labels.is_void(f"{name}-s1-p1-l2")
