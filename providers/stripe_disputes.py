"""Disputes at Stripe: looked at, answered with evidence once, or given in to.

Source: Stripe, "The Dispute object", "Update a dispute", "Close a dispute", "Create a file".
"""

import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import stripe

from domain.disputes import DisputeListed, DisputeSeen, DisputeState, MoneyMove
from domain.failures import UnknownOutcome
from domain.money import Money
from providers.stripe_calls import CONNECT_SECONDS, READ_SECONDS, StripeCalls, StripeTurn
from providers.stripe_dispute_words import STATES
from providers.stripe_units import from_stripe
from providers.stripe_words import refusal

_PAGE = 100
_WITH_CHARGE = ["charge"]


class _Upload(io.BytesIO):
    """A file as the SDK takes it: its bytes, and its name."""

    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(content)
        self.name = name


class StripeDisputes:
    """What is done about disputes, on a connection of its own. Safe between threads.

    Every method raises NotDone, UnknownOutcome or Refused of `domain.failures`.
    """

    name = "stripe"

    def __init__(
        self,
        url: str | None,
        key: str,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
    ) -> None:
        """Like `StripePayment`."""
        self._calls = StripeCalls(url, key, timeout)

    def close(self) -> None:
        """Let go of all connections."""
        self._calls.close()

    def look(self, dispute: str) -> DisputeSeen:
        """A dispute as it is now."""
        return seen(_retrieve(self._calls.turn(), dispute))

    def since(self, moment: datetime) -> Iterator[DisputeListed]:
        """Disputes that were opened since then, newest first; of whatever else the account sells
        as well."""
        after: str | None = None
        while True:
            page = _page(self._calls.turn(), moment, after)
            for one in page.data:
                if one.payment_intent is not None:
                    yield DisputeListed(reference=one.id, payment=_payment(one))
            if not page.has_more or not page.data:
                return
            after = page.data[-1].id

    def upload(self, key: str, name: str, content: bytes, *, repeated: bool) -> str:
        """Hand a file over as evidence; its name at Stripe. The same key again is the same file,
        for as long as Stripe keeps it; another copy of it would do no harm."""
        turn = self._calls.turn(repeated)

        def create(options: stripe.RequestOptions) -> stripe.File:
            params: stripe.params.FileCreateParams = {
                "purpose": "dispute_evidence",
                "file": _Upload(name, content),
            }
            return turn.v1.files.create(params, options)

        try:
            return turn.write(key, create, lambda: None, repeated).id
        except stripe.InvalidRequestError as error:
            raise refusal(error) from error

    def submit(
        self, key: str, dispute: str, evidence: Mapping[str, str], *, repeated: bool
    ) -> DisputeSeen:
        """Send evidence to the bank, which takes it once: what was sent before, by whomever, is
        found by Stripe's own count. Answers how the dispute is then.

        Raises:
            Refused: Stripe takes none, or not this.
        """
        turn = self._calls.turn(repeated)
        before = _retrieve(turn, dispute)
        if _is_sent(before) or not seen(before).state.asks:
            return seen(before)

        def sent() -> stripe.Dispute | None:
            now = _retrieve(turn, dispute)
            return now if _is_sent(now) else None

        def update(options: stripe.RequestOptions) -> stripe.Dispute:
            params: stripe.params.DisputeUpdateParams = {
                "evidence": dict(evidence),  # pyright: ignore[reportAssignmentType] # its fields
                "submit": True,
                "expand": _WITH_CHARGE,
            }
            return turn.v1.disputes.update(dispute, params, options)

        try:
            return seen(turn.write(key, update, sent, repeated))
        except stripe.InvalidRequestError as error:
            found = sent()
            if found is None:
                raise refusal(error) from error
        except UnknownOutcome:
            found = sent()
            if found is None:
                raise
        return seen(found)

    def give_in(self, key: str, dispute: str, *, repeated: bool) -> DisputeSeen:
        """Leave the money to the customer: the dispute is lost from then on.

        Raises:
            Refused: Stripe does not close it.
        """
        turn = self._calls.turn(repeated)
        before = seen(_retrieve(turn, dispute))
        if before.state is not DisputeState.NEEDS_RESPONSE:
            return before

        def closed() -> stripe.Dispute | None:
            now = _retrieve(turn, dispute)
            return None if now.status == "needs_response" else now

        try:
            done = turn.write(
                key,
                lambda options: turn.v1.disputes.close(dispute, {"expand": _WITH_CHARGE}, options),
                closed,
                repeated,
            )
        except stripe.InvalidRequestError as error:
            found = closed()
            if found is None:
                raise refusal(error) from error
            done = found
        return seen(done)


def seen(dispute: stripe.Dispute) -> DisputeSeen:
    """A dispute as the domain has it.

    Raises:
        UnknownOutcome: its status is a word that nobody here knows, or it cannot be read otherwise.
    """
    try:
        return _read(dispute)
    except ValueError as error:
        raise UnknownOutcome("stripe", f"dispute {dispute.id} cannot be read: {error}") from error


def _read(dispute: stripe.Dispute) -> DisputeSeen:
    state = STATES.get(dispute.status)
    if state is None or dispute.payment_intent is None:
        raise UnknownOutcome("stripe", f"dispute {dispute.id} is {dispute.status}")
    details, charge = dispute.evidence_details, dispute.charge
    refunded = 0
    if isinstance(charge, stripe.Charge):
        # An authorization that was let go counts as refunded at Stripe, and was never captured.
        refunded = min(charge.amount_refunded, charge.amount_captured)
    return DisputeSeen(
        reference=dispute.id,
        payment=_payment(dispute),
        state=state,
        money=from_stripe(dispute.amount, dispute.currency),
        reason=dispute.reason or "",
        opened_at=datetime.fromtimestamp(dispute.created, UTC),
        due_by=datetime.fromtimestamp(details.due_by, UTC) if details.due_by else None,
        submissions=details.submission_count,
        refunded=from_stripe(refunded, dispute.currency),
        moves=tuple(_move(one) for one in dispute.balance_transactions),
    )


def _payment(dispute: stripe.Dispute) -> str:
    return str(getattr(dispute.payment_intent, "id", dispute.payment_intent))


def _move(moved: stripe.BalanceTransaction) -> MoneyMove:
    taken = from_stripe(abs(moved.amount), moved.currency)
    sign = -1 if moved.amount < 0 else 1
    return MoneyMove(
        reference=moved.id,
        money=Money(amount=sign * taken.amount, currency=taken.currency),
        fee=from_stripe(moved.fee, moved.currency),
    )


def _is_sent(dispute: stripe.Dispute) -> bool:
    return dispute.evidence_details.submission_count > 0


def _retrieve(turn: StripeTurn, dispute: str) -> stripe.Dispute:
    try:
        return turn.read(
            lambda options: turn.v1.disputes.retrieve(dispute, {"expand": _WITH_CHARGE}, options)
        )
    except stripe.InvalidRequestError as error:
        raise refusal(error) from error


def _page(
    turn: StripeTurn, since: datetime, after: str | None
) -> stripe.ListObject[stripe.Dispute]:
    params: stripe.params.DisputeListParams = {
        "created": {"gte": int(since.timestamp())},
        "limit": _PAGE,
    }
    if after is not None:
        params["starting_after"] = after
    return turn.read(lambda options: turn.v1.disputes.list(params, options))
