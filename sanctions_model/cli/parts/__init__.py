"""What the verbs share: console, options, edits of a model, places for output."""
