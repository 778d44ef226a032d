"""Orders that nobody placed, with the facts that they would have left: for reports of many."""
