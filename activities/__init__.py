"""What an order asks of the outside: one class for each capability, each with its Protocols."""
