//! What limits decide.

use proptest::prelude::*;

use super::*;

/// One caller of one limit, and the time that goes by between the calls.
struct Caller {
    rule: LimitRule,
    state: Option<LimitState>,
    now: Timestamp,
}

impl Caller {
    fn of(rule: LimitRule) -> Self {
        Self { rule, state: None, now: "2026-11-22T09:00:00Z".parse().unwrap() }
    }

    fn wait(&mut self, time: Duration) {
        self.now = self.now.saturating_add(time);
    }

    fn ask(&mut self) -> LimitDecision {
        let (decision, state) = self.rule.take(self.state, self.now);
        self.state = state;
        decision
    }

    /// How many of so many at once are allowed.
    fn allowed(&mut self, of: usize) -> usize {
        (0..of).filter(|_| self.ask().retry_after().is_none()).count()
    }

    fn give_back(&mut self, count: u32) {
        self.state = self.state.and_then(|state| self.rule.give_back(state, count, self.now));
    }

    fn give_back_the_last(&mut self) {
        self.give_back(self.state.map_or(0, |state| state.count));
    }

    fn refused_for(&mut self) -> Duration {
        match self.ask() {
            LimitDecision::Refused { retry_after } => retry_after,
            other => panic!("{other:?}"),
        }
    }
}

fn count(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap()
}

fn ten_a_second() -> Caller {
    Caller::of(LimitRule::Quota(Quota::per_second(count(10), 20)))
}

fn guesses() -> Caller {
    Caller::of(LimitRule::Backoff(Backoff {
        free: count(5),
        first: Duration::from_secs(1),
        longest: Duration::from_secs(900),
        memory: Duration::from_secs(86_400),
    }))
}

#[test]
fn of_31_requests_at_once_21_pass_and_then_10_a_second() {
    let mut caller = ten_a_second();
    assert_eq!(caller.allowed(31), 21);
    assert_eq!(caller.refused_for(), Duration::from_millis(100));

    caller.wait(Duration::from_secs(1));
    assert_eq!(caller.allowed(31), 10);

    caller.wait(Duration::from_secs(60));
    assert_eq!(caller.allowed(31), 21);
}

#[test]
fn an_answer_tells_what_is_left_and_when_all_of_it_is_back() {
    let mut caller = ten_a_second();
    let first = caller.ask();
    let reset = Duration::from_millis(100);
    assert_eq!(first, LimitDecision::Allowed { remaining: 20, reset, count: 0 });

    let last = (0..20).map(|_| caller.ask()).last().unwrap();
    let reset = Duration::from_millis(2100);
    assert_eq!(last, LimitDecision::Allowed { remaining: 0, reset, count: 0 });
}

#[test]
fn what_is_given_back_can_be_taken_again_and_is_never_more_than_all() {
    for mut caller in [ten_a_second(), guesses()] {
        let all = caller.allowed(31);
        for _ in 0..31 {
            caller.give_back_the_last();
        }
        assert_eq!(caller.state, None);
        assert_eq!(caller.allowed(31), all);
    }
}

#[test]
fn guesses_wait_twice_as_long_each_time_and_15_minutes_at_most() {
    let mut caller = guesses();
    assert_eq!(caller.allowed(31), 5);
    for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
        assert_eq!(caller.refused_for(), Duration::from_secs(seconds));
        caller.wait(Duration::from_secs(seconds));
        assert_eq!(caller.allowed(31), 1);
    }

    caller.wait(Duration::from_secs(86_400));
    assert_eq!(caller.allowed(31), 5);
}

#[test]
fn a_guess_that_is_given_back_leaves_no_wait() {
    let mut caller = guesses();
    caller.allowed(31);
    caller.give_back_the_last();
    assert_eq!(caller.allowed(31), 1);
    assert_eq!(caller.refused_for(), Duration::from_secs(1));
}

#[test]
fn a_guess_that_is_given_back_late_leaves_the_wait_of_a_later_one() {
    let mut caller = guesses();
    caller.allowed(5);
    caller.wait(Duration::from_secs(1));
    assert_eq!(caller.allowed(1), 1);
    caller.give_back(5);
    assert_eq!(caller.refused_for(), Duration::from_secs(2));
    caller.wait(Duration::from_secs(2));
    assert_eq!(caller.allowed(1), 1);
    assert_eq!(caller.refused_for(), Duration::from_secs(2), "it is one guess less");
}

