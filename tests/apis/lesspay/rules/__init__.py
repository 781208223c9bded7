"""The rules that LessPay's documents state, each claimed by a test that names its row: see tests/rules."""
