//! Texts of all scripts: what is canonically equal is one text, in any case.

use todo_domain::{NewTask, PageLimit, SearchText, TaskDescription, TaskFilter, TaskQuery, UserId};

use super::{ChatStores, TaskStores, tags, titled};

/// A text, and how others write a part of it.
const TEXTS: [(&str, &[&str]); 9] = [
    ("Café crème", &["cafe\u{301}", "CAFÉ", "CRE\u{300}ME"]),
    ("ΑΓΟΡΑ ΚΟΣΜΟΣ", &["ΚΟΣ", "κος", "κοσμος", "κοσμοσ"]),
    ("Große Straße", &["STRASSE", "strasse", "GROSSE", "straße"]),
    ("İstanbul ISPARTA", &["istanbul", "İSTANBUL", "ısparta", "I\u{307}st"]),
    ("Việt Nam", &["VIE\u{323}\u{302}T", "việt", "nam"]),
    ("한국어 공부", &["\u{1112}\u{1161}\u{11ab}국어", "공부"]),
    ("हिन्दी क़लम", &["हिन्दी", "क\u{93c}लम"]),
    ("ᏣᎳᎩ", &["ꮳꮃꭹ", "ᏣᎳᎩ"]),
    ("ﬁnance Ｒｅｐｏｒｔ", &["FINANCE", "report"]),
];

async fn found(stores: &TaskStores, user: UserId, filter: TaskFilter) -> Vec<i64> {
    let page = stores.list(user, TaskQuery { filter, ..TaskQuery::default() }).await;
    page.tasks.iter().map(|task| task.id.get()).collect()
}

/// In titles and in descriptions.
pub async fn a_task_is_found_by_any_way_to_write_a_part_of_it(stores: TaskStores) {
    let ada = stores.user("ada").await;
    for (index, (text, _)) in TEXTS.iter().enumerate() {
        let description = TaskDescription::new(*text).ok();
        let described = NewTask { description, ..titled("x") };
        stores.add(ada, if index % 2 == 0 { titled(text) } else { described }).await;
    }
    for (number, (_, queries)) in (1..).zip(TEXTS) {
        for query in queries {
            let text = Some(SearchText::new(*query).expect("a text"));
            let filter = TaskFilter { text, ..TaskFilter::default() };
            assert_eq!(found(&stores, ada, filter).await, [number], "{query}");
        }
    }
}

/// And by any part of an answer.
pub async fn a_conversation_is_found_by_any_way_to_write_a_part_of_it(stores: ChatStores) {
    let ada = stores.user("ada").await;
    for (text, queries) in TEXTS {
        let turn = stores.begin(ada, "hello").await;
        stores.finish(&turn, text).await;
        for query in queries {
            let text = SearchText::new(*query).expect("a text");
            let page = stores.conversations.search(ada, text, PageLimit::MAX, None).await;
            let ids = page.expect("the store works").conversations;
            let ids: Vec<_> = ids.iter().map(|conversation| conversation.id).collect();
            assert_eq!(ids, [turn.fence.conversation_id], "{query}");
        }
    }
}

/// As they are counted.
pub async fn a_tag_is_found_by_any_way_to_write_it(stores: TaskStores) {
    let ada = stores.user("ada").await;
    for (number, (kept, asked)) in (1..).zip([
        ("straße", &["STRASSE", "Straße", "#strasse"][..]),
        ("φως", &["ΦΩΣ", "φωσ"]),
        ("हिन्दी", &["हिन्दी"]),
        ("cafe\u{301}", &["CAFÉ"]),
        ("ılık", &["ILIK", "ilik"]),
        ("می\u{200c}خواهم", &["میخواهم"]),
    ]) {
        stores.add(ada, NewTask { tags: tags(kept), ..titled("a") }).await;
        for asked in asked {
            let filter = TaskFilter { tags: tags(asked), ..TaskFilter::default() };
            assert_eq!(found(&stores, ada, filter).await, [number], "{asked}");
        }
    }
    stores.add(ada, NewTask { tags: tags("STRASSE"), ..titled("b") }).await;
    let counts = stores.tasks.tags(ada).await.expect("the store works");
    assert_eq!((counts[0].tag.as_str(), counts[0].total), ("strasse", 2));
}
