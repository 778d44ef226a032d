"""Something else in place of what is missing: reserved, offered, let go where it is not taken."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from temporalio import activity

from activities.courier import SendersOnRecord
from activities.operations import operation
from activities.step import Records, Request, step_run
from activities.warehouse import Catalogue
from domain.borders import crosses_customs
from domain.model import Model
from domain.order import Line
from domain.record import Commit, OrderOnRecord
from domain.status import Step
from domain.substitution import Lack, Offer, OfferAnswer, may_replace, stand_in

_TOKEN_BYTES = 24


class OfferBook(Protocol):
    """The back office's offers."""

    def offer(
        self, shop: str, choices: Sequence[Sequence[Offer]], commit: Commit, warehouse: str
    ) -> tuple[Offer, ...]:
        """Of each of the choices reserve the first that can be had in the warehouse for
        ``commit.order``, and write the commit, in one transaction; those that were reserved.

        What was offered before under the same names is answered as it stands.
        """
        ...

    def answer(self, shop: str, answers: Sequence[OfferAnswer], commit: Commit) -> None:
        """Close offers, and write the commit, in one transaction.

        What was not accepted is free again. An offer is closed once; but one that was accepted may
        be withdrawn.
        """
        ...


class OfferSubstitutes(Request):
    """Reserve something else for what is missing, until ``answer_by`` at last."""

    lacks: tuple[Lack, ...]
    answer_by: datetime


class Offers(Model):
    """What is reserved, and may be offered. Their tokens are in the history, so that records which
    are brought back know the links that customers have."""

    offers: tuple[Offer, ...] = ()


class AnswerOffers(Request):
    """Close these offers."""

    answers: tuple[OfferAnswer, ...]


class SubstitutionActivities:
    """What an order asks of the stock ledger and the catalogue."""

    def __init__(
        self, offers: OfferBook, catalogue: Catalogue, records: Records, sites: SendersOnRecord
    ) -> None:
        """Wire the back office."""
        self._sites = sites
        self._offers = offers
        self._catalogue = catalogue
        self._records = records

    @activity.defn(name="offer_substitutes", no_thread_cancel_exception=True)
    @operation("offer_substitutes")
    def offer(self, request: OfferSubstitutes) -> Offers:
        """Reserve it before anybody is asked: what a customer accepts must be there."""
        with step_run(self._records, request, Step.PICKING, self.offer) as run:
            on_record = self._records.order(request.order_id)
            choices = self._choices(request, on_record, run.subject)
            made = self._offers.offer(request.shop, choices, run.entries(), request.warehouse)
            return Offers(offers=made)

    @activity.defn(name="answer_offers", no_thread_cancel_exception=True)
    @operation("answer_offers")
    def answer(self, request: AnswerOffers) -> None:
        """What was not accepted can be sold to others again."""
        with step_run(self._records, request, Step.PICKING, self.answer) as run:
            self._offers.answer(request.shop, request.answers, run.entries())

    def _choices(
        self, request: OfferSubstitutes, on_record: OrderOnRecord, shipment: str
    ) -> list[list[Offer]]:
        order = on_record.order
        lines = {lack.id: _without_words(order.line(lack.line)) for lack in request.lacks}
        skus = tuple(sorted({line.sku for line in lines.values()}))
        ordered = self._catalogue.products(request.shop, skus)
        tried = {
            lack.id: may_replace(ordered[lines[lack.id].sku], lack)
            for lack in request.lacks
            if lines[lack.id].sku in ordered
        }
        others = tuple(sorted({sku for each in tried.values() for sku in each}))
        known = self._catalogue.products(request.shop, others)
        seller = on_record.shop.seller
        sender = self._sites.sender(seller, request.shop, request.warehouse)
        abroad = crosses_customs(sender.address, order.shipping_address)
        fit = {sku: one for sku, one in known.items() if one.may_cross_borders or not abroad}
        return [
            [
                Offer(
                    id=lack.id,
                    shipment=shipment,
                    line=lines[lack.id],
                    substitute=stand_in(
                        order, lack, fit[sku], on_record.shop.policy.substitute_price
                    ),
                    ordered=lack,
                    answer_by=request.answer_by,
                    token=secrets.token_urlsafe(_TOKEN_BYTES),
                )
                for sku in tried.get(lack.id, ())
                if sku in fit
            ]
            for lack in request.lacks
        ]


def _without_words(line: Line | None) -> Line:
    """The line as it may be shown to whoever has the link: without what the customer wrote."""
    if line is None:
        raise ValueError("the order does not have a line that lacks pieces")
    return line.model_copy(update={"options": {}, "note": ""})
