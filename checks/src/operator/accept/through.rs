//! What the operator lets through although Prometheus refuses the whole configuration for it: an unknown relabel
//! action, a bad interval without a timeout, a bearerTokenFile beside another way to authenticate; before 0.54 also
//! timeouts and relabel rules, before 0.86 (PodMonitors) and 0.88 (ServiceMonitors) two ways to authenticate.

use super::{Acceptance, Dialect, Examiner, Reason, Rejection, examine};
use crate::operator::version::{Version, operator};
use crate::prometheus::duration::millis;
use crate::world::{Endpoint, Kind, Monitor, RelabelConfig, Server, World};

/// What a monitor asks for that its operator does not refuse and Prometheus does.
pub fn let_through(
    world: &World,
    monitor: &Monitor,
    server: &Server,
    operator_version: Option<Version>,
    prometheus: Option<Version>,
) -> Vec<Rejection> {
    let out = Acceptance::default();
    // Prometheus looked at rules in the same way ever since; only which label names it takes depends on its version.
    let (kind, namespace) = (monitor.kind, monitor.metadata.namespace.as_str());
    let mut examiner = Examiner { world, kind, namespace, server, operator: Some(operator(68)), prometheus, out };
    for (at, endpoint) in monitor.spec.endpoints.iter().enumerate() {
        let path = format!("spec.{}[{at}]", monitor.endpoints_field());
        examiner.auth_for_prometheus(endpoint, &path);
        examiner.times_for_prometheus(endpoint, &path);
        for (list, field) in [(&endpoint.relabelings, "relabelings"), (&endpoint.metric_relabelings, "metricRelabelings")] {
            for (index, rule) in list.iter().enumerate() {
                examiner.rule_for_prometheus(rule, &format!("{path}.{field}[{index}]"), operator_version);
            }
        }
    }
    let mut found = examiner.out.rejections;
    if !found.is_empty() {
        let refused = examine(world, monitor, server, operator_version, prometheus).rejections;
        found.retain(|one| !refused.iter().any(|other| other.path == one.path));
    }
    for one in &mut found {
        one.certain = false;
    }
    found
}

impl Examiner<'_> {
    fn auth_for_prometheus(&mut self, endpoint: &Endpoint, path: &str) {
        let token = endpoint.bearer_token_secret.as_ref();
        let methods = [
            (endpoint.authorization.is_some(), "authorization"),
            (endpoint.basic_auth.is_some(), "basicAuth"),
            (token.is_some_and(|token| !token.name.is_empty()), "bearerTokenSecret"),
            (self.kind != Kind::PodMonitor && !endpoint.bearer_token_file.is_empty(), "bearerTokenFile"),
            (endpoint.oauth2.is_some(), "oauth2"),
        ];
        let fields: Vec<&'static str> = methods.into_iter().filter(|(used, _)| *used).map(|(_, field)| field).collect();
        if fields.len() > 1 {
            self.reject(Reason::AuthConflict { fields }, path.to_owned());
        }
    }

    fn times_for_prometheus(&mut self, endpoint: &Endpoint, path: &str) {
        let before = self.out.rejections.len();
        self.timeouts(endpoint, path);
        let interval = &endpoint.interval;
        if self.out.rejections.len() == before && !interval.is_empty() && millis(interval).is_none() {
            self.reject(Reason::Duration { text: interval.clone() }, format!("{path}.interval"));
        }
    }

    /// Operators from 0.68 on look at all of a rule but its action.
    fn rule_for_prometheus(&mut self, rule: &RelabelConfig, path: &str, operator_version: Option<Version>) {
        if rule.action().is_none() {
            let why = format!("{:?} is not an action of Prometheus", rule.action);
            self.reject(Reason::Relabel { why }, format!("{path}.action"));
        } else if operator_version.is_some_and(|version| version < operator(68)) {
            let dialect = Dialect { operator: self.operator, prometheus: self.prometheus };
            if let Err((field, reason)) = dialect.problem(rule, &mut Vec::new()) {
                self.reject(reason, format!("{path}{field}"));
            }
        }
    }
}
