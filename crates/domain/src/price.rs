//! What models cost, exactly: sums of money are never floating-point numbers.

use std::{collections::BTreeMap, fmt, iter::Sum, ops::Add, str::FromStr};

use crate::TokenUsage;

/// What a provider bills for a model's tokens (S94).
///
/// ```
/// use todo_domain::{TokenPrice, TokenUsage};
///
/// let price: TokenPrice = "0.15/0.60".parse()?;
/// let usage = TokenUsage { input_tokens: 588, output_tokens: 21 };
/// assert_eq!(price.cost(usage).to_string(), "0.0001008");
/// # Ok::<(), todo_domain::TokenPriceError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenPrice {
    input: u64,
    output: u64,
}

/// A price was not a number of dollars from 0 to 1000 for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be dollars for a million tokens, from 0 to 1000, with at most 6 decimals")]
pub struct TokenPriceError;

const MICRO: u64 = 1_000_000;

impl TokenPrice {
    /// The most for a million tokens, in millionths of a dollar.
    const MAX: u64 = 1000 * MICRO;

    /// A price in millionths of a United States dollar for a million tokens read and for a million
    /// written.
    ///
    /// # Errors
    /// [`TokenPriceError`] beyond 1,000,000,000 millionths, which are 1000 dollars.
    pub const fn new(input: u64, output: u64) -> Result<Self, TokenPriceError> {
        if input <= Self::MAX && output <= Self::MAX {
            Ok(Self { input, output })
        } else {
            Err(TokenPriceError)
        }
    }

    /// What these tokens cost.
    #[must_use]
    pub fn cost(self, usage: TokenUsage) -> Cost {
        let of = |price, tokens| u128::from(price) * u128::from(tokens);
        Cost(of(self.input, usage.input_tokens) + of(self.output, usage.output_tokens))
    }
}

impl FromStr for TokenPrice {
    type Err = TokenPriceError;

    /// Reads dollars for a million tokens read and for a million written: `0.15/0.60`.
    fn from_str(text: &str) -> Result<Self, TokenPriceError> {
        let (input, output) = text.split_once('/').ok_or(TokenPriceError)?;
        let price = micro_dollars(input.trim()).zip(micro_dollars(output.trim()));
        price.ok_or(TokenPriceError).and_then(|(input, output)| Self::new(input, output))
    }
}

/// Dollars with at most six decimals, in millionths.
fn micro_dollars(text: &str) -> Option<u64> {
    let (dollars, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if !is_number(dollars) || !is_number(decimals) || decimals.len() > 6 {
        return None;
    }
    let millionths: u64 = format!("{decimals:0<6}").parse().ok()?;
    dollars.parse::<u64>().ok()?.checked_mul(MICRO)?.checked_add(millionths)
}

/// A sum of United States dollars, exact to what one token costs. Its text has no more decimals than
/// it needs, twelve at most: `0`, `1.5`, `0.0001008`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Cost(u128);

impl Cost {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// How many of its units a dollar has.
    const DOLLAR: u128 = 1_000_000_000_000;

    /// About as many dollars, for metrics, which have no exact numbers.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a metric is no bill")]
    pub const fn approximate_dollars(self) -> f64 {
        self.0 as f64 / Self::DOLLAR as f64
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::ZERO, Self::add)
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dollars, rest) = (self.0 / Self::DOLLAR, self.0 % Self::DOLLAR);
        let decimals = format!("{rest:012}");
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{dollars}"),
            decimals => write!(f, "{dollars}.{decimals}"),
        }
    }
}

/// The prices of models by name. A model that is not in it has no known price.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelPrices(BTreeMap<String, TokenPrice>);

impl ModelPrices {
    /// The price of a model, if it is known.
    #[must_use]
    pub fn of(&self, model: &str) -> Option<TokenPrice> {
        self.0.get(model).copied()
    }

    /// What these tokens of a model cost, if that is known. No tokens cost nothing, at any price.
    #[must_use]
    pub fn cost(&self, model: &str, usage: TokenUsage) -> Option<Cost> {
        match usage.total() {
            0 => Some(Cost::ZERO),
            _ => self.of(model).map(|price| price.cost(usage)),
        }
    }
}

impl Extend<(String, TokenPrice)> for ModelPrices {
    /// Later prices of a model replace earlier ones.
    fn extend<T: IntoIterator<Item = (String, TokenPrice)>>(&mut self, prices: T) {
        self.0.extend(prices);
    }
}

impl FromIterator<(String, TokenPrice)> for ModelPrices {
    fn from_iter<T: IntoIterator<Item = (String, TokenPrice)>>(prices: T) -> Self {
        Self(prices.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(input_tokens: u64, output_tokens: u64) -> TokenUsage {
        TokenUsage { input_tokens, output_tokens }
    }

    #[test]
    fn tokens_read_and_tokens_written_have_prices_of_their_own() {
        let price: TokenPrice = "2.5/10".parse().unwrap();
        for (read, written, dollars) in
            [(0, 0, "0"), (1_000, 0, "0.0025"), (0, 1_000, "0.01"), (1_200, 80, "0.0038")]
        {
            assert_eq!(price.cost(tokens(read, written)).to_string(), dollars);
        }
    }

    #[test]
    fn one_token_of_the_lowest_price_counts_and_many_of_the_highest_fit() {
        let lowest: TokenPrice = "0.000001/0".parse().unwrap();
        assert_eq!(lowest.cost(tokens(1, 5)).to_string(), "0.000000000001");
        let highest: TokenPrice = "1000/1000".parse().unwrap();
        assert_eq!(highest.cost(tokens(1_000_000, 500_000)).to_string(), "1500");
        let most = highest.cost(tokens(u64::MAX, u64::MAX));
        assert!([most, most].into_iter().sum::<Cost>() > most);
    }

    #[test]
    fn a_price_is_no_less_than_nothing_and_no_more_than_1000_dollars() {
        for (text, micro) in [("0", 0), ("0.0375", 37_500), (" 1000.000000 ", 1_000_000_000)] {
            let price = format!("{text}/{text}").parse();
            assert_eq!(price, TokenPrice::new(micro, micro), "{text:?}");
        }
        for text in ["", "-1", "1000.000001", "0.0000001", "NaN", "inf", "1e2", "1.", ".5", "1,5"] {
            assert_eq!(format!("{text}/1").parse::<TokenPrice>(), Err(TokenPriceError), "{text:?}");
            assert_eq!(format!("1/{text}").parse::<TokenPrice>(), Err(TokenPriceError), "{text:?}");
        }
        assert_eq!("1".parse::<TokenPrice>(), Err(TokenPriceError));
    }

    #[test]
    fn a_later_price_replaces_an_earlier_one_and_an_unknown_model_has_none() {
        let price = |dollars: u64| TokenPrice::new(dollars, dollars).unwrap();
        let mut prices = ModelPrices::from_iter([("a".to_owned(), price(1))]);
        prices.extend([("a".to_owned(), price(2)), ("b".to_owned(), price(3))]);
        assert_eq!(prices.of("a"), Some(price(2)));
        assert_eq!((prices.of("b"), prices.of("c")), (Some(price(3)), None));
        assert_eq!(prices.cost("c", tokens(1, 0)), None);
        assert_eq!(prices.cost("c", tokens(0, 0)), Some(Cost::ZERO));
    }
}
