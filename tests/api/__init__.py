"""The API over ASGI, with the real back office and the real engine behind it."""
