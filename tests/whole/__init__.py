"""The whole, as a user runs it: processes, files, and SIGKILL."""
