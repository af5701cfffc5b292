//! What this turn has seen of the list.

use todo_domain::{TaskId, TimeZone};

use super::{
    calendar::Calendar,
    intent::Listing,
    results::{Outcome, Page, SeenTask},
    when::When,
};

/// The lists looked at so far; `None` for one that could not be read.
#[derive(Debug)]
pub(super) struct Seen<'z> {
    pages: Vec<(Listing, Option<Page>)>,
    calendar: Calendar,
    zone: &'z TimeZone,
}

impl<'z> Seen<'z> {
    /// Nothing yet, where it is this time.
    pub(super) fn new(calendar: Calendar, zone: &'z TimeZone) -> Self {
        Self { pages: Vec::new(), calendar, zone }
    }

    pub(super) fn count(&self) -> usize {
        self.pages.len()
    }

    pub(super) fn extend(&mut self, looks: impl Iterator<Item = (Listing, Outcome)>) {
        self.pages.extend(looks.map(|(listing, outcome)| match outcome {
            Outcome::Listed(page) => (listing, Some(page)),
            _ => (listing, None),
        }));
    }

    pub(super) fn page(&self, listing: &Listing) -> Option<&Page> {
        self.pages.iter().find(|(looked, _)| looked == listing)?.1.as_ref()
    }

    /// When a task is to be due that was moved like this: a time alone keeps the day that the task is
    /// due on, unless that is over.
    pub(super) fn due(&self, id: TaskId, said: When) -> When {
        if !said.is_mere_time() {
            return said.at_usual_hour(&self.calendar);
        }
        let mut tasks =
            self.pages.iter().filter_map(|(_, page)| page.as_ref()).flat_map(|page| &page.tasks);
        let due = tasks.find(|task| task.id == id).and_then(|task| task.due);
        due.map(|due| due.day_in(self.zone))
            .filter(|&day| day >= self.calendar.today())
            .map_or(said, |day| said.on(day, &self.calendar))
    }

    /// The tasks of these lists, each once.
    pub(super) fn tasks(&self, listings: &[Listing]) -> Vec<SeenTask> {
        let mut tasks: Vec<SeenTask> = Vec::new();
        for task in
            listings.iter().filter_map(|listing| self.page(listing)).flat_map(|page| &page.tasks)
        {
            if tasks.iter().all(|seen| seen.id != task.id) {
                tasks.push(task.clone());
            }
        }
        tasks
    }
}
