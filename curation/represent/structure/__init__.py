"""Structure: crystals as flat arrays in, one matrix of numbers or labels out; the loops are compiled."""
