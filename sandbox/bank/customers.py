"""What customers do at their own banks, as a test or a person asks for it."""

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.bank import news
from sandbox.bank.ledger import BOOKING, CLOSED, PRIVATE, normal, shown
from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.store import Document
from sandbox.core.world import World, plain_error


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Payment(_Body):
    amount: int = Field(gt=0)
    currency: str = "EUR"
    reference: str = ""
    text: str = ""
    account: str = "DE75512108001245126199"
    holder: str = "Mia Lindqvist"
    order: str | None = None


class _Account(_Body):
    account: str
    closed: bool = True


async def pay(world: World, request: ParsedRequest) -> Answer:
    """Transfer money to the seller's account; `order` is what the customer means, for the judge."""
    try:
        given = _Payment.model_validate(request.json())
    except ValidationError as error:
        return Answer.json(plain_error(422, str(error)), 422)
    position = world.store.next_number(BOOKING)
    booking: Document = {
        "id": f"bkg_{position:08d}",
        "position": position,
        "booked_at": world.clock.now().isoformat(),
        "amount": given.amount,
        "currency": given.currency,
        "reference": normal(given.reference),
        "text": given.text,
        "account": given.account,
        "holder": given.holder,
        PRIVATE: given.order,
    }
    world.store.put(BOOKING, booking["id"], booking)
    facts = {name: booking[name] for name in ("amount", "currency", "account")}
    facts |= {"booking": booking["id"], "intent": booking["reference"]}
    world.ledger.append("bank", "received", given.order, facts)
    news.tell(world, booking)
    return Answer.json(shown(booking), 201)


async def close(world: World, request: ParsedRequest) -> Answer:
    """A customer closes the account that they paid from, or opens it again."""
    try:
        given = _Account.model_validate(request.json())
    except ValidationError as error:
        return Answer.json(plain_error(422, str(error)), 422)
    if given.closed:
        world.store.put(CLOSED, given.account, {"account": given.account})
    else:
        world.store.delete(CLOSED, given.account)
    return Answer.json({"account": given.account, "closed": given.closed})
