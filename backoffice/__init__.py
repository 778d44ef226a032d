"""What is on record: tables, queries, migrations, the stock ledger, the inbox and the outbox."""
