//! What models cost.

use std::collections::BTreeMap;

use crate::TokenUsage;

/// What a provider bills for a model's tokens (S94).
///
/// ```
/// use todo_domain::{TokenPrice, TokenUsage};
///
/// let price = TokenPrice::new(0.15, 0.60)?;
/// let usage = TokenUsage { input_tokens: 1_000_000, output_tokens: 500_000 };
/// assert!((price.cost(usage) - 0.45).abs() < 1e-9);
/// # Ok::<(), todo_domain::TokenPriceError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenPrice {
    input: f64,
    output: f64,
}

/// A price was not a number of dollars from 0 to 1000 for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be dollars for a million tokens, from 0 to 1000")]
pub struct TokenPriceError;

const TOKENS: f64 = 1_000_000.0;

impl TokenPrice {
    /// A price in United States dollars for a million tokens read and for a million written.
    ///
    /// # Errors
    /// [`TokenPriceError`] outside 0 to 1000.
    pub const fn new(input: f64, output: f64) -> Result<Self, TokenPriceError> {
        // Not a number is outside as well.
        if input >= 0.0 && input <= 1000.0 && output >= 0.0 && output <= 1000.0 {
            Ok(Self { input, output })
        } else {
            Err(TokenPriceError)
        }
    }

    /// What these tokens cost, in United States dollars.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "nobody bills 2^53 tokens")]
    pub fn cost(self, usage: TokenUsage) -> f64 {
        let input = self.input * usage.input_tokens as f64;
        let output = self.output * usage.output_tokens as f64;
        (input + output) / TOKENS
    }
}

/// The prices of models by name. A model that is not in it has no known price.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelPrices(BTreeMap<String, TokenPrice>);

impl ModelPrices {
    /// The price of a model, if it is known.
    #[must_use]
    pub fn of(&self, model: &str) -> Option<TokenPrice> {
        self.0.get(model).copied()
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

    #[test]
    fn tokens_read_and_tokens_written_have_prices_of_their_own() {
        let price = TokenPrice::new(2.5, 10.0).unwrap();
        for (input_tokens, output_tokens, dollars) in
            [(0, 0, 0.0), (1_000, 0, 0.002_5), (0, 1_000, 0.01), (1_200, 80, 0.003_8)]
        {
            let cost = price.cost(TokenUsage { input_tokens, output_tokens });
            assert!((cost - dollars).abs() < 1e-12, "{input_tokens} {output_tokens}: {cost}");
        }
    }

    #[test]
    fn a_price_is_no_less_than_nothing_and_no_more_than_1000_dollars() {
        for price in [0.0, 0.037_5, 1000.0] {
            assert!(TokenPrice::new(price, price).is_ok(), "{price}");
        }
        for price in [-0.01, 1000.01, f64::NAN, f64::INFINITY] {
            assert_eq!(TokenPrice::new(price, 1.0), Err(TokenPriceError));
            assert_eq!(TokenPrice::new(1.0, price), Err(TokenPriceError));
        }
    }

    #[test]
    fn a_later_price_replaces_an_earlier_one_and_an_unknown_model_has_none() {
        let price = |dollars| TokenPrice::new(dollars, dollars).unwrap();
        let mut prices = ModelPrices::from_iter([("a".to_owned(), price(1.0))]);
        prices.extend([("a".to_owned(), price(2.0)), ("b".to_owned(), price(3.0))]);
        assert_eq!(prices.of("a"), Some(price(2.0)));
        assert_eq!((prices.of("b"), prices.of("c")), (Some(price(3.0)), None));
    }
}
