//! One line after the other, until there are no more.

use std::{
    future::pending,
    io,
    pin::{Pin, pin},
    time::Duration,
};

use todo_adapters::UuidV7;
use todo_domain::{
    ConversationId, TurnId,
    ports::{ConversationRef, IdGenerator},
};
use tokio::{sync::mpsc::unbounded_channel, time::sleep};

use super::{
    chat_backend::{ApiProblem, ChatBackend, Message},
    commands::{HELP, Input, Which},
    lines::{Line, Lines},
    screen::Screen,
    signals::{Signals, Stop},
    wire::Call,
};
use crate::sanitize::one_line;

/// How soon a turn is stopped that has not begun yet.
const STOP_AGAIN: Duration = Duration::from_millis(200);

/// Somebody who talks.
pub(crate) struct Session<'a> {
    backend: &'a dyn ChatBackend,
    screen: Screen,
    /// The conversation that is going on.
    conversation: Option<ConversationId>,
    /// The turns that may have changed something and that were not undone.
    changes: Vec<TurnId>,
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
                self.screen.opened(&opened.json, &opened.read)?;
            }
            Input::New => self.conversation = None,
            Input::Undo => self.undo(signals).await?,
            Input::Help => self.screen.text(HELP)?,
            Input::Quit => return Ok(Then::End),
        }
        Ok(Then::GoOn)
    }

    /// Says something, and shows what happens until there is an answer. Ctrl-C stops the turn.
    async fn say(&mut self, text: String, signals: &mut Signals) -> Result<Then, Unanswered> {
        let backend = self.backend;
        let new = || ConversationRef::New(ConversationId::new(UuidV7.next()));
        let conversation = self.conversation.map_or_else(new, ConversationRef::Existing);
        let (sender, mut events) = unbounded_channel();
        let mut answer = pin!(backend.say(Message { text, conversation }, sender));
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
                Some(event) = events.recv() => self.screen.show(event)?,
                answer = &mut answer => break answer,
                stop = signals.received() => {
                    if is_stopped || stop == Stop::Everything {
                        return Err(Unanswered::Unheard(stop));
                    }
                    is_stopped = true;
                    self.screen.remark("Stopping; Ctrl-C again stops waiting.")?;
                    stopping = Some(Box::pin(stop_turn(backend, conversation.id())));
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
            match problem.is_cancelled() {
                true => Unanswered::Cancelled(problem),
                false => Unanswered::Refused(problem),
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
            Which::Position(place) => place.checked_sub(1).and_then(|n| self.listed.get(n)),
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

/// Stops the turn of a conversation as soon as there is one.
async fn stop_turn(
    backend: &dyn ChatBackend,
    conversation: ConversationId,
) -> Result<(), ApiProblem> {
    while !backend.stop(conversation).await? {
        sleep(STOP_AGAIN).await;
    }
    Ok(())
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
