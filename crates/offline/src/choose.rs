//! From intents to calls: which tasks have to be looked at first, and which of them are meant.

use todo_domain::{Change, TaskId, TaskStatus};

use super::{
    calls::{Call, Remark, Why},
    intent::{Action, Intent, Listing, Patch, Target},
    names::{Found, Name, find},
    results::{Page, SeenTask},
    seen::Seen,
};

/// One thing to do, or to say instead of doing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Do(Call),
    Tell(Remark),
}

impl Item {
    pub(super) fn call(&self) -> Option<&Call> {
        if let Self::Do(call) = self { Some(call) } else { None }
    }
}

/// The lists to look at before anything can be done.
pub(super) fn first_looks(intents: &[Intent], _: &Seen<'_>) -> Vec<Listing> {
    unique(targets(intents).filter_map(|(action, target)| first_look(action, target)))
}

/// The lists to look at when a name was not among the tasks seen, or not all of them were shown:
/// the tasks, in any state, that have its words.
pub(super) fn second_looks(intents: &[Intent], seen: &Seen<'_>) -> Vec<Listing> {
    unique(targets(intents).flat_map(|(action, target)| match target {
        Target::Named(name) => second_look(action, name, seen),
        _ => Vec::new(),
    }))
}

/// What to do and to say, in order.
pub(super) fn items(intents: &[Intent], seen: &Seen<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    for intent in intents {
        match intent {
            Intent::Add(draft) => items.push(Item::Do(Call::Add(draft.clone()))),
            Intent::List(listing) => items.push(Item::Do(Call::List(listing.clone()))),
            Intent::Undo(direction) => items.push(Item::Do(Call::Undo(*direction))),
            Intent::Incomplete(missing) => items.push(Item::Tell(Remark::Missing(missing.clone()))),
            Intent::Talk(talk) => items.push(Item::Tell(Remark::Talk(talk.clone()))),
            Intent::Act(action, targets) => items.extend(acts(action, targets, seen)),
        }
    }
    items
}

/// What to do with tasks that were named together. Where a name leads to no task, nothing is done
/// with the others either: "delete 3 and up".
fn acts(action: &Action, targets: &[Target], seen: &Seen<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    for item in targets.iter().flat_map(|target| chosen(action, target, seen)) {
        // "Complete 1 and 1" asks for one thing.
        if !items.contains(&item) {
            items.push(item);
        }
    }
    let unknown = |item: &Item| matches!(item, Item::Tell(Remark::NoSuchTask { .. }));
    if items.iter().any(unknown) && items.iter().any(|item| item.call().is_some()) {
        items.retain(|item| item.call().is_none());
        items.push(Item::Tell(Remark::Untouched));
    }
    items
}

fn targets(intents: &[Intent]) -> impl Iterator<Item = (&Action, &Target)> {
    intents.iter().flat_map(|intent| {
        let (action, targets) = match intent {
            Intent::Act(action, targets) => (Some(action), &targets[..]),
            _ => (None, &[][..]),
        };
        action
            .into_iter()
            .flat_map(move |action| targets.iter().map(move |target| (action, target)))
    })
}

fn unique(listings: impl Iterator<Item = Listing>) -> Vec<Listing> {
    listings.fold(Vec::new(), |mut unique, listing| {
        if !unique.contains(&listing) {
            unique.push(listing);
        }
        unique
    })
}

/// The tasks an action is usually about.
fn usual(action: &Action) -> Option<TaskStatus> {
    match action {
        Action::Complete | Action::Update(_) => Some(TaskStatus::Pending),
        Action::Reopen => Some(TaskStatus::Completed),
        Action::Delete => None,
    }
}

fn first_look(action: &Action, target: &Target) -> Option<Listing> {
    match target {
        Target::Named(_) => {
            let status = usual(action).filter(|_| !matches!(action, Action::Update(_)));
            Some(Listing { status, ..Listing::default() })
        }
        Target::OneOf(listing) | Target::All(listing) => {
            Some(Listing { status: listing.status.or(usual(action)), ..listing.clone() })
        }
        // The day it is due on has to be known.
        Target::Number(_) if has_mere_time(action) => Some(Listing::default()),
        Target::Number(_) | Target::Impossible(_) | Target::Mentioned => None,
    }
}

/// Whether a change sets a time and leaves the day to the task.
fn has_mere_time(action: &Action) -> bool {
    matches!(action, Action::Update(Patch { due: Change::Set(due), .. }) if due.is_mere_time())
}

fn second_look(action: &Action, name: &Name, seen: &Seen<'_>) -> Vec<Listing> {
    let first = first_look(action, &Target::Named(name.clone()));
    let Some(page) = first.as_ref().and_then(|listing| seen.page(listing)) else {
        return Vec::new();
    };
    let whole_list = first.is_some_and(|listing| listing.status.is_none()) && !page.is_cut();
    let is_clear =
        |name: &Name| !page.is_cut() && !matches!(find(name, &page.tasks), Found::None(_));
    if whole_list || is_clear(name) {
        return Vec::new();
    }
    name.parts_or_whole().filter(|part| !is_clear(part)).flat_map(searches).collect()
}

fn searches(name: &Name) -> Vec<Listing> {
    let search = |text| Listing { query: Some(text), ..Listing::default() };
    name.search_texts().into_iter().map(search).collect()
}

