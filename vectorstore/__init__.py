"""The room in the middle: what we know, and how to find it. It imports no other room."""