#[test]
fn a_clock_that_is_put_back_keeps_nobody_out_for_long() {
    for (mut caller, longest) in [(ten_a_second(), 3), (guesses(), 900)] {
        caller.allowed(31);
        caller.now = "2020-01-01T00:00:00Z".parse().unwrap();
        assert!(caller.refused_for() <= Duration::from_secs(longest));
    }
}

#[test]
fn a_rate_beyond_measure_is_still_a_rate() {
    let mut caller = Caller::of(LimitRule::Quota(Quota::per_second(NonZeroU32::MAX, u32::MAX)));
    assert_eq!(caller.allowed(31), 31);
    let mut caller = Caller::of(LimitRule::Quota(Quota::per(Duration::MAX, NonZeroU32::MIN)));
    assert_eq!(caller.allowed(31), 1);
}

#[test]
fn a_clock_that_is_put_back_does_not_matter() {
    for mut caller in [ten_a_second(), guesses()] {
        caller.allowed(31);
        caller.now = "2020-01-01T00:00:00Z".parse().unwrap();
        let wait = caller.refused_for();
        caller.wait(wait);
        assert_eq!(caller.allowed(1), 1, "who waits as long as they were told gets in");
    }
}

/// What a caller does: asks once, gives the last one back, or waits so many microseconds.
#[derive(Debug, Clone)]
enum Event {
    Ask,
    GiveBack,
    Wait(u64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        5 => Just(Event::Ask),
        1 => Just(Event::GiveBack),
        2 => (0_u64..2_000_000_000).prop_map(Event::Wait),
    ];
    proptest::collection::vec(event, 1..80)
}

proptest! {
    /// To a clock that is put back after a decision, by however much, no time has gone by until it is
    /// there again or the next one is made, whichever comes first. Nothing else is different.
    #[test]
    fn what_is_decided_does_not_depend_on_clocks_that_are_put_back(
        events in events(),
        put_back_at in 0_usize..80,
        put_back_by in 1_u64..4_000_000_000_000_000,
    ) {
        for make in [ten_a_second, guesses] {
            let (mut steady, mut put_back) = (make(), make());
            let (mut is_put_back, mut standing_still) = (false, 0);
            for (index, event) in events.iter().enumerate() {
                match event {
                    Event::Ask => {
                        prop_assert_eq!(steady.ask(), put_back.ask());
                        standing_still = 0;
                        // A refusal leaves the time of the decision before it.
                        let now = put_back.now.as_microsecond();
                        let is_noted = put_back.state.is_some_and(|state| state.since == now);
                        if index >= put_back_at && is_noted && !is_put_back {
                            (is_put_back, standing_still) = (true, put_back_by);
                            let now = now - i64::try_from(put_back_by).unwrap();
                            put_back.now = Timestamp::from_microsecond(now).unwrap();
                        }
                    }
                    Event::GiveBack => {
                        steady.give_back_the_last();
                        put_back.give_back_the_last();
                        standing_still = 0;
                    }
                    Event::Wait(micros) => {
                        let still = standing_still.min(*micros);
                        standing_still -= still;
                        steady.wait(Duration::from_micros(micros - still));
                        put_back.wait(Duration::from_micros(*micros));
                    }
                }
            }
        }
    }

    /// However clocks jump, whoever waits as long as they were told is let in.
    #[test]
    fn a_wait_that_was_told_is_enough(
        jumps in proptest::collection::vec((-4_000_000_000_000_000_i64..4_000_000_000_000, 1_usize..40), 1..10),
    ) {
        for mut caller in [ten_a_second(), guesses()] {
            for (jump, asks) in &jumps {
                let now = caller.now.as_microsecond().saturating_add(*jump);
                caller.now = Timestamp::from_microsecond(now).unwrap_or(caller.now);
                caller.allowed(*asks);
                if let LimitDecision::Refused { retry_after } = caller.ask() {
                    prop_assert!(retry_after <= Duration::from_secs(900));
                    caller.wait(retry_after);
                    prop_assert!(caller.ask().retry_after().is_none());
                }
            }
        }
    }
}
