//! How a message is taken apart.

use super::*;

fn tokens(text: &str) -> Vec<String> {
    Message::read(text).tokens.into_iter().map(|token| token.lower).collect()
}

#[test]
fn marks_inside_a_word_belong_to_it_and_marks_around_it_do_not() {
    assert_eq!(tokens("Don’t, (High-priority)!"), ["don't", ",", "(", "high-priority", ")", "!"]);
    assert_eq!(tokens("at 15:00."), ["at", "15:00", "."]);
    assert_eq!(tokens("todo:Buy #3, 4"), ["todo", ":", "buy", "#", "3", ",", "4"]);
    assert_eq!(
        tokens("it’s example.org, isn’t it?"),
        ["it's", "example.org", ",", "isn't", "it", "?"]
    );
}

#[test]
fn a_link_is_one_word_with_every_mark_that_clings_to_it() {
    for link in [
        "https://example.org/a?b",
        "https://example.org/?#today",
        "https://example.org/#!/urgent",
        "https://example.org/wow!!",
        "www.example.org/a,b;c=(d)",
        "example.org/?q=a#b",
        "mailto:ann@example.org?subject=hi!",
    ] {
        assert_eq!(tokens(&format!("see {link}, then")), ["see", link, ",", "then"]);
        assert_eq!(tokens(&format!("(see {link}).")), ["(", "see", link, ")", "."]);
    }
    assert_eq!(tokens("and/or? 1/2!"), ["and/or", "?", "1/2", "!"]);
}

#[test]
fn signs_without_width_are_no_words_and_divide_none_but_the_space_among_them() {
    assert_eq!(
        tokens("\u{feff}add\u{200b}buy\u{200b} mi\u{ad}lk \u{202e}"),
        ["add", "buy", "milk"]
    );
    assert_eq!(tokens("ｄｅｌｅｔｅ　＃１２！"), ["delete", "#", "12", "!"]);
    let title = |text: &str| Message::read(text).words().title();
    assert_eq!(
        title("\u{feff}Buy\u{200b} milk\u{feff} ❤\u{fe0f}").as_deref(),
        Some("Buy milk ❤\u{fe0f}")
    );
    assert_eq!(title("“می\u{200c}خواهم”\u{200f}").as_deref(), Some("می\u{200c}خواهم"));
    assert_eq!(title("Ｂｕｙ１").as_deref(), Some("Ｂｕｙ１"));
}

#[test]
fn what_is_quoted_is_one_token_and_an_apostrophe_quotes_nothing() {
    assert_eq!(tokens("add 'don't stop' now"), ["add", "'don't stop'", "now"]);
    assert_eq!(tokens("add “a b”"), ["add", "“a b”"]);
    assert_eq!(tokens("it's mom's 'x"), ["it's", "mom's", "'", "x"]);
}

#[test]
fn a_title_is_cut_out_as_written_without_what_surrounds_it() {
    let title = |text: &str| Message::read(text).words().title();
    assert_eq!(title(": Buy  Milk.").as_deref(), Some("Buy Milk"));
    assert_eq!(title("'); DROP TABLE tasks;--").as_deref(), Some("'); DROP TABLE tasks;--"));
    assert_eq!(title("\"read, then sleep!\".").as_deref(), Some("read, then sleep!"));
    assert_eq!(title("...").as_deref(), None);
}
