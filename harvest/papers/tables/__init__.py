"""Tables of articles: a grid of cells in, readings of property values out."""
