"""The rules of `speechd.text.normalization.normalize`: tables, each in the order in which it is applied."""
