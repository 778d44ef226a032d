"""The engine, the database and the processes that run beside the product."""
