"""Stock words: wants add up, a crossing is told once."""

from domain.stock import crossed, wants


def test_wants_of_one_sku_are_added_and_come_in_the_order_in_which_rows_are_locked() -> None:
    added = wants((("b", 1), ("a", 2), ("b", 3)))
    assert [(want.sku, want.quantity) for want in added] == [("a", 2), ("b", 4)]


def test_a_reorder_point_is_crossed_once_on_the_way_down() -> None:
    assert crossed(5, 4, 5)
    assert not crossed(4, 3, 5)
    assert not crossed(4, 6, 5)
    assert not crossed(6, 5, 5)
