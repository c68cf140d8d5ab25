"""The validation report as a document."""