/// What to do with what a target means.
fn chosen(action: &Action, target: &Target, seen: &Seen<'_>) -> Vec<Item> {
    let page =
        || first_look(action, target).and_then(|listing| Some((seen.page(&listing)?, listing)));
    match target {
        Target::Number(id) => vec![Item::Do(call(action, *id, seen))],
        Target::Impossible(number) => vec![Item::Tell(Remark::NoSuchNumber(number.clone()))],
        // Who says "it" of nothing is asked which.
        Target::Mentioned => vec![Item::Tell(Remark::WhichNumber)],
        Target::Named(_) | Target::OneOf(_) | Target::All(_) => match (page(), target) {
            (None, _) => vec![Item::Tell(Remark::WhichNumber)],
            (Some(_), Target::Named(name)) => named(action, name, seen),
            (Some((page, listing)), Target::All(_)) => all(action, page, listing, seen),
            (Some((page, listing)), _) => one_of(action, page, listing, seen),
        },
    }
}

fn call(action: &Action, id: TaskId, seen: &Seen<'_>) -> Call {
    match action {
        Action::Complete => Call::Complete(id),
        Action::Reopen => Call::Reopen(id),
        Action::Delete => Call::Delete(id),
        Action::Update(patch) => {
            let mut patch = patch.clone();
            if let Change::Set(due) = &mut patch.due {
                *due = seen.due(id, *due);
            }
            Call::Update(id, patch)
        }
    }
}

fn which(action: &Action, why: Why, tasks: &[SeenTask], total: u64) -> Vec<Item> {
    vec![Item::Tell(Remark::Which { action: action.clone(), why, tasks: tasks.to_vec(), total })]
}

/// Everything is changed only while that is few. Whoever wants all of something to be deleted is asked,
/// but not by us.
fn all(action: &Action, page: &Page, listing: Listing, seen: &Seen<'_>) -> Vec<Item> {
    const MOST: u64 = 12;
    if page.total == 0 {
        vec![Item::Tell(Remark::Nothing(listing))]
    } else if *action == Action::Delete {
        vec![Item::Do(Call::DeleteAll(listing))]
    } else if page.total > MOST || page.is_cut() {
        which(action, Why::TooMany, &page.tasks, page.total)
    } else {
        let mut ids: Vec<TaskId> = page.tasks.iter().map(|task| task.id).collect();
        ids.sort();
        ids.into_iter().map(|id| Item::Do(call(action, id, seen))).collect()
    }
}

/// "The task" is clear when there is only one; even so it is not deleted without being named.
fn one_of(action: &Action, page: &Page, listing: Listing, seen: &Seen<'_>) -> Vec<Item> {
    match &page.tasks[..] {
        [] => vec![Item::Tell(Remark::Nothing(listing))],
        [only] if *action != Action::Delete && !page.is_cut() => {
            vec![Item::Do(call(action, only.id, seen))]
        }
        tasks => which(action, Why::Unclear, tasks, page.total),
    }
}

/// "The milk and the eggs" are two tasks only if each of them is one: where one part is unknown or
/// unclear, nothing is done with the others either.
fn named(action: &Action, name: &Name, seen: &Seen<'_>) -> Vec<Item> {
    let whole = look_up(action, name, seen);
    if !matches!(whole, Found::None(_)) || name.parts.is_empty() {
        return found_items(action, name, seen, whole);
    }
    let mut clear = Vec::new();
    let mut offered: Vec<SeenTask> = Vec::new();
    let mut unknown = false;
    for part in &name.parts {
        let tasks = match look_up(action, part, seen) {
            Found::One(task) => {
                clear.push(Item::Do(call(action, task.id, seen)));
                vec![task]
            }
            Found::Several(tasks) => tasks,
            Found::None(similar) => {
                unknown = true;
                similar
            }
        };
        for task in tasks {
            if !offered.contains(&task) {
                offered.push(task);
            }
        }
    }
    if clear.len() == name.parts.len() {
        clear
    } else if unknown {
        found_items(action, name, seen, Found::None(offered))
    } else {
        let total = offered.len() as u64;
        which(action, Why::Unclear, &offered, total)
    }
}

/// Finds a name, first among the tasks that the action is usually about.
fn look_up(action: &Action, name: &Name, seen: &Seen<'_>) -> Found {
    let first = first_look(action, &Target::Named(name.clone()));
    let lists: Vec<_> = first.into_iter().chain(name.parts_or_whole().flat_map(searches)).collect();
    let tasks = seen.tasks(&lists);
    let likely: Vec<_> = match usual(action) {
        Some(status) => {
            let done = status == TaskStatus::Completed;
            tasks.iter().filter(|task| task.done == done).cloned().collect()
        }
        None => Vec::new(),
    };
    match find(name, &likely) {
        Found::None(_) => find(name, &tasks),
        found => found,
    }
}

fn found_items(action: &Action, name: &Name, seen: &Seen<'_>, found: Found) -> Vec<Item> {
    match found {
        Found::One(task) => vec![Item::Do(call(action, task.id, seen))],
        Found::Several(tasks) => which(action, Why::Unclear, &tasks, tasks.len() as u64),
        Found::None(similar) => {
            vec![Item::Tell(Remark::NoSuchTask { said: name.said.clone(), similar })]
        }
    }
}
