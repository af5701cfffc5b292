//! One account searches in the most expensive ways there are, by text and by tags.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use super::{
    LINES,
    bystander::{be_bystander, sign_up},
    full_list,
};
use crate::{
    Result,
    service::{Service, exchange},
};

const CLIENTS: usize = 30;
const DURATION: Duration = Duration::from_secs(20);
/// Attacks this service.
pub(super) fn attack(service: &Service) -> Result {
    let (attacker, other) = (sign_up(service, "mallory")?, sign_up(service, "ben")?);
    let list = full_list(&"a".repeat(2_000), &tags())?;
    service.expect_of(200, "POST", "/api/me/import", Some(&attacker), (LINES, &list))?;
    let calm = be_bystander(service, &other, &AtomicBool::new(false), Duration::from_secs(5))?;
    println!("before: {calm}");
    for search in searches() {
        println!("- by {}", search.by);
        search_beside(service, &attacker, &other, &search)?;
    }
    Ok(())
}

/// A way to search that takes as long as any.
struct Search {
    by: &'static str,
    list: String,
    message: String,
}

fn searches() -> [Search; 2] {
    let text = format!("{}b", "a".repeat(199));
    // All that a task has, but for the last one.
    let tags = tags().replace('j', "z");
    [
        Search {
            by: "text",
            list: format!("/api/me/tasks?q={text}"),
            message: format!(r#"{{"message": "find {text}"}}"#),
        },
        Search {
            by: "tags",
            list: format!("/api/me/tasks?tag={tags}"),
            message: format!(r##"{{"message": "show tasks tagged #{}"}}"##, "z".repeat(29)),
        },
    ]
}

/// As many tags as a task may have, of 29 letters each.
fn tags() -> String {
    let tags = ["a", "c", "d", "e", "f", "g", "h", "i", "k", "j"].map(|letter| letter.repeat(29));
    tags.join(",")
}

/// How often each status was answered; 0 where nothing was.
type Answers = Mutex<BTreeMap<u16, usize>>;

fn search_beside(service: &Service, attacker: &str, other: &str, search: &Search) -> Result {
    let (over, answers) = (AtomicBool::new(false), Answers::default());
    let under_attack = thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (over, answers) = (&over, &answers);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let (method, path, body) = match client % 10 == 0 {
                        true => ("POST", "/api/me/chat", search.message.as_str()),
                        false => ("GET", search.list.as_str(), ""),
                    };
                    let body = ("application/json", body);
                    let asked = exchange(service.address(), method, path, Some(attacker), body);
                    let status = asked.map_or(0, |(status, _)| status);
                    let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                    *answers.entry(status).or_default() += 1;
                    drop(answers);
                    if status == 429 {
                        thread::sleep(Duration::from_millis(50));
                    }
                }
            });
        }
        let seen = be_bystander(service, other, &over, DURATION).map_err(|error| error.to_string());
        over.store(true, Ordering::Relaxed);
        seen
    })?;
    let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{CLIENTS} clients that search, by status: {answers:?}");
    println!("meanwhile: {under_attack}");
    // Found, limited, or waited in vain for the searches before.
    if let Some(status) = answers.keys().find(|status| !matches!(status, 200 | 429 | 503)) {
        return Err(format!("whoever searches is answered {status}").into());
    }
    if !answers.contains_key(&200) {
        return Err("whoever searches finds nothing for all the time".into());
    }
    under_attack.check()
}
