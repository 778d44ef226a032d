"""Each way in which the product is broken, and the gates that stand in its way."""

from dataclasses import dataclass

PAYMENT = "tests/workflows/test_payment.py"
CANCEL = "tests/workflows/test_cancel.py"
VENDORS = "tests/workflows/test_vendors.py"
MESSAGES = "tests/workflows/test_messages.py"
MESSAGE_FAULTS = "tests/workflows/test_message_faults.py"
HAPPY = "tests/workflows/test_happy_path.py"
AMENDMENTS = "tests/workflows/test_amendments.py"
SHORT_PICK = "tests/workflows/test_short_pick.py"
SUBSTITUTION = "tests/workflows/test_substitution.py"
TRANSFER = "tests/workflows/test_transfer.py"
REROUTING = "tests/workflows/test_rerouting.py"
READING = "tests/workers/test_reading_accounts.py"
ACCOUNTS = "tests/workers/test_accounts_tie.py"


@dataclass(frozen=True)
class Mutation:
    """One change of one place. ``old`` stands exactly once in ``file``; ``new`` is put there.

    ``gates`` are files of tests, run one after the other until one is red.
    """

    name: str
    file: str
    old: str
    new: str
    gates: tuple[str, ...]


MUTATIONS = (
    Mutation(
        "the idempotency key holds the attempt",
        "activities/step.py",
        "key=idempotency_key(self.subject, operation, request.sequence),",
        "key=idempotency_key(self.subject, operation, 1000 * info.attempt + request.sequence),",
        (PAYMENT, VENDORS),
    ),
    Mutation(
        "Stripe is sent no idempotency key",
        "providers/stripe_calls.py",
        'return self._call(call, {"idempotency_key": each})',
        "return self._call(call, {})",
        ("tests/providers/test_stripe_authorize.py", "tests/providers/test_stripe_lost_answers.py"),
    ),
    Mutation(
        "an unknown authorization is not looked up",
        "providers/stripe_authorization.py",
        "intent = known() if attempt.repeated else None",
        "intent = None",
        ("tests/providers/test_stripe_lost_answers.py", "tests/providers/test_stripe_authorize.py"),
    ),
    Mutation(
        "an unknown capture is not looked up",
        "providers/stripe_payment.py",
        "found = ended() if attempt.repeated else None",
        "found = None",
        ("tests/providers/test_stripe_capture.py", PAYMENT),
    ),
    Mutation(
        "an unknown refund is not looked up",
        "providers/stripe_payment.py",
        "found = known() if attempt.repeated else None",
        "found = None",
        ("tests/providers/test_stripe_refund.py",),
    ),
    Mutation(
        "a refund above what was captured is let through",
        "domain/purse.py",
        "        if left is None or not 0 < money.amount <= left.amount:\n",
        "        if left is None:\n",
        ("tests/domain/test_refunds.py",),
    ),
    Mutation(
        "a pending refund is taken as done",
        "providers/stripe_refunds.py",
        '    "pending": RefundStatus.PENDING,\n',
        '    "pending": RefundStatus.SUCCEEDED,\n',
        ("tests/providers/test_stripe_give_back.py", "tests/workflows/test_failed_refunds.py"),
    ),
    Mutation(
        "a label is bought again without a look",
        "providers/shippo_shipping.py",
        "        if attempt.repeated:\n            live",
        "        if False:\n            live",
        ("tests/providers/test_shippo_labels.py", VENDORS),
    ),
    Mutation(
        "the way back of the reservation is not registered",
        "workflows/order.py",
        "        self.promises.register(self.release_goods)\n",
        "",
        (PAYMENT, CANCEL),
    ),
    Mutation(
        "a newcomer takes what those in line wait for",
        "backoffice/promising.py",
        "    if waited_for:\n        sources",
        "    if False:\n        sources",
        ("tests/backoffice/test_backorders.py",),
    ),
    Mutation(
        "a cancelled shipment's money is let go of while another needs it",
        "workflows/fulfilment.py",
        "    if shipment.dues.others_open():\n        return True\n",
        "",
        ("tests/workflows/test_several_shipments.py",),
    ),
    Mutation(
        "an amendment captures more than is held",
        "workflows/amending_steps.py",
        "        if self._money.covers(due):",
        "        if self._money.covers(due) or due.amount:",
        (AMENDMENTS,),
    ),
    Mutation(
        "a refused amendment leaves its goods reserved",
        "workflows/amending_steps.py",
        "        ways_back.register(let_go)\n",
        "",
        (AMENDMENTS,),
    ),
    Mutation(
        "small orders pass a large one for ever",
        "domain/backorder.py",
        "    elif one.place.firm_from <= now:",
        "    elif False:",
        ("tests/domain/test_backorder.py",),
    ),
    Mutation(
        "the way back of the authorization is not registered",
        "workflows/order.py",
        "        self.promises.register(self.money.let_go)\n",
        "",
        ("tests/workflows/test_in_doubt.py",),
    ),
    Mutation(
        "the way back of the label is not registered",
        "workflows/booking.py",
        "    shipment.promises.register(way_back)\n",
        "",
        (CANCEL,),
    ),
    Mutation(
        "what is held for review goes to the warehouse",
        "workflows/screening.py",
        "    if not reasons or not",
        "    if True or not",
        ("tests/workflows/test_review_hold.py",),
    ),
    Mutation(
        "a recalled parcel is not refunded",
        "workflows/handover.py",
        "    shipment.promises.register(lambda: shipment.money.refund(shipment.id))\n",
        "",
        (CANCEL,),
    ),
    Mutation(
        "the parcel is released before it is paid",
        "workflows/fulfilment.py",
        "        await capture(shipment, shipment.inbox.gone)  # 13  paid ...\n",
        "        await release(shipment)\n        await capture(shipment, shipment.inbox.gone)\n",
        (HAPPY,),
    ),
    Mutation(
        "a bought label counts as a hand-over",
        "domain/tracking.py",
        "return _RANK[self] >= _RANK[CourierStatus.TRANSIT]",
        "return _RANK[self] >= _RANK[CourierStatus.PRE_TRANSIT]",
        ("tests/domain/test_tracking.py", MESSAGES),
    ),
    Mutation(
        "a late courier event turns an order back",
        "domain/tracking.py",
        "if now.final or _RANK[event] <= _RANK[now]:",
        "if False:",
        ("tests/domain/test_tracking.py", MESSAGES),
    ),
    Mutation(
        "a hand-over without a label is believed",
        "workflows/inbox.py",
        "manifest = self.told_gone and bool(self.tracking_numbers)",
        "manifest = self.told_gone",
        (VENDORS,),
    ),
    Mutation(
        "whatever was scanned is taken for what was ordered",
        "workflows/picking.py",
        "        return problems_of_pick(shipment.lines, known)",
        "        return ()",
        (MESSAGES,),
    ),
    Mutation(
        "what is missing is charged all the same",
        "workflows/fulfilment.py",
        "desk, shipment.id, shipment.due, rest, lambda",
        "desk, shipment.id, desk.order.due, rest, lambda",
        (SHORT_PICK,),
    ),
    Mutation(
        "a cancel between two tries at a capture is passed over",
        "workflows/fulfilment.py",
        "    stopped = not gone and shipment.desk.stop is not None\n",
        "    stopped = False\n",
        ("tests/workflows/test_stopped_before_capture.py",),
    ),
    Mutation(
        "a key that is refused says that nothing was done before",
        "providers/failures.py",
        "    if doubtful:\n        verdict",
        "    if doubtful and verdict is Verdict.NOT_DONE:\n        verdict",
        ("tests/providers/test_failures.py",),
    ),
    Mutation(
        "what is missing is promised to others when the order is cancelled",
        "workflows/short_pick.py",
        "        shipment.promises.register(self._write_off_in_the_end)\n",
        "",
        (SHORT_PICK,),
    ),
    Mutation(
        "a malformed signal is not caught",
        "workflows/reception.py",
        "        except Malformed as wrong:\n            await self._refuse(kind, wrong)",
        "        except KeyError:\n            raise",
        (MESSAGE_FAULTS,),
    ),
    Mutation(
        "one intent may pay for two orders",
        "activities/payment.py",
        "if owner != request.order_id:",
        "if False:",
        (PAYMENT,),
    ),
    Mutation(
        "stock is promised without a look at what is there",
        "backoffice/promising.py",
        "in_sequence(sites_of(known), order.route), free_of(known)",
        "in_sequence(sites_of(known), order.route), dict.fromkeys(known, 10**6)",
        ("tests/backoffice/test_stock.py",),
    ),
    Mutation(
        "two warehouses promise the same pieces",
        "backoffice/ledger.py",
        "        _ENTRIES.c.warehouse == _WAREHOUSES.c.code,\n",
        "",
        ("tests/backoffice/test_two_warehouses.py",),
    ),
    Mutation(
        "one warehouse's key speaks for another's shipment",
        "api/warehouse_intake.py",
        "    if state.warehouse != warehouse:",
        "    if False:",
        ("tests/workflows/test_two_warehouses.py",),
    ),
    Mutation(
        "papers may be issued twice",
        "backoffice/paperwork.py",
        "earlier = _issued(connection, key)",
        "earlier = None",
        ("tests/backoffice/test_paperwork.py",),
    ),
    Mutation(
        "another body under an order's number is taken for the same",
        "backoffice/intake.py",
        "    if before != sent:\n",
        "    if False:\n",
        ("tests/backoffice/test_intake.py", "tests/api/test_placing_orders.py"),
    ),
    Mutation(
        "an ambiguous mail is sent again at once",
        "activities/mail.py",
        "                if row.sends:\n",
        "                if False:\n",
        (VENDORS,),
    ),
    Mutation(
        "callbacks leave in any sequence",
        "backoffice/callback_turns.py",
        "            in_turn,\n",
        "",
        ("tests/backoffice/test_callbacks.py",),
    ),
    Mutation(
        "the same nonsense is a case each time",
        "workflows/reception.py",
        'if known and workflow.patched("a-refusal-is-one-case"):',
        "if False:",
        (MESSAGE_FAULTS,),
    ),
    Mutation(
        "a word about an order that has not begun is given up",
        "workers/relays.py",
        "elif datetime.now(UTC) - message.received_at > ORPHAN_AFTER:",
        "elif True:",
        (MESSAGE_FAULTS,),
    ),
    Mutation(
        "what a courier tells before its label is on record is given up",
        "workers/relays.py",
        "if message.source == EARLY:",
        "if False:",
        ("tests/workflows/test_messages.py",),
    ),
    Mutation(
        "the same message is stored twice",
        "backoffice/inbox.py",
        "insert(_INBOX).on_conflict_do_nothing().returning(_INBOX.c.id)",
        "insert(_INBOX).returning(_INBOX.c.id)",
        ("tests/backoffice/test_inbox.py", MESSAGES),
    ),
    Mutation(
        "a key may do what its scope does not say",
        "api/access.py",
        "if not key.scopes.intersection(self.scopes):",
        "if False:",
        ("tests/api/test_scopes.py",),
    ),
    Mutation(
        "a cancel after the hand-over is accepted",
        "workflows/cancel.py",
        "    if any(shipment.inbox.gone for shipment in shipments):\n"
        "        return CancelMoment.AFTER_HAND_OVER\n",
        "",
        (CANCEL,),
    ),
    Mutation(
        "two steps change places",
        "workflows/fulfilment.py",
        "        await book_courier(shipment)  # 7 8\n"
        "        await issue_stock_and_documents(shipment)  # 9 10 11\n"
        "        await until_packed(shipment)  # 12\n",
        "        await book_courier(shipment)  # 7 8\n"
        "        await until_packed(shipment)  # 12\n"
        "        await issue_stock_and_documents(shipment)  # 9 10 11\n",
        ("tests/replay/test_replay.py",),
    ),
    Mutation(
        "an update is acted on before it is in the history",
        "workflows/hearing.py",
        "            await self._pause()\n            self._pending",
        "            self._pending",
        ("tests/workflows/test_updates.py",),
    ),
    Mutation(
        "goods that left early stay promised and unbilled",
        "workflows/papers.py",
        "if not shipment.issued:",
        "if False:",
        ("tests/workflows/test_left_early.py",),
    ),
    Mutation(
        "what is let go unheard was never authorized",
        "activities/payment.py",
        "if request.reference is not None and not (request.unconfirmed or request.unverified):",
        "if True:",
        ("tests/workflows/test_in_doubt.py",),
    ),
    Mutation(
        "settling goes on though the order runs again",
        "workers/settling_guard.py",
        "            if runs:\n",
        "            if False:\n",
        ("tests/workflows/test_standing.py",),
    ),
    Mutation(
        "a restore brings back what the order refused",
        "workers/on_record.py",
        'if problems:\n                    refused.append(f"{one.signal} {report.id}',
        'if False:\n                    refused.append(f"{one.signal} {report.id}',
        ("tests/backoffice/test_restored_messages.py",),
    ),
    Mutation(
        "a parcel leaves with a label for another weight",
        "workflows/packing.py",
        "    if shipment.labels and (not beyond or shipment.inbox.gone):\n",
        "    if shipment.labels:\n",
        ("tests/workflows/test_packed_otherwise.py",),
    ),
    Mutation(
        "a label that was given up may print",
        "activities/shipping.py",
        "self._records.commit(Commit(order=request.order_id, voided=tuple(names)))",
        "tuple(names)",
        (VENDORS,),
    ),
    Mutation(
        "a question that nobody answers has no end",
        "workflows/unanswered.py",
        "    return CaseAnswer.CANCEL if CaseAnswer.CANCEL in answers else None\n",
        "    return None\n",
        (VENDORS,),
    ),
    Mutation(
        "nobody is told what customs lack",
        "activities/shipping.py",
        "            if lacks:\n",
        "            if False:\n",
        ("tests/workflows/test_customs.py",),
    ),
    Mutation(
        "the promise ignores the cut-off",
        "domain/calendar.py",
        "        if local.time() > self.cut_off:\n",
        "        if False:\n",
        ("tests/domain/test_promise.py",),
    ),
    Mutation(
        "a late parcel is on record as in time",
        "workflows/promise.py",
        "return any(min(at or workflow.now(), workflow.now()) > promised for at in moments)",
        "return False",
        ("tests/workflows/test_promises.py",),
    ),
    Mutation(
        "a holiday is counted as a working day",
        "domain/hours.py",
        "hours = None if day in free else opening[(day + _THURSDAY) % 7]",
        "hours = opening[(day + _THURSDAY) % 7]",
        ("tests/domain/test_hours.py",),
    ),
    Mutation(
        "a substitute ships without the customer's consent",
        "workflows/substitution.py",
        "if is_welcome(desk.order, one.line.id):",
        "if desk.order.lines:",
        (SUBSTITUTION,),
    ),
    Mutation(
        "a dearer substitute is charged",
        "domain/substitution.py",
        "gross = min(gross, own * lack.quantity)",
        "gross = own * lack.quantity",
        ("tests/domain/test_substitution.py",),
    ),
    Mutation(
        "a substitute that is refused stays reserved",
        "backoffice/substitutions.py",
        "if offer.state is not OfferState.ACCEPTED:",
        "if offer.state is OfferState.ACCEPTED:",
        (SUBSTITUTION,),
    ),
    Mutation(
        "a part of a transfer counts as all of it",
        "providers/bank_transfer.py",
        "if here.amount >= money.amount:",
        "if here.amount > 0:",
        ("tests/providers/test_bank_transfer.py", TRANSFER),
    ),
    Mutation(
        "what came too much of a transfer is kept",
        "workers/transfers.py",
        "        if surplus.amount > 0:\n            shares +=",
        "        if False:\n            shares +=",
        (TRANSFER,),
    ),
    Mutation(
        "a transfer goes back under another key each time",
        "domain/transfers.py",
        'return f"{self.booking.id}:{self.turn}"',
        'return f"{self.booking.id}:{self.turn}:{id(self)}"',
        ("tests/domain/test_transfers.py",),
    ),
    Mutation(
        "a deadline runs while nobody works",
        "domain/hours.py",
        "    if hours is None:\n",
        "    if hours is None or hours.weekly:\n",
        ("tests/domain/test_hours.py", "tests/workflows/test_working_hours.py"),
    ),
    Mutation(
        "what the last of several captures leaves stays held",
        "workflows/fulfilment.py",
        "    if money.purse.beyond(nothing) and workflow",
        "    if money.purse.taken(shipment.id) is None and workflow",
        ("tests/workflows/test_taken_side_by_side.py",),
    ),
    Mutation(
        "goods are promised from two warehouses after a move",
        "backoffice/moves.py",
        "entries_of(StockKind.RELEASE, let_go, ",
        "entries_of(StockKind.RELEASE, {}, ",
        ("tests/backoffice/test_moves.py",),
    ),
    Mutation(
        "it goes elsewhere although its warehouse has picked it",
        "workflows/rerouting.py",
        "    return told.done\n",
        "    return True\n",
        (REROUTING,),
    ),
    Mutation(
        "a deadline passes for whoever looks at the clock first",
        "workflows/alarm.py",
        "not (self._rings or workflow.now() < by)",
        "not workflow.now() < by",
        ("tests/workflows/test_beside_deadlines.py",),
    ),
    Mutation(
        "a deadline that has been rung for is looked up on the clock",
        "workflows/alarm.py",
        "if wait.past or workflow.now() >= wait.by:",
        "if workflow.now() >= wait.by:",
        ("tests/replay/test_replay.py",),
    ),
    Mutation(
        "our books are written before it is kept why",
        "workflows/desk.py",
        "within = within or not self._decides_first",
        "within = True",
        ("tests/faults/test_decided_first.py",),
    ),
    Mutation(
        "a refused capture waits for a customer who is not asked yet",
        "workflows/holding.py",
        'payer.wanted = workflow.patched("the-customer-is-asked-at-once")',
        "payer.wanted = False",
        ("tests/workflows/test_asked_at_once.py",),
    ),
    Mutation(
        "money whose order a person has named waits for a person again",
        "backoffice/bookings.py",
        ", _BOOKINGS.c.order_id.is_(None)",
        "",
        ("tests/backoffice/test_bookings.py",),
    ),
    Mutation(
        "what a courier says while staff are told is missed",
        "workflows/delivery.py",
        'if workflow.patched("what-comes-while-staff-are-told-is-news"):',
        "if False:",
        ("tests/workflows/test_news_meanwhile.py",),
    ),
    Mutation(
        "a refund is asked for beside an open dispute",
        "api/refunds.py",
        "    if disputed:\n",
        "    if disputed and request.kind is None:\n",
        ("tests/api/test_disputes.py",),
    ),
    Mutation(
        "a dispute goes back to what it was",
        "domain/disputes.py",
        "    return _RANK[then] > _RANK[now]\n",
        "    return then is not now\n",
        ("tests/domain/test_disputes.py", "tests/backoffice/test_disputes.py"),
    ),
    Mutation(
        "who was asleep still writes what a dispute was",
        "backoffice/dispute_entries.py",
        "            .where(_DISPUTES.c.id == turn.dispute, _DISPUTES.c.turn == turn.number)\n",
        "            .where(_DISPUTES.c.id == turn.dispute)\n",
        ("tests/backoffice/test_disputes.py",),
    ),
    Mutation(
        "evidence is made anew at each try",
        "workers/disputes.py",
        "        if dispute.evidence is not None and dispute.pack is not None:\n",
        "        if dispute.evidence is not None and dispute.pack == b:\n",
        ("tests/workflows/test_dispute_deaths.py",),
    ),
    Mutation(
        "an account is read no further than its first page",
        "workers/both_ends.py",
        "return replace(reading, newest=page.newest), page.more",
        "return replace(reading, newest=page.newest), False",
        (READING,),
    ),
    Mutation(
        "what lies behind the first page of an account is never read",
        "workers/both_ends.py",
        "complete=not page.more)\n        return first",
        "complete=True)\n        return first",
        (READING,),
    ),
    Mutation(
        "two workers read the same list at once",
        "backoffice/movements.py",
        "or_(_READINGS.c.leased_until.is_(None), _READINGS.c.leased_until <= now),",
        "or_(_READINGS.c.leased_until.is_(None), _READINGS.c.leased_until > datetime.min),",
        (READING,),
    ),
    Mutation(
        "a payout that was paid is never looked at again",
        "backoffice/movements.py",
        "_MAY_CHANGE = timedelta(days=14)",
        "_MAY_CHANGE = timedelta(days=-400)",
        (ACCOUNTS,),
    ),
    Mutation(
        "an exchanged charge is compared in the account's currency",
        "providers/stripe_payouts.py",
        "_presented(one, source) if one.exchange_rate else money",
        "money",
        (ACCOUNTS,),
    ),
    Mutation(
        "a shop that shares an account sees what is nobody's",
        "backoffice/account_sources.py",
        "    return found.c.shop == shop\n",
        "    return or_(found.c.shop == shop, _nobodys(found))\n",
        (ACCOUNTS,),
    ),
)
