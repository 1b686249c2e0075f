"""Graph: crystals in, atoms and their bonds as lists out; loaders for the libraries that read them."""
