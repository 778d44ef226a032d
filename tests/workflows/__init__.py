"""Orders on the real engine with time skipping, real activities, and the sandbox."""
