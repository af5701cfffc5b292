//! One line after the other, until there are no more.

use std::{io, pin::pin};

use todo_domain::ConversationId;
use tokio::sync::mpsc::unbounded_channel;

use super::{
    commands::{HELP, Input, Which},
    lines::{Line, Lines},
    plain::one_line,
    screen::Screen,
    signals::{Signals, Stop},
    talk::{Message, Refusal, Talk},
};

/// Somebody who talks.
pub(crate) struct Session<'a> {
    talk: &'a dyn Talk,
    screen: Screen,
    /// The conversation that is going on.
    conversation: Option<ConversationId>,
    /// The conversations that were listed last.
    listed: Vec<ConversationId>,
    /// A person types, and goes on after a refusal.
    is_prompt: bool,
    all_answered: bool,
}

/// Whether there is more to come.
#[derive(Debug, PartialEq, Eq)]
enum Then {
    GoOn,
    End,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        talk: &'a dyn Talk,
        screen: Screen,
        conversation: Option<ConversationId>,
        is_prompt: bool,
    ) -> Self {
        let listed = Vec::new();
        Self { talk, screen, conversation, listed, is_prompt, all_answered: true }
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
            self.greet().await?;
        }
        loop {
            let line = tokio::select! {
                line = lines.next() => line?,
                _ = signals.received() => return Ok(()),
            };
            let then = match line {
                Line::End => Then::End,
                Line::Dropped => Then::GoOn,
                Line::Unfit(problem) => self.refuse(&Refusal::of_message(problem))?,
                // The one message of a command line is said all the same, and refused.
                Line::Text(text) if text.trim().is_empty() && !matches!(lines, Lines::Once(_)) => {
                    Then::GoOn
                }
                Line::Text(text) => self.take(&text, signals).await?,
            };
            if then == Then::End {
                return Ok(());
            }
        }
    }

    async fn greet(&mut self) -> io::Result<()> {
        match self.talk.person().await {
            Ok(person) => {
                let (name, email) = (one_line(&person.name), one_line(&person.email));
                let who = format!("The list of {name} <{email}>.");
                self.screen.remark(&format!("{who} /help lists the commands, Ctrl-D ends."))
            }
            Err(refusal) => self.refuse(&refusal).map(drop),
        }
    }

    async fn take(&mut self, line: &str, signals: &mut Signals) -> io::Result<Then> {
        let input = match Input::parse(line) {
            Ok(input) => input,
            Err(problem) => return self.refuse(&Refusal::new("unknown_command", problem)),
        };
        let done = match input {
            Input::Message(text) => return self.say(text, signals).await,
            Input::Quit => return Ok(Then::End),
            Input::Help => return self.screen.text(HELP).map(|()| Then::GoOn),
            Input::New => {
                self.conversation = None;
                return Ok(Then::GoOn);
            }
            Input::Tasks(filter) => match self.talk.tasks(&filter).await {
                Ok(tasks) => Ok(self.screen.tasks(&tasks.json, &tasks.read)?),
                Err(refusal) => Err(refusal),
            },
            Input::Conversations => self.list_conversations().await?,
            Input::Open(which) => self.open(which).await?,
        };
        match done {
            Ok(()) => Ok(Then::GoOn),
            Err(refusal) => self.refuse(&refusal),
        }
    }

    /// Says something, and shows what happens until there is an answer or nobody waits any longer.
    async fn say(&mut self, text: String, signals: &mut Signals) -> io::Result<Then> {
        let (sender, mut told) = unbounded_channel();
        let message = Message { text, conversation: self.conversation };
        let mut answer = pin!(self.talk.say(message, sender));
        self.screen.waiting()?;
        let answer = loop {
            tokio::select! {
                biased;
                Some(told) = told.recv() => self.screen.told(told)?,
                answer = &mut answer => break answer,
                stop = signals.received() => return self.give_up(stop),
            }
        };
        while let Ok(told) = told.try_recv() {
            self.screen.told(told)?;
        }
        match answer {
            Ok(answer) => {
                self.conversation = Some(answer.read.conversation_id);
                self.screen.reply(&answer.json, &answer.read)?;
                Ok(Then::GoOn)
            }
            Err(refusal) => self.refuse(&refusal),
        }
    }

    /// The turn is carried on without anybody waiting for it.
    fn give_up(&mut self, stop: Stop) -> io::Result<Then> {
        self.all_answered = false;
        self.screen.break_line()?;
        self.screen.remark("Not waiting any longer; what was asked is carried on.")?;
        Ok(if self.is_prompt && stop == Stop::Waiting { Then::GoOn } else { Then::End })
    }

    async fn list_conversations(&mut self) -> io::Result<Result<(), Refusal>> {
        match self.talk.conversations().await {
            Ok(found) => {
                self.listed = found.read.iter().map(|conversation| conversation.id).collect();
                self.screen.conversations(&found.json, &found.read).map(Ok)
            }
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    async fn open(&mut self, which: Which) -> io::Result<Result<(), Refusal>> {
        let id = match which {
            Which::Id(id) => Some(id),
            Which::Place(place) => place.checked_sub(1).and_then(|n| self.listed.get(n)).copied(),
        };
        let Some(id) = id else {
            let problem = "no conversation of this number was listed; see /conversations";
            return Ok(Err(Refusal::new("conversation_not_found", problem)));
        };
        match self.talk.open(id).await {
            Ok(opened) => {
                self.conversation = Some(opened.read.conversation.id);
                self.screen.opened(&opened.json, &opened.read).map(Ok)
            }
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    fn refuse(&mut self, refusal: &Refusal) -> io::Result<Then> {
        self.all_answered = false;
        self.screen.refused(refusal, self.talk.advice(refusal))?;
        Ok(if refusal.is_final() && !self.is_prompt { Then::End } else { Then::GoOn })
    }
}
