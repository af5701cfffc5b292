//! What is printed: for a person who looks at it while it comes, plainly into a pipe, or as JSON.

use std::io::{self, IsTerminal, Stdout, Write};

use anstream::{AutoStream, ColorChoice, stream::RawStream};
use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::{
    chat_backend::{ApiProblem, ChatEvent},
    tables,
    wire::{Call, CallResult, Conversation, Effect, OpenConversation, Reply, Task, UndoneTurn},
};
use crate::{
    sanitize::{Plain, one_line, plain, plain_json},
    table::Layout,
};

/// Where what is left of a line is wiped out.
const WIPE: &str = "\r\u{1b}[K";

/// The standard output, and who reads it.
pub(crate) struct Screen {
    out: Stdout,
    is_terminal: bool,
    /// A person looks at it while it comes.
    is_live: bool,
    has_colours: bool,
    errors_have_colours: bool,
    /// It understands how a hint is wiped out.
    can_wipe: bool,
    is_json: bool,
    has_hint: bool,
    /// The piece of the answer that was printed already, as it came.
    streamed: String,
    plain: Plain,
    /// The list that the last call brought: shown once an answer follows. Where another call
    /// follows, the model has only looked something up.
    looked_up: Option<Vec<Task>>,
}

impl Screen {
    pub(crate) fn of_stdout(is_json: bool) -> Self {
        let out = io::stdout();
        let is_terminal = out.is_terminal();
        let is_live = is_terminal && !is_json;
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        Self {
            has_colours: is_live && wants_colours(&out),
            errors_have_colours: wants_colours(&io::stderr()),
            can_wipe: is_live && !is_dumb,
            out,
            is_terminal,
            is_live,
            is_json,
            has_hint: false,
            streamed: String::new(),
            plain: Plain::default(),
            looked_up: None,
        }
    }

    /// Whether a person looks at it while it comes.
    pub(crate) const fn is_live(&self) -> bool {
        self.is_live
    }

    /// Says that an answer is waited for.
    pub(crate) fn waiting(&mut self) -> io::Result<()> {
        self.streamed.clear();
        self.plain = Plain::default();
        self.looked_up = None;
        if self.can_wipe {
            self.has_hint = true;
            let hint = self.styled(Style::new().dimmed(), "… thinking");
            self.write(&hint)?;
        }
        Ok(())
    }

    /// Something that comes before the answer.
    pub(crate) fn show(&mut self, event: ChatEvent) -> io::Result<()> {
        match event {
            _ if self.is_json => Ok(()),
            ChatEvent::Begun(_) => Ok(()),
            ChatEvent::Text(piece) => {
                self.wipe_hint()?;
                self.list()?;
                let text = self.plain.next(&piece);
                self.streamed.push_str(&piece);
                self.write(&text)
            }
            ChatEvent::Call(call) => {
                self.break_line()?;
                self.call(call)
            }
        }
    }

    /// The answer, as far as it was not shown already.
    pub(crate) fn reply(&mut self, json: &Value, reply: &Reply) -> io::Result<()> {
        if self.is_json {
            return self.json(json);
        }
        self.wipe_hint()?;
        self.list()?;
        if self.streamed != reply.message {
            self.break_line()?;
            self.write(&plain(&reply.message))?;
            self.streamed.clone_from(&reply.message);
        }
        self.break_line()
    }

    /// Why there is no answer.
    pub(crate) fn refused(&mut self, problem: &ApiProblem, advice: Option<&str>) -> io::Result<()> {
        if self.is_json {
            return self.json(problem.json());
        }
        self.error(&problem.text())?;
        match advice {
            Some(advice) => self.remark(advice),
            None => Ok(()),
        }
    }

    /// A turn was stopped; what it had done was shown.
    pub(crate) fn stopped(&mut self, problem: &ApiProblem) -> io::Result<()> {
        if self.is_json {
            return self.json(problem.json());
        }
        match problem.calls().iter().any(Call::is_change) {
            true => self.remark("Stopped. What was done stays; /undo takes it back."),
            false => self.remark("Stopped."),
        }
    }

    /// Something that went wrong, for a person.
    pub(crate) fn error(&mut self, text: &str) -> io::Result<()> {
        self.break_line()?;
        let red = AnsiColor::Red.on_default();
        let sign = styled(red, "chatbot-api:", self.errors_have_colours);
        // There is nowhere to report that output failed.
        let _ = writeln!(io::stderr(), "{sign} {text}");
        Ok(())
    }

    /// Something a person likes to know, and a program may leave unread.
    pub(crate) fn remark(&mut self, text: &str) -> io::Result<()> {
        self.break_line()?;
        let text = styled(Style::new().dimmed(), text, self.errors_have_colours);
        let _ = writeln!(io::stderr(), "{text}");
        Ok(())
    }

