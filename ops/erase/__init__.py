"""make erase: removes a person from the store of a stage."""
