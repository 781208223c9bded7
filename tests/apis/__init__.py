"""All that tests know of single APIs: one folder here for each folder of `outlay.dialects`, found by its name."""
