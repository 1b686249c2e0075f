"""LLM: an optional backend; a language model is asked for the values of a table, and only what is printed is kept."""
