//! What is a tag, and what tags are together.

use proptest::prelude::*;

use super::*;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn tags(text: &str) -> std::result::Result<Tags, TagsError> {
    text.parse()
}

#[test]
fn a_tag_is_a_word_in_lower_case_without_its_sign() -> Result {
    for (typed, kept) in [
        ("home", "home"),
        (" #Home ", "home"),
        ("ÜBUNG", "übung"),
        ("İş", "iş"),
        ("Straße", "straße"),
        ("ΦΩΣ", "φως"),
        ("ＡＢＣ", "abc"),
        ("ılık", "ılık"),
        ("Ångström", "ångström"),
        ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ("買い物", "買い物"),
        ("2026-q4", "2026-q4"),
        ("_a_", "_a_"),
        ("12", "12"),
    ] {
        assert_eq!(Tag::new(typed)?.as_str(), kept, "{typed}");
    }
    Ok(())
}

#[test]
fn letters_of_all_scripts_make_a_tag() -> Result {
    for typed in [
        "हिन्दी", "ก้าวหน้า", "நன்றி", "تُونُس", "שָׁלוֹם", "မြန်မာ", "ភាសាខ្មែរ", "తెలుగు", "ქართული", "ᏣᎳᎩ",
        "한국어", "ᠮᠣᠩᠭᠣᠯ", "می\u{200c}خواهم", "ക്ഷ\u{200d}", "র\u{200d}্যাম", "2026-थ",
    ] {
        let tag = Tag::new(typed)?;
        assert_eq!(Tag::new(tag.as_str())?.as_str(), tag.as_str(), "{typed}");
    }
    assert_eq!(Tag::new("Cafe\u{301}")?.as_str(), "café");
    Ok(())
}

#[test]
fn tags_are_the_same_whatever_their_case_and_composition() -> Result {
    for same in [
        &["café", "CAFE\u{301}", "#Café"][..],
        &["straße", "STRASSE", "Strasse", "STRAẞE"],
        &["φως", "ΦΩΣ", "φωσ"],
        &["ılık", "ILIK", "İLİK", "ilik"],
        &["ᏣᎳᎩ", "ꮳꮃꭹ"],
        &["ﬁnance", "FINANCE"],
        &["می\u{200c}خواهم", "میخواهم"],
    ] {
        let tags = same.iter().map(Tag::new).collect::<std::result::Result<Vec<_>, _>>()?;
        assert!(tags.iter().all(|tag| *tag == tags[0]), "{tags:?}");
        assert_eq!(Tags::new(tags)?.iter().count(), 1);
    }
    assert_ne!(Tag::new("cafe")?, Tag::new("café")?);
    Ok(())
}

#[test]
fn of_two_ways_to_write_a_tag_a_task_keeps_the_one_it_has() -> Result {
    let change = TagChange::adjust(tags("STRASSE")?, Tags::default())?;
    assert_eq!(change.applied_to(&tags("straße")?)?.to_string(), "straße");
    Ok(())
}

#[test]
fn a_stored_tag_is_read_by_the_rules_of_its_time() -> Result {
    assert_eq!(Tags::stored("\u{958}\u{958},home")?.to_string(), "home,\u{958}\u{958}");
    assert_eq!(Tags::stored(&"\u{958}".repeat(30))?.iter().count(), 1);
    assert!(Tags::stored("two words").is_err());
    Ok(())
}

#[test]
fn what_is_no_word_is_no_tag() {
    for (typed, error) in [
        ("", TagError::Blank),
        (" # ", TagError::Blank),
        ("#\u{200b}\u{3164}", TagError::Blank),
        ("\u{301}a", TagError::Character),
        ("a\u{200b}b", TagError::Character),
        ("home\u{200d}", TagError::Character),
        ("a\u{ad}b", TagError::Character),
        ("ü\u{200d}\u{200d}", TagError::Character),
        ("-\u{301}a", TagError::Character),
        ("two words", TagError::Character),
        ("##home", TagError::Character),
        ("a,b", TagError::Character),
        ("100%", TagError::Character),
        ("a\0b", TagError::Character),
        ("🐘", TagError::Character),
        ("_-_", TagError::OnlySigns),
    ] {
        assert_eq!(Tag::new(typed), Err(error), "{typed:?}");
    }
    assert!(Tag::new("ü".repeat(30)).is_ok());
    assert_eq!(Tag::new("ü".repeat(31)), Err(TagError::TooLong { actual: 31 }));
}

#[test]
fn ten_different_tags_are_the_most() -> Result {
    let numbered = |count| (0..count).map(|n| Tag::new(format!("t{n}"))).collect::<Vec<_>>();
    let ten =
        numbered(10).into_iter().chain(numbered(10)).collect::<std::result::Result<Vec<_>, _>>();
    assert_eq!(Tags::new(ten?)?.iter().count(), 10);
    let eleven: std::result::Result<Vec<_>, _> = numbered(11).into_iter().collect();
    assert_eq!(Tags::new(eleven?), Err(TooManyTags));
    Ok(())
}

#[test]
fn an_adjustment_adds_and_takes_away_and_leaves_the_rest() -> Result {
    let change = TagChange::adjust(tags("urgent,home")?, tags("work,play")?)?;
    assert_eq!(change.applied_to(&tags("home,work,garden")?)?, tags("garden,home,urgent")?);
    assert_eq!(TagChange::adjust(tags("a,b")?, tags("b,c")?), Err(ContradictoryTags));
    assert_eq!(TagChange::adjust(Tags::default(), Tags::default())?, TagChange::Keep);
    Ok(())
}

#[test]
fn an_adjustment_may_exchange_tags_of_a_full_task_but_not_add_to_them() -> Result {
    let full = tags("a,b,c,d,e,f,g,h,i,j")?;
    let add = TagChange::adjust(tags("k")?, Tags::default())?;
    assert_eq!(add.applied_to(&full), Err(TooManyTags));
    let exchange = TagChange::adjust(tags("k")?, tags("a")?)?;
    assert_eq!(exchange.applied_to(&full)?, tags("b,c,d,e,f,g,h,i,j,k")?);
    Ok(())
}

proptest! {
    /// Whatever was typed, a tag that was accepted is accepted again and stays the same.
    #[test]
    fn a_tag_reads_back(text in "\\PC{0,40}") {
        if let Ok(tag) = Tag::new(&text) {
            prop_assert_eq!(Tag::new(tag.as_str()), Ok(tag));
        }
    }

    #[test]
    fn printed_tags_read_back(words in proptest::collection::vec("[\\p{L}\\p{M}\\p{Nd}_-]{1,20}", 0..12)) {
        if let Ok(tags) = Tags::new(words.iter().filter_map(|word| Tag::new(word).ok())) {
            prop_assert_eq!(tags.to_string().parse::<Tags>(), Ok(tags));
        }
    }
}
