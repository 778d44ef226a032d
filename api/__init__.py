"""What others call: orders, warehouse, support, webhooks. Verifies and stores; decides nothing."""
