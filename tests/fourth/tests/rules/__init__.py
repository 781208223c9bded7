"""The rules that the document states, each shown from both sides."""
