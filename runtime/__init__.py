"""What api and workers share, and the engine and the database that run beside them."""
