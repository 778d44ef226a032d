"""Which status may follow which."""

from domain.status import OrderStatus, may_follow, status_of


def reachable(start: OrderStatus) -> set[OrderStatus]:
    seen = {start}
    open_ = [start]
    while open_:
        now = open_.pop()
        fresh = [then for then in OrderStatus if may_follow(now, then) and then not in seen]
        seen.update(fresh)
        open_ += fresh
    return seen


def test_every_status_can_be_reached_from_acceptance() -> None:
    assert reachable(OrderStatus.ACCEPTED) == set(OrderStatus)


def test_every_status_leads_to_an_end() -> None:
    for status in OrderStatus:
        assert any(end.ended for end in reachable(status)), status


def test_nothing_follows_an_end() -> None:
    ends = {status for status in OrderStatus if status.ended}
    assert ends == {
        OrderStatus.COMPLETED,
        OrderStatus.CANCELLED,
        OrderStatus.DECLINED,
        OrderStatus.OUT_OF_STOCK,
    }


def test_a_shipped_order_is_never_cancelled() -> None:
    assert OrderStatus.CANCELLED not in reachable(OrderStatus.SHIPPED)


def test_nothing_ships_unless_it_was_packed_or_taken_by_the_courier() -> None:
    for status in (OrderStatus.ACCEPTED, OrderStatus.RESERVED, OrderStatus.PAYMENT_SECURED):
        assert not may_follow(status, OrderStatus.SHIPPED)


def test_an_order_is_where_its_least_advanced_shipment_is() -> None:
    s = OrderStatus
    assert status_of([s.SHIPPED, s.BACKORDERED]) is s.BACKORDERED
    assert status_of([s.DELIVERED, s.PACKED]) is s.PACKED
    assert status_of([s.DELIVERED, s.NOT_DELIVERED]) is s.NOT_DELIVERED


def test_a_shipment_that_is_cancelled_counts_only_where_nothing_else_is_left() -> None:
    s = OrderStatus
    assert status_of([s.SHIPPED, s.CANCELLING]) is s.SHIPPED
    assert status_of([s.CANCELLED, s.DELIVERED]) is s.DELIVERED
    assert status_of([s.CANCELLED, s.RECALLING]) is s.RECALLING
    assert status_of([s.CANCELLED, s.CANCELLED]) is s.CANCELLING


def test_no_shipments_status_ends_the_order() -> None:
    for status in OrderStatus:
        assert not status_of([status]).ended
