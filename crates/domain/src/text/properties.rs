//! What holds for texts of every script.

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::{folding::FoldedText, *};

const NFD: icu_normalizer::DecomposingNormalizerBorrowed<'static> =
    icu_normalizer::DecomposingNormalizerBorrowed::new_nfd();

/// How else a person may write the same.
#[derive(Debug, Clone, Copy)]
enum Way {
    AsIs,
    Upper,
    Lower,
    /// Every other letter.
    Mixed,
}

/// Case is changed of decomposed texts: a small iota below a letter becomes a letter of its own, and
/// only so the marks above it stay on the first.
fn written(text: &str, way: Way, composed: bool) -> String {
    let text = NFD.normalize(text).into_owned();
    let text = match way {
        Way::AsIs => text,
        Way::Upper => text.to_uppercase(),
        Way::Lower => text.to_lowercase(),
        Way::Mixed => text
            .graphemes(true)
            .enumerate()
            .map(|(n, it)| if n % 2 == 0 { it.to_uppercase() } else { it.to_lowercase() })
            .collect(),
    };
    if composed { normalised(&text).into_owned() } else { NFD.normalize(&text).into_owned() }
}

fn ways() -> impl Strategy<Value = Way> {
    prop_oneof![Just(Way::AsIs), Just(Way::Upper), Just(Way::Lower), Just(Way::Mixed)]
}

/// Words of many scripts, and any characters at all.
fn texts() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        "[a-zA-Z ]{1,6}",
        "[äöüßẞéǰŉﬁﬃİıſKÅµĳǅ]{1,4}",
        "[α-ωΑ-Ωάώΐᾳᾴᾷςϐ]{1,5}",
        "[а-яА-ЯёЁйЙ]{1,5}",
        "[\u{1100}-\u{1112}\u{1161}-\u{1175}\u{11a8}-\u{11c2}]{1,4}",
        "[\u{ac00}-\u{d7a3}\u{3131}-\u{318e}\u{ffa0}-\u{ffdc}]{1,4}",
        "[\u{904}-\u{939}\u{93c}-\u{94d}\u{958}-\u{95f}]{1,5}",
        "[\u{e01}-\u{e3a}\u{e40}-\u{e4e}]{1,5}",
        "[ຫໜໝ]{1,2}",
        "[ᏣᎳᎩꮳꮃꭹ]{1,3}",
        "[\u{ff65}-\u{ff9f}\u{3041}-\u{309a}]{1,4}",
        "[\u{300}-\u{345}\u{5b0}-\u{5bd}\u{200b}-\u{200d}\u{34f}\u{ad}]{1,3}",
        "[☃🇩🇪👩‍🚀❤️⑴㎏﷼…]{1,3}",
        "\\PC{1,4}",
    ];
    proptest::collection::vec(pieces, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The law of searching. A part begins and ends where characters that people see do.
    #[test]
    fn what_a_text_contains_is_found_however_it_is_written(
        text in texts(), from in 0_usize..40, length in 1_usize..20,
        text_composed in any::<bool>(), way in ways(), composed in any::<bool>(),
    ) {
        let text = written(&text, Way::AsIs, text_composed);
        let same = written(&text, Way::AsIs, true);
        let part: String = same.graphemes(true).skip(from).take(length).collect();
        let query = FoldedText::of(&written(&part, way, composed));
        prop_assert!(FoldedText::of(&text).contains(&query), "{text:?} {part:?} {query:?}");
    }

    #[test]
    fn canonically_equal_texts_in_any_case_are_equal_when_folded(text in texts(), way in ways()) {
        let folded = FoldedText::of(&text);
        prop_assert_eq!(&folded, &FoldedText::of(&written(&text, Way::AsIs, true)));
        prop_assert_eq!(&folded, &FoldedText::of(&written(&text, Way::AsIs, false)));
        prop_assert_eq!(&folded, &FoldedText::of(&written(&text, way, true)));
    }

    /// What stores put between folded texts and before them is in none.
    #[test]
    fn a_folded_text_has_no_control_characters_but_white_space(text in "[\\PC\\x00-\\x1f]{0,20}") {
        let folded = FoldedText::of(&text);
        prop_assert!(folded.as_str().chars().all(|it| !it.is_control() || it.is_whitespace()));
    }

    /// Otherwise a search for it would find everything.
    #[test]
    fn a_text_that_shows_something_is_not_empty_when_folded(text in "\\PC{1,6}") {
        prop_assert_eq!(FoldedText::of(&text).as_str().is_empty() && !is_blank(&text), false);
    }

    #[test]
    fn a_text_that_was_accepted_is_accepted_again_and_stays_the_same(text in "\\PC{0,300}") {
        if let Ok(title) = TaskTitle::new(text.as_str()) {
            prop_assert_eq!(TaskTitle::new(title.as_str()), Ok(title.clone()));
            prop_assert_eq!(TaskTitle::stored(title.as_str().to_owned()), Ok(title));
        }
    }

    #[test]
    fn a_beginning_is_as_long_as_it_may_be_and_whole(text in texts(), max in 1_usize..30) {
        let start = beginning(&text, max);
        prop_assert!(text.starts_with(start) && start.chars().count() <= max);
        let first = text.graphemes(true).next().unwrap_or_default();
        if first.chars().count() <= max {
            prop_assert_eq!(start.graphemes(true).collect::<String>(), start);
            let next = text[start.len()..].graphemes(true).next().map_or(0, |it| it.chars().count());
            prop_assert!(next == 0 || start.chars().count() + next > max);
            prop_assert!(text.grapheme_indices(true).any(|(at, _)| at == start.len())
                || start.len() == text.len());
        }
    }
}

