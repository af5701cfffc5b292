//! Limits counted in Redis, by all processes together.
//!
//! The scripts decide what [`LimitRule`] decides, by the clock of Redis; one run of a script is one
//! way there and back for all limits of a request. What they keep expires by itself.

use std::{
    fmt,
    sync::{Arc, LazyLock},
    time::Duration,
};

use ::redis::{Script, ScriptInvocation};
use async_trait::async_trait;
use todo_domain::{
    LimitDecision, LimitKey, LimitRule,
    ports::{Charge, Clock, LimitChange, LimitStore},
};

use super::InProcessLimits;
use crate::SharedMemory;

/// Stands before every key. A version that changes what is kept must change it.
const PREFIX: &str = "todo:limits:2";

/// Two keys for each charge, the state and the mark that exempts from it, and five arguments: see
/// [`rule`]. Answers with four numbers for each: what was decided, how many remain, microseconds, the count.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local answer = {}

        local function decide(decision, remaining, wait, count)
            answer[#answer + 1] = decision
            answer[#answer + 1] = remaining
            answer[#answer + 1] = wait
            answer[#answer + 1] = count
        end

        local function keep(key, count, ends, expires)
            local state = string.format('%.0f %.0f %.0f', count, ends, now)
            local left = math.max(math.ceil((expires - now) / 1000), 1)
            redis.call('SET', key, state, 'PX', string.format('%.0f', left))
        end

        local function quota(key, ends, interval, window)
            ends = math.min(math.max(ends, now), now + window) + interval
            local used = ends - now
            if used > window then
                decide(0, 0, used - window, 0)
                return false
            end
            keep(key, 0, ends, ends)
            decide(1, math.floor((window - used) / interval), used, 0)
            return true
        end

        local function backoff(key, count, ends, free, first, longest, memory)
            local wait = math.min(ends - now, longest)
            if wait > 0 then
                decide(0, 0, wait, 0)
                return false
            end
            count = count + 1
            if count < free then
                ends = now
            else
                ends = now + math.min(first * 2 ^ (count - free), longest)
            end
            keep(key, count, ends, now + memory)
            decide(1, math.max(free - count, 0), memory, count)
            return true
        end

        for charge = 1, #KEYS / 2 do
            local key, mark = KEYS[charge * 2 - 1], KEYS[charge * 2]
            local rule = {}
            for argument = 1, 5 do
                rule[argument] = tonumber(ARGV[(charge - 1) * 5 + argument])
            end
            local allowed = true
            if redis.call('EXISTS', mark) == 1 then
                decide(2, 0, 0, 0)
            else
                local state = redis.call('GET', key) or ''
                local count, ends, since = string.match(state, '^(%d+) (%d+) (%d+)$')
                count, ends, since = tonumber(count) or 0, tonumber(ends) or now, tonumber(since) or now
                if since > now then
                    -- The clock was put back: what was written in the future is of this moment.
                    ends = ends - (since - now)
                    keep(key, count, ends, rule[1] == 0 and ends or now + rule[5])
                end
                if rule[1] == 0 then
                    allowed = quota(key, ends, rule[2], rule[3])
                else
                    allowed = backoff(key, count, ends, rule[2], rule[3], rule[4], rule[5])
                end
            end
            if not allowed then
                break
            end
        end
        return answer
        ",
    )
});

/// One key for each change, and three arguments: what to do, the first argument of the rule, and
/// the interval of a quota, the count of a back-off, or the milliseconds of a mark.
static CHANGE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]

        local function give_back(key, is_quota, number)
            local state = redis.call('GET', key) or ''
            local count, ends, since = string.match(state, '^(%d+) (%d+) (%d+)$')
            if not count then
                return
            end
            count, ends, since = tonumber(count), tonumber(ends), tonumber(since)
            if since > now then
                ends = ends - (since - now)
            end
            if is_quota then
                ends = ends - number
            else
                if count == number then
                    ends = now
                end
                count = math.max(count - 1, 0)
            end
            if count > 0 or ends > now then
                local state = string.format('%.0f %.0f %.0f', count, ends, math.min(since, now))
                redis.call('SET', key, state, 'KEEPTTL')
            else
                redis.call('DEL', key)
            end
        end

        for change, key in ipairs(KEYS) do
            local what = ARGV[change * 3 - 2]
            local kind, number = tonumber(ARGV[change * 3 - 1]), tonumber(ARGV[change * 3])
            if what == 'mark' then
                redis.call('SET', key, '', 'PX', string.format('%.0f', number))
            elseif what == 'forget' then
                redis.call('DEL', key)
            else
                give_back(key, kind == 0, number)
            end
        end
        ",
    )
});

