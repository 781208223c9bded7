"""What the tests of several rooms share: a real database, and a small world on it."""
