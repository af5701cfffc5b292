//! What models cost.

use todo_domain::{ModelPrices, TokenPrice};

use super::Variables;

/// `MODEL_PRICES`: United States dollars for a million tokens read and a million written, such as
/// `command-r-08-2024=0.15/0.60,my-model=1/2`; each from 0 to 1000 with at most six decimals. They are added to those
/// there are by default and go before them. A model without a price has no cost in the metrics, and
/// none that is known in what a user is shown.
pub(super) fn read(variables: &mut Variables, mut prices: ModelPrices) -> ModelPrices {
    for (position, entry) in (1..).zip(variables.list("MODEL_PRICES")) {
        match parse(&entry) {
            Some(price) => prices.extend([price]),
            None => variables.fault(
                "MODEL_PRICES",
                format!(
                    "entry {position} must be model=input/output in dollars for a million tokens, \
                     each from 0 to 1000 with at most 6 decimals, such as command-r-08-2024=0.15/0.60"
                ),
            ),
        }
    }
    prices
}

fn parse(entry: &str) -> Option<(String, TokenPrice)> {
    let (model, price) = entry.split_once('=')?;
    let price: TokenPrice = price.parse().ok()?;
    let model = model.trim();
    (!model.is_empty()).then(|| (model.to_owned(), price))
}
