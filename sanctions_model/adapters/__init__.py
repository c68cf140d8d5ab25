"""Sources of data, one small file each; `registry.SOURCES` is the table of all of them."""
