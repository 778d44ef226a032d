"""Step 5 and step 13: handoff, cancel, release, recall."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Protocol

from temporalio import activity

from activities.courier import SendersOnRecord
from activities.operations import operation
from activities.step import Records, Request, step_run
from domain.address import Address
from domain.attempt import Attempt
from domain.borders import crosses_customs
from domain.catalogue import Product, bin_route
from domain.customs import customs_line
from domain.journal import FactOutcome
from domain.model import LongText, Model, unsaid
from domain.order import Amended, Substitute
from domain.record import Commit, HandoffRecord, OrderOnRecord
from domain.shipping import Label, Portion
from domain.status import Step
from domain.warehouse import CustomsLine, Handoff, HandoffAnswer, HandoffLine


class Warehouse(Protocol):
    """A warehouse system. Every method is idempotent under the attempt's key."""

    def hand_off(self, attempt: Attempt, handoff: Handoff) -> HandoffAnswer:
        """Give it the document; it accepts or rejects in its answer."""
        ...

    def readdress(self, attempt: Attempt, shipment: str, ship_to: Address) -> bool:
        """Say where a shipment goes now; False where it no longer has it."""
        ...

    def amend(self, attempt: Attempt, handoff: Handoff) -> HandoffAnswer:
        """Give it the document as amended; it accepts, or refuses because picking has begun.

        One that takes no amendments refuses them all.
        """
        ...

    def replace(self, attempt: Attempt, handoff: Handoff) -> bool:
        """Say what is to be picked from now on; False where it no longer has the shipment, or takes
        no amendments."""
        ...

    def cancel(
        self, attempt: Attempt, shipment: str, reason: str, *, unless_picked: bool = False
    ) -> bool:
        """Stop work on a shipment; False where the parcel has left already, or with
        ``unless_picked`` where it is picked."""
        ...

    def release(self, attempt: Attempt, shipment: str, labels: tuple[Label, ...]) -> bool:
        """Say that the parcels may go; False where the warehouse no longer has the shipment."""
        ...

    def recall(self, attempt: Attempt, shipment: str, reason: str) -> None:
        """Ask for the parcels back; the answer comes as the signal ``recall_result``."""
        ...


class Warehouses(Protocol):
    """Every shop's warehouses, each reached through the system that it has."""

    def at(self, shop: str, code: str) -> Warehouse:
        """One of them. Raises Refused where the shop has no such warehouse."""
        ...


class Catalogue(Protocol):
    """The back office's catalogue."""

    def products(self, shop: str, skus: tuple[str, ...]) -> Mapping[str, Product]:
        """Products by SKU; unknown ones are left out."""
        ...


class Sites(SendersOnRecord, Protocol):
    """Where warehouses are, and where products lie in them."""

    def bins(self, shop: str, code: str, skus: tuple[str, ...]) -> Mapping[str, str]:
        """Where products lie, by SKU, where that is not where the catalogue says."""
        ...


class HandOff(Request):
    """Send a shipment's lines to the warehouse; ``moves`` counts how often it has changed it."""

    portions: tuple[Portion, ...]
    ship_by: datetime | None = None
    moves: Annotated[int, unsaid(0)] = 0


class AmendHandoff(HandOff):
    """Send a shipment's lines as amended; ``sequence`` is the amendment's number."""

    amended: Amended


class HandedOff(Model):
    """The warehouse's answer, and what it was asked to pick."""

    answer: HandoffAnswer
    lines: tuple[HandoffLine, ...]


class SendElsewhere(Request):
    """Tell the warehouse that a shipment's address on record has changed."""


class ReplaceLines(Request):
    """Change what is to be picked of a shipment to ``portions``, with ``substitutes`` among them;
    where the warehouse does not take it, it stays at ``before``."""

    portions: tuple[Portion, ...]
    before: tuple[Portion, ...]
    substitutes: tuple[Substitute, ...]


class Replaced(Model):
    """Whether the warehouse takes the change, and what it is to pick by it."""

    done: bool
    lines: tuple[HandoffLine, ...]


class StopWork(Request):
    """Cancel at, or recall from, the warehouse."""

    reason: LongText


class ReleaseParcels(Request):
    """Tell the warehouse that paid parcels may go."""

    labels: tuple[Label, ...]


class Told(Model):
    """Whether the warehouse could still do as it was told."""

    done: bool


