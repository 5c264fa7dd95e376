"""One module a program: how it names its tensors, and what it leaves unsaid."""
