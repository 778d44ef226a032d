"""The outside world on one machine: Stripe, Shippo, SendGrid, a warehouse system and a shop."""
