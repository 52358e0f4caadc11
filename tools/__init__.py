"""What `./dev check` runs; not part of the product."""
