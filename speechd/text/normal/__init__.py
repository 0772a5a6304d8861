"""The rules of `speechd.text.normalize`: tables, each in the order in which it is applied."""
