"""Tables that are data: the code that reads one, and the file that it reads."""
