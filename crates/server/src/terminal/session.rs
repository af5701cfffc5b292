//! One line after the other, until there are no more.

use std::{
    future::pending,
    io,
    pin::{Pin, pin},
};

use todo_adapters::UuidV7;
use todo_domain::{
    ConversationId, IdempotencyKey, TurnId,
    ports::{ConversationRef, IdGenerator},
};
use tokio::sync::mpsc::unbounded_channel;

use super::{
    chat_backend::{ApiProblem, ChatBackend, ChatEvent, Message},
    commands::{HELP, Input, Which},
    lines::{Line, Lines},
    screen::Screen,
    signals::{Signals, Stop},
    wire::Call,
};
use crate::sanitize::one_line;

/// What to do about a message that may be answered later, where it can be said again as the same one.
const SAY_IT_AGAIN: &str =
    "Say the same again: it goes on where it stopped, and nothing that was done is done twice.";
/// The same where it can't.
const LOOK_FIRST: &str =
    "Some of it may be done already: see /tasks and /conversations before you say it again.";

/// Somebody who talks.
pub(crate) struct Session<'a> {
    backend: &'a dyn ChatBackend,
    screen: Screen,
    /// The conversation that is going on.
    conversation: Option<ConversationId>,
    /// The turns that may have changed something and that were not undone.
    changes: Vec<TurnId>,
    /// What was said last, if it is not known what becomes of it. Said again, it is the same message.
    unsettled: Option<Message>,
    /// The conversations that were listed last.
    listed: Vec<ConversationId>,
    /// A person types, and goes on after a problem.
    is_prompt: bool,
    /// The last thing that somebody did was to press Ctrl-C.
    is_interrupted: bool,
    all_answered: bool,
}

/// Whether there is more to come.
#[derive(Debug, PartialEq, Eq)]
enum Then {
    GoOn,
    End,
}

/// Why a line got no answer.
enum Unanswered {
    Refused(ApiProblem),
    /// A message has got no answer for now, after several attempts.
    Unsettled(ApiProblem),
    /// Nobody waits any longer for what was asked for.
    Stopped(Stop),
    /// Nobody waits any longer for the answer to a message.
    Unheard(Stop),
    /// The turn of a message was stopped.
    Cancelled(ApiProblem),
    /// Nothing can be printed.
    Unprinted(io::Error),
}

impl From<ApiProblem> for Unanswered {
    fn from(problem: ApiProblem) -> Self {
        Self::Refused(problem)
    }
}

