"""Sources: one file a provider, with its card beside it."""
