"""The `ordersaga` command."""
