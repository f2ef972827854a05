"""What a run leaves behind: the page, the tables, the manifest, and the answer in words."""
