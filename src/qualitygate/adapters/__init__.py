"""The built-in tools, one file each. `registry` lists them."""
