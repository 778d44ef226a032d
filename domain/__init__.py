"""What an order is: money, lines, addresses, policies, states and ids. Pure: pydantic only."""