#[test]
fn a_search_folds_case_fully() {
    for (text, query) in [
        ("ΑΓΟΡΑ ΚΟΣΜΟΣ", "ΚΟΣ"),
        ("ΑΓΟΡΑ ΚΟΣΜΟΣ", "κόσμος".replace('ό', "ο").as_str()),
        ("Straße", "STRASSE"),
        ("STRASSE", "straße"),
        ("İstanbul", "istanbul"),
        ("istanbul", "İSTANBUL"),
        ("ısparta", "ISPARTA"),
        ("ᏣᎳᎩ", "ꮳꮃꭹ"),
        ("ﬁnance oﬃce", "FINANCE OFFICE"),
        ("ＡＢＣ", "abc"),
        ("Việt Nam", "VIE\u{323}\u{302}T"),
        ("각", "\u{1100}\u{1161}\u{11a8}"),
        ("soft\u{ad}ware", "software"),
    ] {
        assert!(FoldedText::of(text).contains(&FoldedText::of(query)), "{text} {query}");
    }
    assert!(!FoldedText::of("café").contains(&FoldedText::of("cafe")));
}

/// Whoever changes the sum raises [`FoldedText::VERSION`], and adds a migration as the README of the
/// migrations says.
#[test]
fn the_folding_is_the_one_of_its_version() {
    let scripts = (0..0x3400).chain(0xa000..0xac00).chain(0xf900..0x1_f000);
    let all = scripts.filter_map(char::from_u32).map(String::from);
    let sum = all.fold(0_u64, |sum, text| {
        let folded = FoldedText::of(&text);
        folded.as_str().bytes().fold(sum, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(5)
        })
    });
    assert_eq!((FoldedText::VERSION, sum), (2, 2_088_171_140_604_404_161));
}

#[test]
fn what_shows_nothing_is_blank() {
    for blank in [
        "", " ", "\u{a0}", "\u{200b}", "\u{2060}", "\u{feff}", "\u{3164}", "\u{2800}", "\u{115f}",
        "\u{1160}", "\u{ffa0}", "\u{180e}", "\u{fe0f}", "\u{e0100}", "\u{200d}\u{200c}", "\u{ad}",
        "\u{202e}\u{202c}", "\u{e0041}", "\u{1}\u{7f}\u{85}", "\u{fff9}", "\u{ffff}", "\u{2028}",
        "\u{17b4}", "\u{1d159}", "\u{34f}", "\u{3000}", "\u{61c}",
    ] {
        assert!(is_blank(blank), "{blank:?}");
        assert_eq!(TaskTitle::new(blank), Err(TextError::Blank), "{blank:?}");
        assert_eq!(MessageText::new(blank), Err(TextError::Blank), "{blank:?}");
        assert_eq!(SearchText::new(blank), Err(TextError::Blank), "{blank:?}");
    }
    assert_eq!(TaskTitle::new("\0"), Err(TextError::Nul));
    for visible in [".", "-", "❤\u{fe0f}", "👩\u{200d}🚀", "ก", "\u{301}", "⠁", "\u{600}", "〰"]
    {
        assert!(!is_blank(visible), "{visible:?}");
    }
}

#[test]
fn lengths_count_what_is_stored() {
    let typed = "e\u{301}".repeat(200);
    assert_eq!(TaskTitle::new(typed.as_str()).map(String::from), Ok("é".repeat(200)));
    assert_eq!(
        TaskTitle::new("\u{958}".repeat(101)),
        Err(TextError::TooLong { max: 200, actual: 202 })
    );
    assert_eq!(TaskTitle::new("\u{feff}milk\u{200b} ").map(String::from), Ok("milk".to_owned()));
    assert_eq!(TaskTitle::new("❤\u{fe0f}").map(String::from), Ok("❤\u{fe0f}".to_owned()));
}
