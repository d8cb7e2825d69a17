//! What an operator counts (OP-REP-3): how its syncs went, and how many objects it selects and refuses. Each of its
//! controllers counts for itself, over all servers of its kind.

use std::collections::BTreeMap;

use super::Kind;

/// The counts of an operator, by controller.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures {
    controllers: BTreeMap<String, Controller>,
}

/// The counts of a controller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Controller {
    /// Whether it is ready to act.
    pub ready: Option<bool>,
    /// Servers whose last sync succeeded.
    pub synced: Option<usize>,
    /// Servers whose last sync failed.
    pub failing: Option<usize>,
    /// Lists and watches that failed since it started.
    pub failed_lists: usize,
    /// Objects that it refuses, by kind; an object that is refused for two servers counts twice.
    pub refused: BTreeMap<Kind, usize>,
}

impl Measures {
    /// Reads metrics.
    ///
    /// # Errors
    /// What the answer is instead.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8_lossy(body);
        let mut out = Self::default();
        for line in text.lines() {
            let Some(sample) = Sample::read(line) else { continue };
            let Some(controller) = sample.label("controller") else { continue };
            let mut counts = out.controllers.get(controller).cloned().unwrap_or_default();
            let number = sample.number;
            match sample.name {
                "prometheus_operator_ready" => counts.ready = Some(number > 0),
                "prometheus_operator_syncs" if sample.label("status") == Some("ok") => counts.synced = Some(number),
                "prometheus_operator_syncs" if sample.label("status") == Some("failed") => counts.failing = Some(number),
                "prometheus_operator_list_operations_failed_total" | "prometheus_operator_watch_operations_failed_total" => {
                    counts.failed_lists += number;
                }
                "prometheus_operator_managed_resources" if sample.label("state") == Some("rejected") => {
                    let kind = sample.label("resource").and_then(|name| Kind::all().find(|kind| kind.name() == name));
                    let Some(kind) = kind else { continue };
                    counts.refused.insert(kind, number);
                }
                _ => continue,
            }
            out.controllers.insert(controller.to_owned(), counts);
        }
        if out.controllers.is_empty() { Err("the answer is not that of a prometheus-operator".to_owned()) } else { Ok(out) }
    }

    /// The controller for a kind of server.
    pub fn of(&self, server: Kind) -> Option<&Controller> {
        self.controllers.get(if server == Kind::PrometheusAgent { "prometheus-agent" } else { "prometheus" })
    }
}

/// `name{label="value"} 1`.
struct Sample<'t> {
    name: &'t str,
    labels: Vec<(&'t str, &'t str)>,
    number: usize,
}

impl<'t> Sample<'t> {
    /// Reads a line; what an operator counts has no commas in its labels.
    fn read(line: &'t str) -> Option<Self> {
        let (head, number) = line.strip_prefix("prometheus_operator_").and(line.rsplit_once(' '))?;
        let (name, labels) = head.trim_end().strip_suffix('}')?.split_once('{')?;
        let pair = |text: &'t str| text.split_once('=').map(|(key, value)| (key, value.trim_matches('"')));
        let number: f64 = number.parse().ok().filter(|number| (0.0..1e15).contains(number))?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, held to its range above")]
        Some(Self { name, labels: labels.split(',').filter_map(pair).collect(), number: number as usize })
    }

    fn label(&self, key: &str) -> Option<&'t str> {
        self.labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_controller_counts_for_itself() {
        let text = b"# HELP prometheus_operator_ready 1 when\n\
            prometheus_operator_ready{controller=\"prometheus\"} 1\n\
            prometheus_operator_ready{controller=\"prometheus-agent\"} 0\n\
            prometheus_operator_syncs{controller=\"prometheus\",status=\"failed\"} 1\n\
            prometheus_operator_syncs{controller=\"prometheus\",status=\"ok\"} 3\n\
            prometheus_operator_list_operations_failed_total{controller=\"prometheus\"} 2\n\
            prometheus_operator_watch_operations_failed_total{controller=\"prometheus\"} 5\n\
            prometheus_operator_managed_resources{controller=\"prometheus\",resource=\"ServiceMonitor\",state=\"rejected\"} 2\n\
            prometheus_operator_managed_resources{controller=\"prometheus\",resource=\"ServiceMonitor\",state=\"selected\"} 40\n";
        let read = Measures::read(text).unwrap();
        let own = read.of(Kind::Prometheus).unwrap();
        assert_eq!((own.ready, own.synced, own.failing, own.failed_lists), (Some(true), Some(3), Some(1), 7));
        assert_eq!(own.refused, BTreeMap::from([(Kind::ServiceMonitor, 2)]));
        assert_eq!(read.of(Kind::PrometheusAgent).unwrap().ready, Some(false));
        assert!(Measures::read(b"go_goroutines 5\n").is_err());
    }
}
