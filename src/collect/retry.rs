//! How long one request is worth waiting for. The client library's own policy would still be at it after minutes.

use std::time::{Duration, Instant};

use super::problem::Problem;

const TRIES: u32 = 3;
/// From the first try on; a person waits for the answer.
const BUDGET: Duration = Duration::from_secs(2);

/// The patience left for one request.
#[derive(Debug)]
pub(super) struct Patience {
    started: Instant,
    tried: u32,
    timed_out: bool,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), tried: 0, timed_out: false }
    }

    /// How long to pause before the next try; `None` to give up. `timeouts` says whether a timeout is worth a second
    /// try, because the next request asks for less.
    pub(super) fn pause(&mut self, problem: &Problem, timeouts: bool) -> Option<Duration> {
        self.tried += 1;
        if timeouts && matches!(problem, Problem::Timeout(_)) && !self.timed_out {
            self.timed_out = true;
            return Some(Duration::ZERO);
        }
        next(problem, self.tried, self.started.elapsed())
    }
}

fn next(problem: &Problem, tried: u32, elapsed: Duration) -> Option<Duration> {
    if !problem.passes() || tried >= TRIES {
        return None;
    }
    let own = Duration::from_millis(200) * 3u32.pow(tried - 1);
    let pause = problem.retry_after().unwrap_or(own).max(Duration::from_millis(50));
    // The requests themselves take a moment too.
    let grace = Duration::from_millis(200);
    (elapsed + pause <= BUDGET + grace).then_some(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_tried_three_times() {
        let problem = Problem::Broken("reset".to_owned());
        assert_eq!(next(&problem, 1, Duration::ZERO), Some(Duration::from_millis(200)));
        assert_eq!(next(&problem, 2, Duration::ZERO), Some(Duration::from_millis(600)));
        assert_eq!(next(&problem, 3, Duration::ZERO), None);
        assert_eq!(next(&Problem::Forbidden(String::new()), 1, Duration::ZERO), None);
    }

    #[test]
    fn a_wish_to_wait_is_granted_within_the_budget() {
        let wish = |secs| Problem::Shedding { retry_after: Some(Duration::from_secs(secs)) };
        assert_eq!(next(&wish(1), 1, Duration::ZERO), Some(Duration::from_secs(1)));
        assert_eq!(next(&wish(1), 2, Duration::from_millis(1050)), Some(Duration::from_secs(1)));
        assert_eq!(next(&wish(30), 1, Duration::ZERO), None);
        assert_eq!(next(&wish(1), 2, Duration::from_secs(2)), None);
    }

    #[test]
    fn a_timeout_gets_one_more_try_only_where_less_is_asked() {
        let timeout = Problem::Timeout(Duration::from_secs(30));
        let mut patience = Patience::new();
        assert_eq!(patience.pause(&timeout, true), Some(Duration::ZERO));
        assert_eq!(patience.pause(&timeout, true), None);
        assert_eq!(Patience::new().pause(&timeout, false), None);
    }
}
