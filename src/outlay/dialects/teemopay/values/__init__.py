"""One wire value as one core value, and back: what is read stands beside what is written."""
