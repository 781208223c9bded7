"""What stands in these two folders belongs elsewhere: nothing of it can be imported from here."""

collect_ignore = ["dialect", "tests"]
