"""How people steer an order: cancel it, answer its cases."""

from domain.address import Address
from domain.cases import CaseAnswer
from domain.model import Code, LongText, Model, Text
from domain.payment import AuthorizeMethod
from domain.status import CancelMoment


class CancelRequest(Model):
    """Update ``request_cancel``: who wants it, and why."""

    who: Text
    why: LongText = ""


class CancelAnswer(Model):
    """What a cancel leads to at this moment, in words for whoever asked."""

    accepted: bool
    moment: CancelMoment
    message: LongText


class OtherMethod(Model):
    """Update ``pay_otherwise``: the method that the customer wants to pay with instead."""

    method: AuthorizeMethod


class AddressChange(Model):
    """Update ``change_address``: where the parcels shall go now, who says so, and why."""

    who: Text
    why: LongText = ""
    address: Address


class AddressAnswer(Model):
    """Whether the parcels go to the new address, in words for whoever asked."""

    accepted: bool
    message: LongText


class CaseReply(Model):
    """Update ``answer_case``: which case, what, who and why."""

    case: Code
    answer: CaseAnswer
    who: Text
    why: LongText = ""
