"""The benchmark: what a signed query and a signed create cost, beside what the same machine does without Outlay."""