/// Counts limits in Redis, together with all processes that share it. As long as Redis is away or
/// refuses, this process counts on its own: then a caller may have as much of each process.
pub struct SharedLimits {
    memory: SharedMemory,
    alone: InProcessLimits,
}

impl fmt::Debug for SharedLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedLimits").field("memory", &self.memory).finish_non_exhaustive()
    }
}

impl SharedLimits {
    /// Limits in this memory, and by this clock as long as there is none.
    #[must_use]
    pub fn new(memory: SharedMemory, clock: Arc<dyn Clock>) -> Self {
        Self { memory, alone: InProcessLimits::new(clock) }
    }
}

#[async_trait]
impl LimitStore for SharedLimits {
    async fn take(&self, charges: Vec<Charge>) -> Vec<LimitDecision> {
        let mut script = TAKE.prepare_invoke();
        for charge in &charges {
            script.key(state_key(charge));
            // A key that nothing has, where no mark would exempt.
            script.key(charge.exemption.as_ref().map_or_else(|| PREFIX.to_owned(), mark_key));
            add_rule(&mut script, &charge.limit.rule);
        }
        match self.memory.run::<Vec<i64>>(&script).await {
            Ok(numbers) => numbers.chunks_exact(4).map(decision).collect(),
            Err(_) => self.alone.take(charges).await,
        }
    }

    async fn change(&self, changes: Vec<LimitChange>) {
        let mut script = CHANGE.prepare_invoke();
        for change in &changes {
            add_change(&mut script, change);
        }
        if self.memory.run::<()>(&script).await.is_err() {
            self.alone.change(changes).await;
        }
    }
}

fn state_key(charge: &Charge) -> String {
    format!("{PREFIX}:{}:{}", charge.limit.name, charge.key.as_str())
}

fn mark_key(mark: &LimitKey) -> String {
    // No limit has an empty name.
    format!("{PREFIX}::{}", mark.as_str())
}

/// A quota: 0, interval, window. A back-off: 1, how many are free, first, longest, memory.
fn add_rule(script: &mut ScriptInvocation<'_>, rule: &LimitRule) {
    match rule {
        LimitRule::Quota(quota) => {
            script.arg(0).arg(micros(quota.interval())).arg(micros(quota.window())).arg(0).arg(0);
        }
        LimitRule::Backoff(backoff) => {
            script.arg(1).arg(backoff.free.get());
            for time in [backoff.first, backoff.longest, backoff.memory] {
                script.arg(micros(time));
            }
        }
    }
}

fn add_change(script: &mut ScriptInvocation<'_>, change: &LimitChange) {
    match change {
        LimitChange::GiveBack { charge, count } => {
            script.key(state_key(charge)).arg("give_back");
            match &charge.limit.rule {
                LimitRule::Quota(quota) => script.arg(0).arg(micros(quota.interval())),
                LimitRule::Backoff(_) => script.arg(1).arg(*count),
            };
        }
        LimitChange::Forget(charge) => {
            script.key(state_key(charge)).arg("forget").arg(0).arg(0);
        }
        LimitChange::Mark { mark, lifetime } => {
            let millis = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX).max(1);
            script.key(mark_key(mark)).arg("mark").arg(0).arg(millis);
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn decision(numbers: &[i64]) -> LimitDecision {
    let time = |micros: &i64| Duration::from_micros(micros.unsigned_abs());
    match numbers {
        [1, remaining, reset, count] => LimitDecision::Allowed {
            remaining: u32::try_from(*remaining).unwrap_or(u32::MAX),
            reset: time(reset),
            count: u32::try_from(*count).unwrap_or(u32::MAX),
        },
        [0, _, wait, _] => LimitDecision::Refused { retry_after: time(wait) },
        _ => LimitDecision::Exempt,
    }
}
