"""The handbook as Markdown, as HTML, and its map as a picture."""
