"""One wire value and one core value, both ways: what is read and what is written back stand beside each other."""
