//! Exports of earlier versions are imported by this one. Each file of `exports/` has the day from
//! which on exports had that form; a change of the form adds a file and changes none.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{fs, path::Path};

use todo_adapters::JsonLines;
use todo_domain::{
    ArchivePart, ArchiveReader, CallResult, Due, RecordedCall, TaskDone, TaskOutcome, TurnStatus,
    UserLimits, ports::ArchiveFormat,
};

fn lines(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports").join(name);
    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

/// What the file holds, as an import reads it.
fn import(name: &str) -> ArchivePart {
    let mut reader =
        ArchiveReader::new("2026-12-01T00:00:00Z".parse().unwrap(), UserLimits::default());
    for line in lines(name) {
        reader.read(JsonLines.read(&line).unwrap()).unwrap();
    }
    reader.finish().unwrap().0
}

fn calls(part: &ArchivePart, turn: usize) -> Vec<&RecordedCall> {
    part.turns[turn].steps.iter().flat_map(|step| &step.calls).collect()
}

#[test]
fn an_export_from_before_there_were_tags_is_imported() {
    let part = import("2026-11-23-without-tags.jsonl");
    assert_eq!(part.tasks[0].due, Some(Due::At("2026-11-27T23:30:00Z".parse().unwrap())));
    assert!(part.tasks.iter().all(|task| task.tags.to_string().is_empty()));
    assert_eq!(part.tasks[1].description.as_ref().unwrap().as_str(), "about Sunday");
    let calls = calls(&part, 1);
    let CallResult::Listed(page) = &calls[0].result else { panic!("it is a list") };
    assert_eq!((page.tasks.len(), page.total), (2, Some(2)));
    assert!(matches!(
        calls[1].result,
        CallResult::Outcome(TaskOutcome::Done(TaskDone::Completed { .. }))
    ));
    assert!(matches!(calls[2].result, CallResult::Rejected(_)));
    assert!(matches!(part.turns[2].status, TurnStatus::Failed(_)));
    assert_eq!(part.messages.len(), 5);
}

#[test]
fn an_export_with_calls_that_name_several_tasks_is_imported() {
    let part = import("2026-11-25-several-tasks.jsonl");
    assert_eq!(part.tasks[0].tags.to_string(), "shopping");
    let [added] = calls(&part, 0)[..] else { panic!("it is one call") };
    assert_eq!((added.result.outcomes().len(), added.effects().count()), (2, 2));
    let changed = calls(&part, 1);
    assert_eq!((changed[0].result.outcomes().len(), changed[0].effects().count()), (2, 1));
    assert!(changed[1].effects().next().unwrap().after.is_none());
    assert_eq!(part.turns[2].status, TurnStatus::Cancelled);
}

#[test]
fn an_export_with_undone_turns_and_denied_calls_is_imported() {
    let part = import("2026-11-28-undo.jsonl");
    let link = part.turns[1].undo.unwrap();
    assert_eq!((link.first, link.number), (part.turns[0].id, 1));
    let CallResult::Each(restored) = &calls(&part, 1)[0].result else { panic!("it is several") };
    assert!(matches!(restored[0], TaskOutcome::Restored { before: None, .. }));
    let CallResult::UndoConflict(conflicts) = &calls(&part, 2)[0].result else {
        panic!("it is a conflict")
    };
    assert_eq!(conflicts.iter().map(|it| it.version.is_some()).collect::<Vec<_>>(), [true, false]);
    assert!(matches!(calls(&part, 3)[0].result, CallResult::Denied(_)));
}

/// What they hold is written in the form of today, and read back as the same.
#[test]
fn what_was_read_of_an_earlier_export_is_written_and_read_back() {
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        for line in lines(&name) {
            let record = JsonLines.read(&line).unwrap();
            let written = JsonLines.write(record.clone()).unwrap();
            assert_eq!(JsonLines.read(&written), Ok(record), "{name}");
        }
    }
}
