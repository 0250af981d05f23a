"""The tuning protocol of a result: its content, Markdown and LaTeX (D8)."""
