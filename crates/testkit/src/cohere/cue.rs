//! How a request is told what to play: in a test, by the handle; over HTTP, by a header or in the
//! user's message.

use std::{str::FromStr, time::Duration};

use clap::ValueEnum;

use super::{
    delivery::Delivery, fault::InjectedFault, planner, reply::Reply, scenario::Scenario,
    scene::Scene,
};

/// What is played to one request: directions that work together. In words,
/// `slow=20, three-steps` (a number is milliseconds), and with `*2` at the end for "the first two
/// times that this very request comes, and nothing special the next time".
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cue {
    directions: Vec<Direction>,
    pub(super) times: Option<u32>,
}

#[derive(Debug, Clone, PartialEq)]
enum Direction {
    Scenario(Scenario, Option<Duration>),
    InjectedFault(InjectedFault, Option<Duration>),
    Say(Reply),
}

/// What comes of a cue.
#[derive(Debug)]
pub(super) enum Act {
    InjectedFault(InjectedFault, Option<Duration>, Delivery),
    Reply(Reply, Delivery),
}

impl Cue {
    /// Both of them together.
    #[must_use]
    pub fn and(mut self, other: impl Into<Self>) -> Self {
        let other = other.into();
        self.directions.extend(other.directions);
        self.times = self.times.or(other.times);
        self
    }

    /// So many times, and then nothing special.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// With this duration instead of the usual one, where there is one: [`Scenario::Slow`],
    /// [`Scenario::SlowFirstByte`], [`InjectedFault::RetryAfter`].
    #[must_use]
    pub fn lasting(mut self, duration: Duration) -> Self {
        for direction in &mut self.directions {
            match direction {
                Direction::Scenario(_, lasting) | Direction::InjectedFault(_, lasting) => {
                    *lasting = Some(duration);
                }
                Direction::Say(_) => {}
            }
        }
        self
    }

    /// For each of its times, one that is good for any number of times.
    pub(super) fn one_by_one(self) -> impl Iterator<Item = Self> {
        (0..self.times.unwrap_or(1)).map(move |_| Self { times: None, ..self.clone() })
    }

    /// What to do with a chat request.
    pub(super) fn act(&self, scene: &Scene<'_>) -> Act {
        let reply = self.directions.iter().rev().find_map(|direction| match direction {
            Direction::Scenario(scenario, _) => scenario.reply(scene),
            Direction::Say(reply) => Some(reply.clone()),
            Direction::InjectedFault(..) => None,
        });
        self.finish(reply.unwrap_or_else(|| planner::reply(scene)))
    }

    /// What to do with any other request: it has its own answer, but may be refused or damaged.
    pub(super) fn act_without_model(&self) -> Act {
        self.finish(Reply::default())
    }

    fn finish(&self, mut reply: Reply) -> Act {
        let mut delivery = Delivery::default();
        let mut fault = None;
        for direction in &self.directions {
            match *direction {
                Direction::Scenario(scenario, lasting) => {
                    scenario.damage(lasting, &mut reply, &mut delivery);
                }
                Direction::InjectedFault(kind, lasting) => fault = Some((kind, lasting)),
                Direction::Say(_) => {}
            }
        }
        match fault {
            Some((fault, lasting)) => Act::InjectedFault(fault, lasting, delivery),
            None => Act::Reply(reply, delivery),
        }
    }
}

impl From<Scenario> for Cue {
    fn from(scenario: Scenario) -> Self {
        Self { directions: vec![Direction::Scenario(scenario, None)], times: None }
    }
}

impl From<InjectedFault> for Cue {
    fn from(fault: InjectedFault) -> Self {
        Self { directions: vec![Direction::InjectedFault(fault, None)], times: None }
    }
}

impl From<Reply> for Cue {
    fn from(reply: Reply) -> Self {
        Self { directions: vec![Direction::Say(reply)], times: None }
    }
}

impl FromStr for Cue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (directions, times) = match text.rsplit_once('*') {
            Some((directions, times)) => (directions, Some(number(times)?)),
            None => (text, None),
        };
        let cue = directions
            .split(',')
            .map(direction)
            .try_fold(Self::default(), |cue, next| next.map(|next| cue.and(next)))?;
        Ok(Self { times, ..cue })
    }
}

fn direction(text: &str) -> Result<Cue, String> {
    let (name, lasting) = match text.split_once('=') {
        Some((name, millis)) => (name, Some(Duration::from_millis(number(millis)?.into()))),
        None => (text, None),
    };
    let name = name.trim();
    let cue = Scenario::from_str(name, false)
        .map(Cue::from)
        .or_else(|_| InjectedFault::from_str(name, false).map(Cue::from))
        .map_err(|_| format!("there is no scenario '{name}'"))?;
    Ok(match lasting {
        Some(lasting) => cue.lasting(lasting),
        None => cue,
    })
}

fn number(text: &str) -> Result<u32, String> {
    text.trim().parse().map_err(|_| format!("'{}' is not a number", text.trim()))
}
