//! Tags: given, taken away, asked for.

use super::{chat::Chat, phrasings::check};

#[test]
fn new_tasks_take_the_tags_around_their_titles() {
    check(&[
        ("add buy milk #shopping", "+buy milk #shopping"),
        ("buy milk #shopping tomorrow", "+buy milk 2026-11-23 #shopping"),
        ("add buy milk tomorrow #Shopping, #home", "+buy milk 2026-11-23 #home #shopping"),
        ("add #home #garden: mow the lawn", "+mow the lawn #garden #home"),
        ("add buy milk tagged shopping", "+buy milk #shopping"),
        ("add buy milk with the tags shopping and home", "+buy milk #home #shopping"),
        ("remind me to call Bob on Friday #work", "+call Bob 2026-11-27 #work"),
        ("add 2 tasks: wash dishes #home, call Ann #work", "+wash dishes #home; +call Ann #work"),
        ("add buy milk and tag it as shopping", "+buy milk #shopping"),
        ("add pay rent, urgent #home", "+pay rent high #home"),
        ("買い物 #家", ""),
        ("add 買い物 #家", "+買い物 #家"),
    ]);
}

#[test]
fn not_every_sign_makes_a_tag() {
    check(&[
        ("add call about issue #12", "+call about issue #12"),
        ("add learn C#", "+learn C#"),
        ("add learn C# #dev", "+learn C# #dev"),
        ("add write an F# parser", "+write an F# parser"),
        ("add pay rent #urgent", "+pay rent high"),
        ("add read #metoo articles", "+read #metoo articles"),
        ("add \"post #home\"", "+post #home"),
        ("add get the dog tagged tomorrow", "+get the dog tagged 2026-11-23"),
        ("add tag to the luggage", "+tag to the luggage"),
        ("add a tag to the suitcase", "+a tag to the suitcase"),
    ]);
}

#[test]
fn tags_are_added_to_tasks() {
    check(&[
        ("tag 3 with home", "3 call mom low #home"),
        ("tag 3 as home and family", "3 call mom low #family #home"),
        ("tag 3 #home #family", "3 call mom low #family #home"),
        ("tag task 3 home", "3 call mom low #home"),
        ("tag groceries as shopping", "1 buy groceries #shopping"),
        ("please tag the groceries task with #shopping", "1 buy groceries #shopping"),
        ("tag 1 and 3 with home", "1 buy groceries #home; 3 call mom low #home"),
        ("add the tag home to 3", "3 call mom low #home"),
        ("add #home to task 3", "3 call mom low #home"),
        ("make 3 urgent #home", "3 call mom high #home"),
        ("mark 3 as #home", "3 call mom low #home"),
        ("tag 9 with home", ""),
        ("tag 3 with home?", ""),
    ]);
}

/// On a list whose first two tasks have tags.
fn after(said: &str) -> Vec<String> {
    let mut chat = Chat::usual();
    chat.say("tag 1 with home and shopping");
    chat.say("tag 2 with work");
    chat.say(said);
    chat.tasks().into_iter().take(3).collect()
}

#[test]
fn tags_are_taken_away_and_their_tasks_stay() {
    let (report, mom) = ("2 finish the report high 2026-11-24 #work", "3 call mom low");
    for said in [
        "remove the tag home from 1",
        "remove #home from 1",
        "delete tag home from the groceries task",
        "take #home off 1",
        "untag home from 1",
        "untag 1 #home",
        "set the tags of 1 to shopping",
        "change 1's tags to shopping",
    ] {
        assert_eq!(after(said), ["1 buy groceries #shopping", report, mom], "{said}");
    }
    for said in [
        "untag 1", "remove all tags from 1", "clear the tags of 1", "clear 1's tags",
        "untag groceries",
    ] {
        assert_eq!(after(said), ["1 buy groceries", report, mom], "{said}");
    }
    let untouched = ["1 buy groceries #home #shopping", "2 finish the report high 2026-11-24", mom];
    assert_eq!(after("remove #work"), untouched);
    assert_eq!(after("remove its tags"), untouched);
}

#[test]
fn tasks_are_asked_for_by_tag() {
    for said in [
        "list #work",
        "show #work",
        "#work",
        "what's tagged #work",
        "what is tagged work?",
        "show my tasks tagged work",
        "find #work",
        "show my report tasks tagged work",
    ] {
        let mut chat = Chat::usual();
        chat.say("tag 2 with work and home");
        chat.say("tag 3 with home");
        let answer = chat.say(said);
        assert!(answer.contains("- 2: finish the report (high priority"), "{said}: {answer}");
        assert!(!answer.contains("- 3:"), "{said}: {answer}");
    }
}

#[test]
fn a_tag_alone_does_not_say_which_of_several_tasks() {
    let mut chat = Chat::usual();
    chat.say("tag 1 and 3 with home");
    let asked = chat.say("complete #home");
    assert!(asked.ends_with("Which one? Answer with its number, or with several."), "{asked}");
    chat.say("3");
    assert_eq!(chat.tasks()[2], "3 call mom low #home done");
    chat.say("complete all tasks tagged home");
    assert_eq!(chat.tasks()[0], "1 buy groceries #home done");
}

#[test]
fn answers_show_tags() {
    let mut chat = Chat::usual();
    assert_eq!(
        chat.say("add buy milk by Friday #shopping"),
        "Added task 5: buy milk (due Friday 27 November) #shopping"
    );
    assert_eq!(
        chat.say("what's tagged shopping and due this week?"),
        "You have 1 open task tagged #shopping due from Sunday 22 November to Sunday 29 November:\n\
         - 5: buy milk (due Friday 27 November) #shopping"
    );
    assert_eq!(chat.say("untag it"), "Updated task 5: buy milk (due Friday 27 November, no tags)");
    assert_eq!(chat.say("list #shopping"), "You have no open tasks tagged #shopping.");
    assert_eq!(
        chat.say("tag 5 with a, b, c, d, e, f, g, h, i, j and k"),
        "I could not change task 5: Nothing was done: add_tags must be at most 10 tags."
    );
}