    /// Text that was asked for.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        if self.is_json { Ok(()) } else { self.write(&format!("{text}\n")) }
    }

    pub(crate) fn tasks(&mut self, json: &Value, tasks: &[Task]) -> io::Result<()> {
        match tasks {
            _ if self.is_json => self.json(json),
            [] if self.is_live => self.write("  no tasks\n"),
            tasks => self.write(&tables::tasks(tasks, self.layout())),
        }
    }

    pub(crate) fn conversations(
        &mut self,
        json: &Value,
        conversations: &[Conversation],
    ) -> io::Result<()> {
        match conversations {
            _ if self.is_json => self.json(json),
            [] if self.is_live => self.write("  no conversations\n"),
            some => self.write(&tables::conversations(some, self.layout())),
        }
    }

    /// What was said in a conversation until now.
    pub(crate) fn opened(&mut self, json: &Value, opened: &OpenConversation) -> io::Result<()> {
        if self.is_json {
            return self.json(json);
        }
        let title = one_line(&opened.conversation.title);
        let title = self.styled(Style::new().bold(), &title);
        self.write(&format!("{title}\n"))?;
        for message in &opened.messages {
            let text = plain(&message.content);
            let said = if message.role == "user" { format!("> {text}") } else { text };
            self.write(&format!("{}\n", said.trim_end()))?;
        }
        Ok(())
    }

    /// What an undo changed, a line for each task.
    pub(crate) fn undone(&mut self, json: &Value, undone: &UndoneTurn) -> io::Result<()> {
        if self.is_json {
            return self.json(json);
        }
        let sign = self.styled(AnsiColor::Green.on_default(), "✓");
        for Effect { before, after } in &undone.effects {
            let verb = if after.is_some() { "restored" } else { "deleted" };
            if let Some(task) = after.as_ref().or(before.as_ref()) {
                self.write(&format!("  {sign} {verb}  {}\n", named(task)))?;
            }
        }
        Ok(())
    }

    /// One line of what was done.
    fn call(&mut self, call: Call) -> io::Result<()> {
        let (colour, sign) =
            if call.ok { (AnsiColor::Green, "✓") } else { (AnsiColor::Red, "✗") };
        let sign = self.styled(colour.on_default(), sign);
        let line = format!("  {sign} {}  {}", one_line(&call.name), summary(&call.result));
        self.looked_up = call.result.tasks.filter(|tasks| !tasks.is_empty());
        self.write(&format!("{}\n", line.trim_end()))
    }

    /// The list that was asked for.
    fn list(&mut self) -> io::Result<()> {
        match self.looked_up.take() {
            None => Ok(()),
            Some(tasks) => self.write(&tables::tasks(&tasks, self.layout())),
        }
    }

    fn json(&mut self, json: &Value) -> io::Result<()> {
        let text = if self.is_terminal { plain_json(json) } else { json.to_string() };
        self.write(&format!("{text}\n"))
    }

    /// Ends the line that an answer is in the middle of, and wipes a hint out.
    pub(crate) fn break_line(&mut self) -> io::Result<()> {
        self.wipe_hint()?;
        let is_broken = self.streamed.is_empty() || self.streamed.ends_with('\n');
        self.streamed.clear();
        if is_broken { Ok(()) } else { self.write("\n") }
    }

    fn wipe_hint(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.has_hint) { self.write(WIPE) } else { Ok(()) }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    fn styled(&self, style: Style, text: &str) -> String {
        styled(style, text, self.has_colours)
    }

    fn layout(&self) -> Layout {
        Layout::of(self.is_live)
    }
}

/// A terminal whose person has not said no (`NO_COLOR`), and that knows colours.
fn wants_colours(stream: &(impl RawStream + IsTerminal)) -> bool {
    IsTerminal::is_terminal(stream) && AutoStream::choice(stream) != ColorChoice::Never
}

fn styled(style: Style, text: &str, has_colours: bool) -> String {
    if has_colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

fn summary(result: &CallResult) -> String {
    if let Some(results) = &result.results {
        let each: Vec<_> = results.iter().map(summary).collect();
        return each.join(", ");
    }
    match (&result.task, &result.tasks, &result.message) {
        (Some(task), ..) => named(task),
        (None, Some(tasks), _) => {
            let total = result.total.unwrap_or(tasks.len() as u64);
            format!("{} of {total}", tasks.len())
        }
        (None, None, Some(message)) => one_line(message),
        (None, None, None) => String::new(),
    }
}

fn named(task: &Task) -> String {
    format!("{}: {}", task.id, one_line(&task.tagged_title()))
}
