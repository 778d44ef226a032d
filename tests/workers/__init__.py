"""What worker processes do beside the orders, on the real database and the sandbox."""
