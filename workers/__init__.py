"""Where everything is put together: settings, clients, activities, and their Temporal worker."""
