//! Which of Cohere's models there are, which are gone, and how much each may write.

use std::{fmt, num::NonZeroU32, str::FromStr};

use todo_domain::{ModelPrices, TokenPrice};

/// The models we know, with the most tokens one answer may have. Cohere refuses a request that
/// asks for more; where its documentation says "8k" we take 8,000.
const KNOWN: &[(&str, u32)] = &[
    ("command-a-03-2025", 8_000),
    ("command-r7b-12-2024", 4_000),
    ("command-r-08-2024", 4_000),
    ("command-r-plus-08-2024", 4_000),
    ("command-a-plus-05-2026", 64_000),
    ("command-a-reasoning-08-2025", 32_000),
    ("north-mini-code-1-0", 64_000),
];

/// What Cohere publishes as its prices: millionths of a United States dollar for a million tokens
/// read, and for a million written. It names none for the others.
const PRICES: &[(&str, u64, u64)] = &[
    ("command-a-03-2025", 2_500_000, 10_000_000),
    ("command-r7b-12-2024", 37_500, 150_000),
    ("command-r-08-2024", 150_000, 600_000),
    ("command-r-plus-08-2024", 2_500_000, 10_000_000),
];

/// The models that Cohere removed on 2025-09-15, each with the strongest live one that costs no
/// more than it did.
const RETIRED: &[(&str, &str)] = &[
    ("command-r-plus", "command-a-03-2025"),
    ("command-r-plus-04-2024", "command-a-03-2025"),
    ("command-r", "command-r-08-2024"),
    ("command-r-03-2024", "command-r-08-2024"),
    ("command", "command-r-08-2024"),
    ("command-nightly", "command-r-08-2024"),
    ("command-light", "command-r-08-2024"),
    ("command-light-nightly", "command-r-08-2024"),
];

/// The text can't be the name of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a model's name such as command-a-03-2025: 1 to 100 letters, digits, '-', '_', '.'"
)]
pub struct CohereModelNameError;

/// The name of a model that Cohere has, as far as we know. A retired name stands for its
/// successor; [`CohereModelName::replaced`] tells.
///
/// ```
/// use todo_adapters::CohereModelName;
///
/// let name: CohereModelName = "command-r-plus".parse()?;
/// assert_eq!(name.as_str(), "command-a-03-2025");
/// assert_eq!(name.replaced(), Some("command-r-plus"));
/// # Ok::<(), todo_adapters::CohereModelNameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohereModelName {
    name: String,
    replaced: Option<&'static str>,
}

impl CohereModelName {
    /// What to ask Cohere for.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The retired name that was asked for, if it was one: worth a warning at start.
    #[must_use]
    pub const fn replaced(&self) -> Option<&'static str> {
        self.replaced
    }

    /// What Cohere's models cost, as far as their prices are public.
    #[must_use]
    pub fn prices() -> ModelPrices {
        let price = |(name, input, output): &(&str, u64, u64)| {
            Some(((*name).to_owned(), TokenPrice::new(*input, *output).ok()?))
        };
        PRICES.iter().filter_map(price).collect()
    }

    /// `wished` tokens for an answer, or as many as the model may write. A model that we do not
    /// know is left to Cohere's judgement.
    pub(super) fn clamp_max_tokens(&self, wished: NonZeroU32) -> u32 {
        let most = KNOWN.iter().find(|(name, _)| *name == self.name).map(|(_, most)| *most);
        most.map_or(wished.get(), |most| wished.get().min(most))
    }
}

impl Default for CohereModelName {
    /// `command-a-03-2025`: calls tools well and says its plan.
    fn default() -> Self {
        Self { name: KNOWN[0].0.to_owned(), replaced: None }
    }
}

impl fmt::Display for CohereModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl FromStr for CohereModelName {
    type Err = CohereModelNameError;

    fn from_str(text: &str) -> Result<Self, CohereModelNameError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if text.len() > 100
            || !text.bytes().all(allowed)
            || !text.bytes().any(|byte| byte.is_ascii_alphanumeric())
        {
            return Err(CohereModelNameError);
        }
        Ok(match RETIRED.iter().find(|(retired, _)| *retired == text) {
            Some((retired, live)) => Self { name: (*live).to_owned(), replaced: Some(retired) },
            None => Self { name: text.to_owned(), replaced: None },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> CohereModelName {
        text.parse().unwrap()
    }

    #[test]
    fn every_retired_name_leads_to_a_model_that_lives() {
        for (retired, _) in RETIRED {
            let name = name(retired);
            assert_eq!(name.replaced(), Some(*retired));
            assert!(KNOWN.iter().any(|(known, _)| *known == name.as_str()), "{name}");
        }
    }

    #[test]
    fn every_price_is_one_and_belongs_to_a_model_that_lives() {
        let prices = CohereModelName::prices();
        for (model, input, output) in PRICES {
            assert_eq!(prices.of(model), TokenPrice::new(*input, *output).ok());
            assert!(prices.of(model).is_some() && KNOWN.iter().any(|(known, _)| known == model));
        }
        assert_eq!(prices.of("command-b-01-2027"), None);
    }

    #[test]
    fn a_name_that_lives_or_is_new_to_us_is_taken_as_it_is() {
        for text in ["command-a-03-2025", "command-b-01-2027", "0f7e1c2a-ft"] {
            assert_eq!((name(text).as_str(), name(text).replaced()), (text, None));
        }
    }

    #[test]
    fn what_could_leave_its_place_in_a_path_is_no_name() {
        for text in ["", " ", "command a", "../keys", "..", "a/b", "a?b", "a%2fb", "modèle"] {
            assert_eq!(text.parse::<CohereModelName>(), Err(CohereModelNameError), "{text:?}");
        }
        assert_eq!("x".repeat(101).parse::<CohereModelName>(), Err(CohereModelNameError));
    }

    #[test]
    fn an_answer_never_asks_for_more_tokens_than_the_model_has() {
        let wished = NonZeroU32::new(10_000).unwrap();
        assert_eq!(name("command-r7b-12-2024").clamp_max_tokens(wished), 4_000);
        assert_eq!(name("command-a-03-2025").clamp_max_tokens(wished), 8_000);
        assert_eq!(name("command-b-01-2027").clamp_max_tokens(wished), 10_000);
    }
}
