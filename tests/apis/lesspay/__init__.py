"""What LessPay's documents say, a merchant's own software for it, and the tests that no other API could have."""
