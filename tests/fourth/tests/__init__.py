"""What tests know of Harbour Pay, from its document alone."""
