"""Whether the project's prose keeps to plain English and, in Markdown, to one width."""
