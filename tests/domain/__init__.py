"""Pure rules, thousands of cases a second."""
