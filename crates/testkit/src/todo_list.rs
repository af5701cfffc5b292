//! A todo list in memory, with the service's own tools.

use std::{sync::Arc, time::Duration};

use todo_app::chat::{ToolCallReport, tools};
use todo_domain::{
    ActionId, AnswerText, CallOperation, ConversationId, MessageId, MessageText, ModelIdentity,
    Task, TimeZone, Timestamp, TokenUsage, ToolSpec, TurnFence, TurnId, UserId, UserLimits,
    memory::InMemoryUserData,
    ports::{
        AskOutcome, AskStep, BeginOutcome, BeginTurn, ConversationRef, FinishTurn, PreparedCall,
        RunStep, StepOutcome,
    },
};
use uuid::Uuid;

/// Tasks that a model's calls act on, as they do in the turns of a conversation, at an instant that
/// stands still.
#[derive(Debug)]
pub struct TodoList {
    data: InMemoryUserData,
    now: Timestamp,
    zone: TimeZone,
    turn: Option<RunningTurn>,
    last_id: u128,
}

#[derive(Debug)]
struct RunningTurn {
    fence: TurnFence,
    answer_id: MessageId,
    steps: i32,
}

impl TodoList {
    /// An empty list of somebody in this time zone.
    #[must_use]
    pub fn new(now: Timestamp, zone: TimeZone) -> Self {
        let data = InMemoryUserData::new(UserLimits::default(), zone.clone());
        Self { data, now, zone, turn: None, last_id: 1 }
    }

    /// The tools as a model is shown them.
    #[must_use]
    pub fn tools() -> Arc<[ToolSpec]> {
        tools::specs()
    }

    /// The tasks in the order of their numbers.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.data.tasks().tasks()
    }

    /// Carries out a call that is no part of the conversation.
    ///
    /// # Panics
    /// Where the tool does not take the arguments.
    pub fn prepare(&mut self, tool: &str, arguments: &str) {
        let operation = tools::parse(tool, arguments, &self.zone).expect("a call");
        self.data.carry_out(operation, self.now);
    }

    /// Carries out a call, and gives back what the model reads.
    ///
    /// # Panics
    /// Never: nobody else runs turns here.
    pub fn call(&mut self, tool: &str, arguments: &str) -> String {
        let mut turn = self.turn.take().unwrap_or_else(|| self.begin());
        let step = self.step(&turn, tool, arguments);
        turn.steps = step.number;
        self.turn = Some(turn);
        match self.data.run_step(step) {
            StepOutcome::Recorded(calls) => ToolCallReport::of(&calls[0]).result.to_string(),
            StepOutcome::FencedOff => unreachable!("nobody else runs turns here"),
        }
    }

    /// What the user is asked before the call is carried out, which then ends the turn; `None` of a
    /// call that is carried out at once. Only deletions by a filter are asked about here.
    ///
    /// # Panics
    /// Never: nobody else runs turns here.
    pub fn question(&mut self, tool: &str, arguments: &str) -> Option<String> {
        let operation = tools::parse(tool, arguments, &self.zone);
        if !matches!(operation, Ok(CallOperation::DeleteMatching(_))) {
            return None;
        }
        let turn = self.turn.take().unwrap_or_else(|| self.begin());
        let ask = AskStep {
            step: self.step(&turn, tool, arguments),
            action_id: ActionId::new(self.id()),
            time_zone: self.zone.clone(),
        };
        match self.data.ask(ask) {
            AskOutcome::Asked(action) => Some(action.question()),
            // There was nothing to ask about, so it is done: to call it tells that.
            AskOutcome::Recorded(_) | AskOutcome::TooManyTasks { .. } => {
                self.turn = Some(turn);
                None
            }
            AskOutcome::FencedOff => unreachable!("nobody else runs turns here"),
        }
    }

    /// Ends the turn: what is called from now on belongs to another message.
    ///
    /// # Panics
    /// Never: the answer is none that a turn can't have.
    pub fn end_turn(&mut self) {
        if let Some(RunningTurn { fence, answer_id, .. }) = self.turn.take() {
            self.data.finish(FinishTurn {
                fence,
                message_id: answer_id,
                text: AnswerText::new("Done.").expect("an answer"),
                identity: identity(),
                usage: TokenUsage::default(),
                now: self.now,
            });
        }
    }

    /// The next step of a turn: this call.
    fn step(&self, turn: &RunningTurn, tool: &str, arguments: &str) -> RunStep {
        RunStep {
            fence: turn.fence,
            number: turn.steps + 1,
            plan: None,
            reasoning: None,
            identity: identity(),
            usage: TokenUsage::default(),
            calls: vec![PreparedCall {
                id: String::new(),
                name: tool.to_owned(),
                arguments: arguments.to_owned(),
                operation: tools::parse(tool, arguments, &self.zone),
            }],
            now: self.now,
        }
    }

    fn begin(&mut self) -> RunningTurn {
        let (turn, message, answer) = (self.id(), self.id(), self.id());
        let begun = self.data.begin(BeginTurn {
            user_id: UserId::new(1).expect("a number from 1"),
            conversation: ConversationRef::NewOrExisting(ConversationId::new(Uuid::from_u128(1))),
            turn_id: TurnId::new(turn),
            message_id: MessageId::new(message),
            answer_id: MessageId::new(answer),
            text: MessageText::new("Go on.").expect("a message"),
            now: self.now,
            lease: Duration::from_secs(600),
            history: 0,
            budget: None,
            keyed: None,
            decides: None,
        });
        match begun {
            BeginOutcome::Begun(begun) => {
                RunningTurn { fence: begun.fence, answer_id: begun.answer_id, steps: 0 }
            }
            other => unreachable!("{other:?}"),
        }
    }

    fn id(&mut self) -> Uuid {
        self.last_id += 1;
        Uuid::from_u128(self.last_id)
    }
}

fn identity() -> ModelIdentity {
    ModelIdentity { engine: "scripted".to_owned(), model: "script-1".to_owned() }
}
