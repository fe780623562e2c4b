"""From a figure of plain data to ink: ``mpl`` draws with matplotlib. Nothing here reads results."""
