//! The questions an answer may end with. They are told apart by their words when the next message
//! comes, because nothing else is kept.

/// What the assistant needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Question {
    Which,
    Title,
    NewTitle,
    Due,
}

impl Question {
    const ALL: [Self; 4] = [Self::Which, Self::Title, Self::NewTitle, Self::Due];

    /// How it is asked.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Which => "Which one? Answer with its number, or with several.",
            Self::Title => "What is the task? Just tell me, for example: buy milk.",
            Self::NewTitle => "What should it be called?",
            Self::Due => {
                "When should it be due? Answer with a day, for example: Friday, or 2026-12-05."
            }
        }
    }

    /// The question that an answer ends with.
    pub(super) fn at_end_of(answer: &str) -> Option<Self> {
        let last = answer.lines().last()?;
        Self::ALL.into_iter().find(|question| question.text() == last)
    }
}
