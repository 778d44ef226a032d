"""The bank protocol, spoken to the sandbox's bank: what is sent back is sent back once."""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.address import Customer
from domain.creditor_reference import creditor_reference
from domain.failures import NotDone, Refused, UnknownOutcome
from domain.money import Money
from domain.movements import MovementKind
from domain.payment import (
    Authorization,
    AuthorizeMethod,
    Captured,
    ConfirmationNeeded,
    Decline,
    NotCaptured,
    Payer,
    Transfer,
)
from providers.bank_transfer import BankTransfer
from sandbox.client import SandboxClient
from tests.providers.attempts import GENERAL, Trouble, again, first, named, until_done
from tests.providers.conftest import PATIENT, Timeout
from tests.providers.samples import ORDER

OWN = creditor_reference(ORDER)
DUE = Money(amount=4270, currency="EUR")
VOID = f"{ORDER}:void:1"
PAYER = Payer(customer=Customer(name="Mia", email="mia@customer.example"))


class Assigned:
    """What the shop's books say of bookings without the reference."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()

    def of(self, reference: str) -> tuple[str, ...]:
        return self.names


@pytest.fixture
def assigned() -> Assigned:
    return Assigned()


@pytest.fixture
def banks(
    connected: SandboxClient, assigned: Assigned
) -> Generator[Callable[[Timeout], BankTransfer]]:
    made: list[BankTransfer] = []

    def make(timeout: Timeout) -> BankTransfer:
        made.append(BankTransfer(connected.base("bank"), "bank-key", assigned, timeout))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def bank(
    sandbox: SandboxClient, banks: Callable[[Timeout], BankTransfer], timeout: Timeout
) -> BankTransfer:
    return banks(timeout)


def pay(sandbox: SandboxClient, *amounts: int) -> None:
    for amount in amounts:
        sandbox.transfer(OWN, amount, order=ORDER)


def gone(sandbox: SandboxClient) -> list[int]:
    return [int(one.data["amount"]) for one in sandbox.ledger("bank", kind="sent_back")]


def euros(amount: int) -> Money:
    return Money(amount=amount, currency="EUR")


def test_a_part_is_not_the_whole_and_all_parts_are(
    sandbox: SandboxClient, bank: BankTransfer
) -> None:
    asked = bank.authorize(first(f"{ORDER}:authorize:1"), ORDER, DUE, Transfer(), PAYER)
    assert isinstance(asked, ConfirmationNeeded)
    assert asked.transfer is not None
    assert (asked.reference, asked.transfer.missing) == (OWN, DUE)
    pay(sandbox, 4269)
    seen = bank.look(ORDER, OWN, DUE)
    assert isinstance(seen, ConfirmationNeeded)
    assert seen.transfer is not None
    assert seen.transfer.missing == euros(1)
    pay(sandbox, 1)
    held = Authorization(reference=OWN, money=DUE, multicapture=True)
    assert bank.look(ORDER, OWN, DUE) == held
    assert bank.authorize(first("x"), ORDER, DUE, Transfer(), PAYER) == held


def test_a_booking_that_a_person_assigned_counts(
    sandbox: SandboxClient, bank: BankTransfer, assigned: Assigned
) -> None:
    booking = sandbox.transfer("", DUE.amount, text="for the mugs")
    assert isinstance(bank.look(ORDER, OWN, DUE), ConfirmationNeeded)
    assigned.names = (booking["id"],)
    assert isinstance(bank.look(ORDER, OWN, DUE), Authorization)


def test_an_account_in_another_currency_is_a_decline(bank: BankTransfer) -> None:
    yen = Money(amount=500, currency="JPY")
    answer = bank.authorize(first("x"), ORDER, yen, Transfer(), PAYER)
    assert isinstance(answer, Decline)
    assert "takes EUR only" in answer.message
    assert not answer.another_method_may_do


def test_a_card_is_refused(bank: BankTransfer) -> None:
    with pytest.raises(Refused, match="no other payment method"):
        bank.authorize(
            first("x"), ORDER, DUE, AuthorizeMethod(payment_method="pm_card_visa"), PAYER
        )


def test_a_capture_moves_nothing_but_the_rest(sandbox: SandboxClient, bank: BankTransfer) -> None:
    pay(sandbox, DUE.amount)
    one = bank.capture(first(f"{ORDER}-s1:capture:1"), OWN, euros(1000), final=False)
    assert one == Captured(reference=OWN, money=euros(1000))
    attempt = first(f"{ORDER}-s2:capture:2")
    for each in (attempt, again(attempt)):
        last = bank.capture(each, OWN, euros(2000), before=euros(1000), rest=euros(1270))
        assert last == Captured(reference=OWN, money=euros(2000), released=euros(1270))
    assert gone(sandbox) == [1270]
    more = bank.capture(first(f"{ORDER}-s3:capture:3"), OWN, euros(1), before=euros(3000))
    assert isinstance(more, NotCaptured)


@pytest.mark.parametrize("trouble", GENERAL, ids=named)
def test_everything_goes_back_once_whatever_happens_to_the_answer(
    sandbox: SandboxClient, bank: BankTransfer, trouble: Trouble
) -> None:
    pay(sandbox, 4000, 270)
    sandbox.fault("bank", "transfer", trouble.kind, **trouble.params)
    let_go, failures = until_done(
        lambda one: bank.void(one, ORDER, OWN, None, None, DUE), first(VOID)
    )
    assert let_go == Authorization(reference=OWN, money=DUE)
    assert sorted(gone(sandbox)) == [270, 4000]
    assert all(isinstance(one, NotDone | UnknownOutcome) for one in failures)
    assert bool(failures) == (trouble.kind != "delay")


@pytest.mark.parametrize("operation", ["account", "bookings", "transfers"])
@pytest.mark.parametrize("trouble", GENERAL, ids=named)
def test_a_look_that_fails_is_only_looked_again(
    sandbox: SandboxClient, bank: BankTransfer, trouble: Trouble, operation: str
) -> None:
    pay(sandbox, DUE.amount)
    sandbox.fault("bank", operation, trouble.kind, **trouble.params)
    seen, failures = until_done(lambda _: bank.look(ORDER, OWN, DUE), first("look"))
    assert isinstance(seen, Authorization)
    assert all(isinstance(one, NotDone) for one in failures)


@pytest.mark.parametrize("trouble", GENERAL, ids=named)
def test_a_refund_goes_back_once(
    sandbox: SandboxClient, bank: BankTransfer, trouble: Trouble
) -> None:
    pay(sandbox, DUE.amount)
    sandbox.fault("bank", "transfer", trouble.kind, **trouble.params)
    attempt = first(f"{ORDER}-s1:refund:1")
    refunded, _ = until_done(lambda one: bank.refund(one, OWN, euros(1000)), attempt)
    assert refunded.money == euros(1000)
    assert bank.refund(again(attempt, 9), OWN, euros(1000)) == refunded
    assert gone(sandbox) == [1000]
    with pytest.raises(Refused, match="more would go back than came in"):
        bank.refund(first(f"{ORDER}-s2:refund:1"), OWN, DUE)


def test_two_who_send_back_at_once_send_back_what_there_is(
    sandbox: SandboxClient, bank: BankTransfer
) -> None:
    pay(sandbox, DUE.amount)

    def void(number: int) -> int:
        key = f"{ORDER}:void:{number}"
        let_go, _ = until_done(lambda one: bank.void(one, ORDER, None, None), first(key), most=20)
        return 0 if let_go is None else let_go.money.amount

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(void, range(6))) == DUE.amount
    assert gone(sandbox) == [DUE.amount]


def test_a_late_try_of_what_was_given_up_has_no_effect(
    sandbox: SandboxClient, bank: BankTransfer, banks: Callable[[Timeout], BankTransfer]
) -> None:
    pay(sandbox, DUE.amount)
    late = banks(PATIENT).receipts(OWN, "EUR").shares(euros(1000))
    bank.void(first(VOID), ORDER, OWN, None, None, DUE)
    with pytest.raises(NotDone, match="another transfer was faster"):
        bank.send_back(late, OWN, f"{ORDER}:surplus:1")
    assert gone(sandbox) == [DUE.amount]


def test_what_was_taken_stays(sandbox: SandboxClient, bank: BankTransfer) -> None:
    pay(sandbox, DUE.amount)
    let_go = bank.void(first(VOID), ORDER, OWN, None, taken=euros(3000))
    assert let_go is not None
    assert let_go.money == euros(1270)
    assert bank.void(first(f"{ORDER}:void:2"), ORDER, OWN, None, taken=euros(3000)) is None
    assert gone(sandbox) == [1270]


def test_a_closed_account_is_refused_in_the_bank_s_words_and_may_be_asked_again(
    sandbox: SandboxClient, bank: BankTransfer
) -> None:
    sandbox.transfer(OWN, DUE.amount, account="DE11")
    sandbox.close_account("DE11")
    with pytest.raises(Refused, match="the receiving account is closed"):
        bank.void(first(VOID), ORDER, OWN, None)
    sandbox.close_account("DE11", closed=False)
    sandbox.fault("bank", "transfer", "refuse", reason="limit of the day")
    with pytest.raises(Refused, match="limit of the day"):
        bank.void(again(first(VOID)), ORDER, OWN, None)
    assert bank.void(again(first(VOID), 3), ORDER, OWN, None) is not None
    assert gone(sandbox) == [DUE.amount]


@pytest.mark.parametrize("trouble", GENERAL, ids=named)
def test_what_staff_give_back_goes_back_once_and_is_seen_whole(
    sandbox: SandboxClient, bank: BankTransfer, trouble: Trouble
) -> None:
    pay(sandbox, 3000)
    pay(sandbox, 1270)
    sandbox.fault("bank", "transfer", trouble.kind, **trouble.params)
    attempt = first(f"{ORDER}:give_back:1")
    given, _ = until_done(lambda one: bank.give_back(one, OWN, euros(2000)), attempt)
    assert given.money == euros(2000)
    assert bank.look_at_refund(given.reference) == given
    assert bank.give_back(again(attempt, 9), OWN, euros(2000)) == given
    assert sorted(gone(sandbox)) == [730, 1270]


def test_of_a_refund_that_went_in_part_the_rest_follows_and_no_other_refund_takes_its_place(
    sandbox: SandboxClient, bank: BankTransfer
) -> None:
    sandbox.transfer(OWN, 3000, account="DE11")
    sandbox.transfer(OWN, 1270, account="DE22")
    sandbox.close_account("DE11")
    attempt = first(f"{ORDER}:give_back:1")
    with pytest.raises(NotDone, match="a part was sent, the rest is not"):
        bank.give_back(attempt, OWN, euros(2000))
    sandbox.close_account("DE11", closed=False)
    given = bank.give_back(again(attempt), OWN, euros(2000))
    assert bank.look_at_refund(given.reference).money == euros(2000)
    assert sorted(gone(sandbox)) == [730, 1270]


def test_a_refund_that_cannot_be_looked_up_is_unknown_and_goes_back_once(
    sandbox: SandboxClient, bank: BankTransfer
) -> None:
    pay(sandbox, DUE.amount)
    attempt = first(f"{ORDER}:give_back:1")
    sandbox.fault("bank", "transfer", "drop_after")
    with pytest.raises(UnknownOutcome):
        bank.give_back(attempt, OWN, euros(2000))
    no = sandbox.fault("bank", "*", "http_error", times=None, status=403)
    with pytest.raises(UnknownOutcome, match="cannot be looked up"):
        bank.give_back(again(attempt), OWN, euros(2000))
    sandbox.clear_faults(no)
    assert bank.give_back(again(attempt, 3), OWN, euros(2000)).money == euros(2000)
    assert gone(sandbox) == [2000]


def test_the_statement_tells_what_went_back_in_its_order_and_what_each_was_for(
    sandbox: SandboxClient, bank: BankTransfer
) -> None:
    assert bank.sent_after(0) == ()
    pay(sandbox, DUE.amount + 730)
    bank.void(first(VOID), ORDER, OWN, None, held=euros(730))
    refund = first(f"{ORDER}-s1:give_back:1")
    bank.give_back(refund, OWN, euros(500))
    (place, returned), (last, given) = bank.sent_after(0)
    (booking,) = {entry.data["booking"] for entry in sandbox.ledger("bank", kind="sent_back")}
    assert (returned.kind, returned.money) == (MovementKind.SENT_BACK, euros(-730))
    assert (given.kind, given.money) == (MovementKind.REFUND, euros(-500))
    assert (returned.subject, given.subject) == (booking, refund.key)
    assert (returned.payment, given.payment) == (OWN, OWN)
    assert bank.sent_after(place) == ((last, given),)
    assert bank.sent_after(last) == ()


@pytest.mark.parametrize("trouble", GENERAL, ids=named)
def test_trouble_with_the_statement_is_told_and_never_half_an_answer(
    sandbox: SandboxClient, bank: BankTransfer, trouble: Trouble
) -> None:
    pay(sandbox, DUE.amount)
    bank.void(first(VOID), ORDER, OWN, None, held=euros(730))
    right = bank.sent_after(0)
    sandbox.fault("bank", "transfers", trouble.kind, **trouble.params)
    try:
        assert bank.sent_after(0) == right
    except NotDone:
        assert trouble.kind != "delay"
    assert bank.sent_after(0) == right