impl From<io::Error> for Unanswered {
    fn from(error: io::Error) -> Self {
        Self::Unprinted(error)
    }
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        backend: &'a dyn ChatBackend,
        screen: Screen,
        conversation: Option<ConversationId>,
        is_prompt: bool,
    ) -> Self {
        Self {
            backend,
            screen,
            conversation,
            changes: Vec::new(),
            unsettled: None,
            listed: Vec::new(),
            is_prompt,
            is_interrupted: false,
            all_answered: true,
        }
    }

    /// Whether every line was answered. At a prompt it does not matter: its person has seen it.
    pub(crate) const fn all_answered(&self) -> bool {
        self.all_answered || self.is_prompt
    }

    /// Takes line after line.
    ///
    /// # Errors
    /// When lines can't be read, or nothing can be printed.
    pub(crate) async fn run(&mut self, mut lines: Lines, signals: &mut Signals) -> io::Result<()> {
        if self.is_prompt {
            let greeted = self.greet(signals).await;
            self.then(greeted)?;
        }
        while let Some(line) = self.next(&mut lines, signals).await? {
            let taken = match line {
                Line::End => return Ok(()),
                Line::Dropped if self.is_interrupted => return Ok(()),
                Line::Dropped => {
                    self.is_interrupted = true;
                    self.screen.remark("Ctrl-C again, or Ctrl-D, ends.")?;
                    Ok(Then::GoOn)
                }
                Line::Unfit(unfit) => Err(ApiProblem::of_message(unfit).into()),
                // The one message of a command line is said all the same, and refused.
                Line::Text(text) if text.trim().is_empty() && !matches!(lines, Lines::Once(_)) => {
                    Ok(Then::GoOn)
                }
                Line::Text(text) => {
                    self.is_interrupted = false;
                    self.take(&text, signals).await
                }
            };
            if self.then(taken)? == Then::End {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The next line; `None` if somebody does not want to wait for it.
    async fn next(&self, lines: &mut Lines, signals: &mut Signals) -> io::Result<Option<Line>> {
        let mut line = pin!(lines.next());
        loop {
            tokio::select! {
                line = &mut line => return line.map(Some),
                stop = signals.received() => {
                    // At a prompt Ctrl-C is a key that drops the line.
                    if !self.is_prompt || stop == Stop::Everything {
                        return Ok(None);
                    }
                }
            }
        }
    }

    async fn greet(&mut self, signals: &mut Signals) -> Result<Then, Unanswered> {
        let person = answered(self.backend.person(), signals).await?;
        let (name, email) = (one_line(&person.name), one_line(&person.email));
        let whose = format!("The list of {name} <{email}>.");
        self.screen.remark(&format!("{whose} /help lists the commands, Ctrl-D ends."))?;
        Ok(Then::GoOn)
    }

    async fn take(&mut self, line: &str, signals: &mut Signals) -> Result<Then, Unanswered> {
        let input = Input::parse(line).map_err(|why| ApiProblem::new("unknown_command", why))?;
        match input {
            Input::Message(text) => return self.say(text, signals).await,
            Input::Tasks(filter) => {
                let tasks = answered(self.backend.tasks(&filter), signals).await?;
                self.screen.tasks(&tasks.json, &tasks.read)?;
                if tasks.has_more {
                    let shown = tasks.read.len();
                    self.screen.remark(&format!(
                        "These are the first {shown}, there are more; /help says how to narrow it."
                    ))?;
                }
            }
            Input::Conversations => {
                let found = answered(self.backend.conversations(), signals).await?;
                self.listed = found.read.iter().map(|conversation| conversation.id).collect();
                self.screen.conversations(&found.json, &found.read)?;
            }
            Input::Open(which) => {
                let id = self.which(which)?;
                let opened = answered(self.backend.open(id), signals).await?;
                self.conversation = Some(opened.read.conversation.id);
                self.unsettled = None;
                self.screen.opened(&opened.json, &opened.read)?;
            }
            Input::New => {
                self.conversation = None;
                self.unsettled = None;
            }
            Input::Undo => self.undo(signals).await?,
            Input::Help => self.screen.text(HELP)?,
            Input::Quit => return Ok(Then::End),
        }
        Ok(Then::GoOn)
    }

    /// The message to say. A person at a prompt who repeats what is unsettled means the same message.
    fn message(&mut self, text: String) -> Result<Message, ApiProblem> {
        let again = self.unsettled.take().filter(|last| {
            last.text == text && self.conversation.is_none_or(|id| id == last.conversation.id())
        });
        if let Some(message) = again {
            return Ok(message);
        }
        let new = || ConversationRef::New(ConversationId::new(UuidV7.next()));
        let conversation = self.conversation.map_or_else(new, ConversationRef::Existing);
        let key = IdempotencyKey::new(UuidV7.next().to_string());
        let key = key.map_err(|error| ApiProblem::unexpected(error.to_string()))?;
        Ok(Message { text, conversation, key })
    }

    /// Says something, and shows what happens until there is an answer. Ctrl-C stops the turn that
    /// answers, and no other: as soon as it is known which one that is.
    async fn say(&mut self, text: String, signals: &mut Signals) -> Result<Then, Unanswered> {
        let backend = self.backend;
        let message = self.message(text)?;
        let conversation = message.conversation;
        let (sender, mut events) = unbounded_channel();
        let mut answer = pin!(backend.say(message.clone(), sender));
        let mut turn = None;
        let mut stopping = None;
        let mut is_stopped = false;
        self.screen.waiting()?;
        let answer = loop {
            let stopped = async {
                match &mut stopping {
                    Some(stopping) => Pin::as_mut(stopping).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                Some(event) = events.recv() => {
                    if let ChatEvent::Begun(begun) = event {
                        turn = Some(begun);
                        if is_stopped {
                            stopping = Some(Box::pin(stop_turn(backend, &message, turn)));
                        }
                    }
                    self.screen.show(event)?;
                }
                answer = &mut answer => break answer,
                stop = signals.received() => {
                    if is_stopped || stop == Stop::Everything {
                        return Err(Unanswered::Unheard(stop));
                    }
                    is_stopped = true;
                    self.screen.remark("Stopping; Ctrl-C again stops waiting.")?;
                    stopping = Some(Box::pin(stop_turn(backend, &message, turn)));
                }
                problem = stopped => {
                    stopping = None;
                    if let Err(problem) = problem {
                        self.screen.error(&problem.text())?;
                    }
                }
            }
        };
        while let Ok(event) = events.try_recv() {
            self.screen.show(event)?;
        }
        self.is_interrupted = is_stopped;
        let answer = answer.map_err(|problem| {
            if let Some(turn) = problem.turn() {
                self.conversation = Some(conversation.id());
                self.changes.extend(problem.calls().iter().any(Call::is_change).then_some(turn));
            }
            if problem.is_cancelled() {
                Unanswered::Cancelled(problem)
            } else if problem.is_passing() {
                self.unsettled = self.is_prompt.then(|| message.clone());
                Unanswered::Unsettled(problem)
            } else {
                Unanswered::Refused(problem)
            }
        })?;
        self.conversation = Some(answer.read.conversation_id);
        if answer.read.tool_calls.iter().any(Call::is_change) {
            self.changes.push(answer.read.turn_id);
        }
        self.screen.reply(&answer.json, &answer.read)?;
        Ok(if is_stopped && self.ends_with(Stop::Waiting) { Then::End } else { Then::GoOn })
    }

    /// Undoes the last turn of this session that changed something.
    async fn undo(&mut self, signals: &mut Signals) -> Result<(), Unanswered> {
        // A turn that is undone does not go on.
        self.unsettled = None;
        while let Some(turn) = self.changes.last() {
            let undone = answered(self.backend.undo(*turn), signals).await?;
            self.changes.pop();
            if !undone.read.effects.is_empty() {
                return Ok(self.screen.undone(&undone.json, &undone.read)?);
            }
        }
        let why = "nothing was changed here that could be undone";
        Err(ApiProblem::new("nothing_to_undo", why).into())
    }

    fn which(&self, which: Which) -> Result<ConversationId, ApiProblem> {
        let listed = match which {
            Which::Id(id) => return Ok(id),
            Which::Position(position) => position.checked_sub(1).and_then(|n| self.listed.get(n)),
        };
        listed.copied().ok_or_else(|| {
            let why = "no conversation of this number was listed; see /conversations";
            ApiProblem::new("conversation_not_found", why)
        })
    }

    /// Whether there is more to come after somebody stopped waiting.
    fn ends_with(&self, stop: Stop) -> bool {
        !self.is_prompt || stop == Stop::Everything
    }

    /// Tells why a line was not answered, and whether others may be.
    fn then(&mut self, taken: Result<Then, Unanswered>) -> io::Result<Then> {
        let is_over = match taken {
            Ok(then) => return Ok(then),
            Err(Unanswered::Unprinted(error)) => return Err(error),
            Err(Unanswered::Refused(problem)) => {
                self.screen.refused(&problem, self.backend.advice(&problem))?;
                problem.is_final() && !self.is_prompt
            }
            Err(Unanswered::Unsettled(problem)) => {
                let advice = match self.is_prompt {
                    true => Some(SAY_IT_AGAIN),
                    false => problem.leaves_doubt().then_some(LOOK_FIRST),
                };
                self.screen.refused(&problem, advice)?;
                problem.is_final() && !self.is_prompt
            }
            Err(Unanswered::Stopped(stop)) => {
                self.is_interrupted = stop == Stop::Waiting;
                self.screen.remark("Not waiting any longer.")?;
                self.ends_with(stop)
            }
            Err(Unanswered::Cancelled(problem)) => {
                self.screen.stopped(&problem)?;
                self.is_interrupted && self.ends_with(Stop::Waiting)
            }
            Err(Unanswered::Unheard(stop)) => {
                self.is_interrupted = stop == Stop::Waiting;
                let fate = self.backend.fate_of_the_unheard();
                self.screen.remark(&format!("Not waiting any longer; {fate}."))?;
                self.ends_with(stop)
            }
        };
        self.all_answered = false;
        Ok(if is_over { Then::End } else { Then::GoOn })
    }
}

/// Stops the turn of a message, which may have to be asked for.
async fn stop_turn(
    backend: &dyn ChatBackend,
    message: &Message,
    turn: Option<TurnId>,
) -> Result<(), ApiProblem> {
    let turn = match turn {
        Some(turn) => turn,
        None => backend.turn_of(message).await?,
    };
    backend.cancel(turn).await
}

/// An answer, unless nobody waits for it any longer.
async fn answered<T>(
    answer: impl Future<Output = Result<T, ApiProblem>>,
    signals: &mut Signals,
) -> Result<T, Unanswered> {
    tokio::select! {
        biased;
        answer = answer => Ok(answer?),
        stop = signals.received() => Err(Unanswered::Stopped(stop)),
    }
}
