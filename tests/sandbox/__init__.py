"""The sandbox, tried from outside: over HTTP, with the vendors' own SDKs."""
