"""What happens to an order, and in which sequence. order.py reads as the twenty steps."""
