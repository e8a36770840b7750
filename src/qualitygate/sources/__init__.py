"""Where the bytes to judge come from. Today the work tree, inside git or without it."""
