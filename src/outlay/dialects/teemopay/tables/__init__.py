"""What differs from country to country, as tables: rows of data, the rules that they are made of, and the banks."""
