//! Naming a task by words of its title, as in "the groceries one", and which of the tasks seen that
//! is.

use todo_domain::{FoldedText, is_part_of_word};

use super::{
    results::SeenTask,
    stems::{common_beginning, stem},
    words::Words,
};

/// What a person calls a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// As it was said.
    pub(super) said: String,
    stems: Vec<String>,
    /// The names it consists of, if "a and b" should turn out to be two tasks.
    pub(super) parts: Vec<Self>,
}

/// How well a name fits a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// They have nothing in common.
    None,
    /// They share a word: not enough to act on.
    Partly,
    /// Every word of the name is in the title. The other way round is no fit: "everything but call
    /// mom" has every word of "call mom".
    Full,
    /// They are the same.
    Exact,
}

/// The most tasks that one message names.
const MOST_PARTS: usize = 16;

impl Name {
    /// A name, or `None` where nothing that is said tells one task from another: "the task".
    pub(super) fn of(words: Words<'_>) -> Option<Self> {
        let said = words.title()?;
        let stems = stems_of(&said);
        let mut parts = Vec::new();
        if !words.is_quotation() {
            let mut rest = words;
            while let Some((part, others)) = rest.around_any(&[", and", "and", ",", "&"]) {
                parts.extend(Self::of(part));
                rest = others;
            }
            if rest.len() < words.len() {
                parts.extend(Self::of(rest));
            }
        }
        if !(2..=MOST_PARTS).contains(&parts.len()) {
            parts.clear();
        }
        (!stems.is_empty()).then_some(Self { said, stems, parts })
    }

    pub(super) fn fit(&self, title: &str) -> Fit {
        if FoldedText::of(title.trim()) == FoldedText::of(&self.said) {
            return Fit::Exact;
        }
        let title = stems_of(title);
        if title == self.stems {
            Fit::Exact
        } else if self.stems.iter().all(|word| title.contains(word)) {
            Fit::Full
        } else if self.stems.iter().any(|word| word.chars().count() > 2 && title.contains(word)) {
            Fit::Partly
        } else {
            Fit::None
        }
    }

    /// The names it consists of, or itself.
    pub(super) fn parts_or_whole(&self) -> impl Iterator<Item = &Self> {
        let whole = self.parts.is_empty().then_some(self);
        self.parts.iter().chain(whole)
    }

    /// What to search for so that every task of this name is found: the beginning of the longest
    /// word, which its other forms share. Where too many tasks have it, the whole name helps.
    pub(super) fn search_texts(&self) -> Vec<String> {
        let longest = self.stems.iter().max_by_key(|stem| stem.chars().count());
        let longest = longest.map(|stem| common_beginning(stem).to_owned());
        let whole = (self.stems.len() > 1).then(|| self.said.clone());
        longest.into_iter().chain(whole).collect()
    }
}

fn stems_of(text: &str) -> Vec<String> {
    FoldedText::of(text)
        .as_str()
        .replace('’', "'")
        .split(|letter: char| !is_part_of_word(letter) && letter != '\'')
        .filter_map(stem)
        .collect()
}

/// What a name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// To exactly one task.
    One(SeenTask),
    /// To several: the person has to choose.
    Several(Vec<SeenTask>),
    /// To none. These have a word of it: not enough to act on, but perhaps one of them is meant.
    None(Vec<SeenTask>),
}

