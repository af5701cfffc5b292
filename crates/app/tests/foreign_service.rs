//! The example of a service that brings a store and a model of its own does what it shows.

#[expect(dead_code, reason = "the example's `main` prints what is compared here")]
#[path = "../examples/foreign_service.rs"]
mod foreign_service;

#[tokio::test]
async fn a_foreign_service_answers_and_changes_tasks() {
    let expected = r#"> We need milk, and soon
  add_task: "created"
It is on your list.
> I have it
  complete_tasks: "completed"
Well done!
"#;
    assert_eq!(foreign_service::converse().await.unwrap(), expected);
}
