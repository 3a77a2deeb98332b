//! Text with `{{ }}` in it: prose, expressions, and commands whose values are bound, never pasted.
