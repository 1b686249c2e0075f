"""Text of articles: sentences in; quantities and what they are values of out."""