class WarehouseActivities:
    """What an order asks of the warehouse."""

    def __init__(
        self, warehouses: Warehouses, sites: Sites, catalogue: Catalogue, records: Records
    ) -> None:
        """Wire the warehouses and the back office."""
        self._warehouses = warehouses
        self._sites = sites
        self._catalogue = catalogue
        self._records = records

    @activity.defn(name="hand_off", no_thread_cancel_exception=True)
    @operation("hand_off")
    def hand_off(self, request: HandOff) -> HandedOff:
        """Write the handoff document in bin-route order, and bring it to the warehouse."""
        with step_run(self._records, request, Step.HANDOFF, self.hand_off) as run:
            record = self._records.order(request.order_id)
            handoff = self._document(request, record, request.portions)
            answer = self._with(request).hand_off(run.attempt, handoff)
            run.commit(
                Commit(order=request.order_id, handoff=HandoffRecord(handoff, answer)),
                FactOutcome.DONE if answer.accepted else FactOutcome.DECLINED,
                answer.reason,
            )
            return HandedOff(answer=answer, lines=handoff.lines)

    def _with(self, request: Request) -> Warehouse:
        return self._warehouses.at(request.shop, request.warehouse)

    def _document(
        self,
        request: HandOff | ReplaceLines,
        on_record: OrderOnRecord,
        portions: tuple[Portion, ...],
        replacement: int = 0,
    ) -> Handoff:
        order, warehouse = on_record.order, request.warehouse
        skus = tuple(sorted({line.sku for line in order.articles}))
        products = self._catalogue.products(request.shop, skus)
        bins = self._sites.bins(request.shop, warehouse, skus)
        lines: list[HandoffLine] = []
        customs: list[CustomsLine] = []
        for portion in portions:
            line = order.line(portion.line)
            if line is None:
                raise ValueError(f"order {request.order_id} has no line {portion.line}")
            product = products[line.sku]
            lines.append(
                HandoffLine(
                    line=line.id,
                    sku=line.sku,
                    name=line.name,
                    barcodes=product.barcodes,
                    quantity=portion.quantity,
                    bin=bins.get(line.sku, product.bin),
                    options=line.options,
                    note=line.note,
                    weight_grams=product.weight_grams,
                )
            )
            declared = customs_line(line, product, portion.quantity)
            if declared is not None:
                customs.append(declared)
        sender = self._sites.sender(on_record.shop.seller, request.shop, warehouse)
        abroad = crosses_customs(sender.address, order.shipping_address)
        return Handoff(
            order=request.order_id,
            shipment=request.shipment or request.order_id,
            number=order.number,
            shop=request.shop,
            warehouse=warehouse,
            channel=order.channel,
            service_level=order.shipping.service_level.value,
            ship_by=request.ship_by if isinstance(request, HandOff) else None,
            ship_to=order.shipping_address,
            lines=tuple(sorted(lines, key=lambda one: (bin_route(one.bin), one.line))),
            notes=order.notes,
            gift_note=order.gift_note,
            currency=order.currency,
            customs=tuple(customs) if abroad else (),
            replacement=replacement,
            moves=request.moves if isinstance(request, HandOff) else 0,
        )

    @activity.defn(name="amend_at_warehouse", no_thread_cancel_exception=True)
    @operation("amend_at_warehouse")
    def amend(self, request: AmendHandoff) -> HandedOff:
        """Ask for a shipment in other lines; what it accepts is on record in the same moment."""
        with step_run(self._records, request, Step.HANDOFF, self.amend) as run:
            record = self._records.order(request.order_id)
            after = request.amended.after.within(record.order)
            amended = record.model_copy(update={"order": after})
            handoff = self._document(request, amended, request.portions).model_copy(
                update={"amendment": request.amended.number}
            )
            answer = self._with(request).amend(run.attempt, handoff)
            if answer.accepted:
                run.commit(
                    Commit(
                        order=request.order_id,
                        amendment=request.amended,
                        amended_handoff=handoff,
                    )
                )
            else:
                run.commit(outcome=FactOutcome.DECLINED, detail=answer.reason)
            return HandedOff(answer=answer, lines=handoff.lines)

    @activity.defn(name="readdress_at_warehouse", no_thread_cancel_exception=True)
    @operation("readdress_at_warehouse")
    def readdress(self, request: SendElsewhere) -> Told:
        """Say where the shipment goes now; its labels follow by the print queue."""
        with step_run(self._records, request, Step.HANDOFF, self.readdress) as run:
            to = self._records.order(request.order_id).order.shipping_address
            done = self._with(request).readdress(run.attempt, run.subject, to)
            run.commit(outcome=FactOutcome.DONE if done else FactOutcome.DECLINED)
            return Told(done=done)

    @activity.defn(name="replace_lines", no_thread_cancel_exception=True)
    @operation("replace_lines")
    def replace(self, request: ReplaceLines) -> Replaced:
        """Say what goes in place of what. It is on record first: a quick warehouse reports at once
        what it has picked by it."""
        with step_run(self._records, request, Step.HANDOFF, self.replace) as run:
            known = self._records.order(request.order_id)
            order = known.order.with_substitutes(request.substitutes)
            changed = known.model_copy(update={"order": order})
            new = self._document(request, changed, request.portions, request.sequence)
            replaced = Commit(request.order_id, replaced=new, substitutes=request.substitutes)
            self._records.commit(replaced)
            if self._with(request).replace(run.attempt, new):
                run.commit()
                return Replaced(done=True, lines=new.lines)
            old = self._document(request, changed, request.before, request.sequence)
            run.commit(Commit(request.order_id, replaced=old), FactOutcome.DECLINED)
            return Replaced(done=False, lines=old.lines)

    @activity.defn(name="cancel_at_warehouse", no_thread_cancel_exception=True)
    @operation("cancel_at_warehouse")
    def cancel(self, request: StopWork) -> Told:
        """Stop picking and packing; what was taken is put back by the warehouse."""
        with step_run(self._records, request, Step.HANDOFF, self.cancel) as run:
            done = self._with(request).cancel(run.attempt, run.subject, request.reason)
            run.commit(outcome=FactOutcome.DONE if done else FactOutcome.DECLINED)
            return Told(done=done)

    @activity.defn(name="release_parcels", no_thread_cancel_exception=True)
    @operation("release")
    def release(self, request: ReleaseParcels) -> Told:
        """Say that the parcels may go: they are paid."""
        with step_run(self._records, request, Step.HAND_OVER, self.release) as run:
            done = self._with(request).release(run.attempt, run.subject, request.labels)
            run.commit(outcome=FactOutcome.DONE if done else FactOutcome.DECLINED)
            return Told(done=done)

    @activity.defn(name="recall_parcels", no_thread_cancel_exception=True)
    @operation("recall")
    def recall(self, request: StopWork) -> None:
        """Ask for parcels back that may still be on the dock."""
        with step_run(self._records, request, Step.HAND_OVER, self.recall) as run:
            self._with(request).recall(run.attempt, run.subject, request.reason)
            run.commit()