/// The tasks whose title fits a name best.
pub(super) fn find(name: &Name, tasks: &[SeenTask]) -> Found {
    let best = tasks.iter().map(|task| name.fit(&task.title)).max().unwrap_or(Fit::None);
    let fitting = || tasks.iter().filter(|task| name.fit(&task.title) == best).cloned().collect();
    match best {
        Fit::None => Found::None(Vec::new()),
        Fit::Partly => Found::None(fitting()),
        Fit::Full | Fit::Exact => {
            let mut fitting: Vec<SeenTask> = fitting();
            match fitting.pop() {
                Some(only) if fitting.is_empty() => Found::One(only),
                last => {
                    fitting.extend(last);
                    Found::Several(fitting)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use todo_domain::{Priority, TaskId};

    use super::{super::words::Message, *};

    fn fit(said: &str, title: &str) -> Fit {
        Name::of(Message::read(said).words()).map_or(Fit::None, |name| name.fit(title))
    }

    #[test]
    fn a_name_fits_when_all_its_words_are_in_the_title_in_any_form() {
        assert_eq!(fit("groceries", "buy groceries"), Fit::Full);
        assert_eq!(fit("the grocery one", "Buy groceries!"), Fit::Full);
        assert_eq!(fit("called my mom", "call mom about dinner"), Fit::Full);
        assert_eq!(fit("“Call Mom”", "call mom"), Fit::Exact);
        assert_eq!(fit("calling mom", "call mom"), Fit::Exact);
        assert_eq!(fit("ＣＡＬＬ mom", "call mom"), Fit::Exact);
        assert_eq!(fit("cafe\u{301}", "visit the Café"), Fit::Full);
        assert_eq!(fit("strasse", "STRAẞE kehren"), Fit::Full);
        assert_eq!(fit("istanbul", "İstanbul trip"), Fit::Full);
    }

    #[test]
    fn a_name_fits_whatever_its_case_and_composition() {
        for (said, title) in [
            ("CAFE\u{301}", "café"),
            ("ΚΟΣΜΟΣ", "κόσμος".replace('ό', "ο").as_str()),
            ("STRASSE", "Straße"),
            ("ılık", "ILIK"),
            ("हिन्दी", "हिन्दी"),
        ] {
            assert_eq!(fit(said, title), Fit::Exact, "{said} {title}");
            assert_eq!(fit(said, &format!("xyz {title}")), Fit::Full, "{said} {title}");
        }
        // A word is not cut at its marks.
        assert_eq!(fit("हिन", "हिन्दी"), Fit::None);
    }

    #[test]
    fn a_name_that_only_shares_a_word_fits_partly() {
        assert_eq!(fit("annual report", "finish the report"), Fit::Partly);
        assert_eq!(fit("everything but call mom", "call mom"), Fit::Partly);
        assert_eq!(fit("milk", "buy groceries"), Fit::None);
        assert_eq!(fit("car", "care package"), Fit::None);
        // They differ in a sign that is no letter.
        assert_eq!(fit("किताब की", "किताब का"), Fit::Partly);
    }

    #[test]
    fn a_name_of_several_parts_knows_them() {
        let message = Message::read("the report, mom and milk");
        let name = Name::of(message.words()).unwrap();
        let parts: Vec<_> = name.parts.iter().map(|part| &*part.said).collect();
        assert_eq!(parts, ["the report", "mom", "milk"]);
    }

    fn found(said: &str, titles: &[&str]) -> Result<i64, Vec<i64>> {
        let tasks: Vec<_> = (1..)
            .zip(titles)
            .map(|(id, title)| SeenTask {
                id: TaskId::new(id).unwrap(),
                title: (*title).to_owned(),
                description: None,
                priority: Priority::Medium,
                done: false,
                due: None,
                tags: Vec::new(),
            })
            .collect();
        let ids = |tasks: Vec<SeenTask>| tasks.iter().map(|task| task.id.get()).collect();
        match find(&Name::of(Message::read(said).words()).unwrap(), &tasks) {
            Found::One(task) => Ok(task.id.get()),
            Found::Several(tasks) | Found::None(tasks) => Err(ids(tasks)),
        }
    }

    #[test]
    fn the_one_task_with_all_the_words_is_meant() {
        let titles = ["buy groceries", "finish the report", "call mom", "call dad"];
        assert_eq!(found("groceries", &titles), Ok(1));
        assert_eq!(found("the report", &titles), Ok(2));
        assert_eq!(found("calling dad", &titles), Ok(4));
    }

    #[test]
    fn several_are_to_choose_from_unless_one_is_called_just_that() {
        assert_eq!(found("call", &["call mom", "call dad"]), Err(vec![1, 2]));
        assert_eq!(found("call mom", &["call mom about dad", "call mom"]), Ok(2));
    }

    #[test]
    fn a_shared_word_is_only_a_hint() {
        assert_eq!(found("the annual report", &["finish the report"]), Err(vec![1]));
        assert_eq!(found("milk", &["buy groceries"]), Err(vec![]));
    }
}
