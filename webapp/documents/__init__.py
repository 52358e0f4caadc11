"""Papers that people keep: made from frozen content alone, the same bytes each time."""
