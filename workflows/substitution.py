"""Step 6, where something else may come in place of what is missing: with the customer's consent.

The goods are reserved before anybody is asked. What is accepted the warehouse is told by an
change of its handoff, and picks; nothing of it ships that it has not scanned.
"""

from temporalio import workflow

from activities.mail import MailActivities, SendMail
from activities.substitution import AnswerOffers, OfferSubstitutes, SubstitutionActivities
from activities.warehouse import ReplaceLines, WarehouseActivities
from domain.cases import Case, CaseAnswer, CaseKind
from domain.journal import News
from domain.mail import MailFact, MailKind
from domain.money import Money
from domain.shipping import Portion
from domain.status import OrderStatus, Step
from domain.substitution import (
    AnsweredBy,
    Choice,
    Offer,
    OfferState,
    is_welcome,
    lacks_of,
)
from domain.warehouse import Picked, problems_of_pick
from workflows.interruptions import Stopped
from workflows.shipment import Shipment

_SAID = {CaseAnswer.ACCEPT: Choice.ACCEPT, CaseAnswer.REFUSE: Choice.REFUSE}
_CLOSED_AS = {OfferState.ACCEPTED: CaseAnswer.ACCEPT}


class Substituting:
    """Offers something else for what one shipment lacks, and has it put in where that is wanted."""

    def __init__(self, shipment: Shipment) -> None:
        """Nothing was offered yet."""
        self._shipment = shipment
        self._asked = 0
        self._named = 0
        self._recorded = 0
        self._replaced = 0
        self._cases: dict[str, Case] = {}

    async def offer(self, picked: Picked) -> tuple[Offer, ...] | None:
        """What the customer takes in place of what is missing; None where it was picked anew.

        Raises:
            Stopped: the order is being cancelled.
        """
        shipment, desk = self._shipment, self._shipment.desk
        lacks = lacks_of(
            desk.order,
            shipment.id,
            shipment.lines,
            picked.lines,
            picked.substitutes,
            shipment.dues.part.earlier,
            self._named,
        )
        if not lacks:
            return ()
        self._asked += 1
        self._named += len(lacks)
        by = workflow.now() + desk.policy.substitute_within
        request = OfferSubstitutes(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=shipment.id,
            sequence=self._asked,
            warehouse=shipment.warehouse,
            lacks=lacks,
            answer_by=by,
        )
        shipment.promises.register(self._withdraw)
        made = await desk.own_books(
            SubstitutionActivities.offer, request, "reserve something else for what is missing"
        )
        shipment.offers.put(made.offers)
        self._take_consent(made.offers)
        if shipment.offers.open and not await self._ask():
            return None
        await self._record()
        return shipment.offers.accepted(made.offers)

    def _take_consent(self, offers: tuple[Offer, ...]) -> None:
        """Who said with the order that it is welcome need not be asked, unless by policy."""
        desk = self._shipment.desk
        if desk.policy.ask_despite_welcome:
            return
        for one in offers:
            if is_welcome(desk.order, one.line.id):
                self._shipment.offers.take(one.id, Choice.ACCEPT, AnsweredBy.CHECKOUT)

    async def _ask(self) -> bool:
        """Ask the customer, and whoever may speak for them; False where it was picked anew.

        Raises:
            Stopped: the order is being cancelled.
        """
        desk, offers = self._shipment.desk, self._shipment.offers
        asked = offers.open
        by = asked[0].answer_by
        for one in asked:
            self._open_case(one)
        self._tell(News.SUBSTITUTION_OFFERED, ", ".join(one.words for one in asked))
        desk.in_background(self._mail(asked, self._asked))
        await desk.call_attention()
        in_time, anew = True, False
        while offers.open and in_time and not anew:
            try:
                in_time = await desk.until(self._news, by, "the customer's word on a substitute")
            except Stopped:
                self._settle_cases("the order is being cancelled")
                raise
            self._hear_staff()
            anew = self._picked_anew()
            if offers.unrecorded and not anew:
                await self._record()
        if anew:
            offers.withdraw(offers.accepted(asked))
        state = OfferState.WITHDRAWN if anew else OfferState.UNANSWERED
        for one in offers.open:
            offers.close(one.id, state)
        await self._record("it was picked anew" if anew else "nobody has answered in time")
        return not anew

    def _news(self) -> bool:
        """Whether somebody has answered, or there is nothing to ask any more."""
        said = any(self._shipment.desk.cases.answer_to(case) for case in self._cases.values())
        return said or self._shipment.offers.unrecorded or self._picked_anew()

    def _picked_anew(self) -> bool:
        shipment = self._shipment
        return any(not problems_of_pick(shipment.lines, one) for one in shipment.inbox.picked)

    def _open_case(self, offer: Offer) -> None:
        desk = self._shipment.desk
        price = Money(amount=offer.substitute.gross, currency=desk.order.currency)
        self._cases[offer.id] = desk.cases.open(
            CaseKind.SUBSTITUTION,
            f"The customer is asked whether they take {offer.words}, for {price} ({offer.id}). "
            "accept and refuse are their word, by telephone say. Without an answer: "
            f"{desk.policy.substitute_unanswered.value}",
            (CaseAnswer.ACCEPT, CaseAnswer.REFUSE),
            self._shipment.id,
            offer.answer_by,
        )

    def _hear_staff(self) -> None:
        cases = self._shipment.desk.cases
        for name, case in list(self._cases.items()):
            answer = cases.answer_to(case)
            if answer is not None:
                del self._cases[name]
                self._shipment.offers.take(name, _SAID[answer], AnsweredBy.STAFF)

    async def _record(self, why: str = "the customer has answered") -> None:
        """Put what was said on record: what is not wanted is free again at once."""
        shipment, desk = self._shipment, self._shipment.desk
        answers = shipment.offers.to_record()
        if not answers:
            return
        for one in answers:
            case = self._cases.pop(one.id, None)
            desk.settle(case, why, _CLOSED_AS.get(one.state, CaseAnswer.REFUSE))
            self._tell(
                News.SUBSTITUTION_ANSWERED, f"{shipment.offers.words(one.id)}: {one.state.value}"
            )
        self._recorded += 1
        request = AnswerOffers(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=shipment.id,
            sequence=self._recorded,
            answers=answers,
        )
        await desk.own_books(SubstitutionActivities.answer, request, "record what was said to it")

    def _settle_cases(self, why: str) -> None:
        for case in self._cases.values():
            self._shipment.desk.settle(case, why, CaseAnswer.REFUSE)
        self._cases.clear()

    async def _withdraw(self) -> None:
        """The way back: what does not go into the parcel is free again."""
        offers = self._shipment.offers
        sent = {one.line for one in self._shipment.sends}
        offers.withdraw(one for one in offers.accepted(offers.all) if one.substitute.id not in sent)
        for one in offers.open:
            offers.close(one.id, OfferState.WITHDRAWN)
        await self._record("the order is being cancelled")

    def _tell(self, news: News, words: str) -> None:
        """The shop hears of it, though the order stays where it is; not where it is undone."""
        shipment, desk = self._shipment, self._shipment.desk
        if desk.status is not OrderStatus.IN_FULFILMENT:
            return
        told = desk.next(desk.status, Step.PICKING, shipment.id, words).model_copy(
            update={"news": news}
        )
        desk.journal.add(told)
        desk.arrive(told)

    async def put_in(self, taken: tuple[Offer, ...], portions: tuple[Portion, ...]) -> bool:
        """Have the warehouse pick what was accepted together with these portions; False where it
        does not take such a change: then nothing is promised of it any more.

        Raises:
            Stopped: the order is being cancelled.
        """
        shipment, desk = self._shipment, self._shipment.desk
        substitutes = tuple(one.substitute for one in taken)
        self._replaced += 1
        more = tuple(Portion(line=one.id, quantity=one.quantity) for one in substitutes)
        desk.order = desk.order.with_substitutes(substitutes)
        shipment.sends = (*shipment.sends, *more)
        request = ReplaceLines(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=shipment.id,
            sequence=self._replaced,
            warehouse=shipment.warehouse,
            portions=(*portions, *more),
            before=tuple(Portion(line=one.line, quantity=one.quantity) for one in shipment.lines),
            substitutes=substitutes,
        )
        told = await desk.call(
            WarehouseActivities.replace, request, "tell the warehouse what goes in its place"
        )
        if told.done:
            shipment.lines = told.lines
            return True
        shipment.sends = tuple(one for one in shipment.sends if one not in more)
        shipment.offers.withdraw(taken)
        await self._record("the warehouse does not take it")
        return False

    async def _mail(self, offers: tuple[Offer, ...], sequence: int) -> None:
        """Both articles, the price, and where to answer."""
        desk = self._shipment.desk
        facts: dict[str, str] = {"answer_by": f"{offers[0].answer_by:%Y-%m-%d %H:%M} UTC"}
        for place, one in enumerate(offers, 1):
            quantity = one.substitute.quantity
            price = Money(amount=one.substitute.gross, currency=desk.order.currency)
            facts[f"offer.{place}.ordered"] = f"{quantity} x {one.line.name}"
            facts[f"offer.{place}.instead"] = f"{quantity} x {one.substitute.name}"
            facts[f"offer.{place}.price"] = str(price)
            facts[f"offer.{place}.page"] = one.token
        request = SendMail(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=self._shipment.id,
            kind=MailKind.SUBSTITUTION,
            about=str(sequence),
            facts=tuple(MailFact(name=name, value=value) for name, value in facts.items()),
        )
        await desk.call(MailActivities.send, request, "substitution mail", stoppable=False)
