"""Tables that the documents print, as data."""
