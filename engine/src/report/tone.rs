//! What a word means to its reader. Only the command line knows which colour that is.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    #[default]
    Plain,
    /// Worth less than what stands around it.
    Dim,
    Strong,
    Good,
    Warn,
    Bad,
    /// A person's turn.
    Ask,
}

/// One line of a page, in pieces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line(pub Vec<(Tone, String)>);

impl Line {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn with(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.0.push((tone, text.into()));
        self
    }

    #[must_use]
    pub fn plain(self, text: impl Into<String>) -> Self {
        self.with(Tone::Plain, text)
    }

    #[must_use]
    pub fn dim(self, text: impl Into<String>) -> Self {
        self.with(Tone::Dim, text)
    }

    /// The line without its tones.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }
}
