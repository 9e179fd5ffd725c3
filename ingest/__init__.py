"""A report becomes a document and its chunks."""
