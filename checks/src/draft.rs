//! Findings in the making: what a check writes, before it is merged and numbered.

use crate::chain::{Chain, EmptyService, Unselected};
use crate::check::Check;
use crate::report::{At, Confidence, Evidence, Fix, Link, Ref, Severity};
use crate::selector::{Miss, Near};
use crate::world::{Kind, ObjectId};

/// What the checks found, before it is merged and numbered.
#[derive(Debug, Default)]
pub struct Out {
    /// Drafts in the order in which they were made.
    pub drafts: Vec<Draft>,
}

/// A finding in the making.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Code of the check.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// The object to mend.
    pub subject: Ref,
    /// The monitors that it concerns, with the server whose chain it belongs to.
    pub chains: Vec<(ObjectId, Option<ObjectId>)>,
    /// The endpoint that it is about.
    pub endpoint: Option<usize>,
    /// The namespace that it is about.
    pub namespace: Option<String>,
    /// One line.
    pub message: String,
    /// What was compared.
    pub evidence: Vec<Evidence>,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
    /// What tells it from other findings of the same check on the same subject.
    pub key: String,
}

impl Out {
    /// Starts a finding of a check: certain, as bad as the check says, about `subject`.
    pub fn finding(&mut self, check: &Check, subject: impl Into<Ref>, message: impl Into<String>) -> &mut Draft {
        self.drafts.push(Draft {
            code: check.code,
            severity: check.severity,
            confidence: Confidence::Certain,
            subject: subject.into(),
            chains: Vec::new(),
            endpoint: None,
            namespace: None,
            message: message.into(),
            evidence: Vec::new(),
            fixes: Vec::new(),
            key: String::new(),
        });
        let last = self.drafts.len() - 1;
        &mut self.drafts[last]
    }
}

impl Draft {
    /// It belongs to a chain.
    pub fn on(&mut self, chain: &Chain<'_>) -> &mut Self {
        self.chains.push((chain.monitor.id(), Some(chain.server.id())));
        let link = Link::of_code(self.code);
        let of_rules = link.is_some_and(|link| link >= Link::Matched);
        // What is not in the files may bring what is missing in them.
        let of_others = of_rules || matches!(link, Some(Link::Watched | Link::Selected | Link::Discoverable));
        // Perhaps a monitor is for a server that is not in the files.
        if chain.open && link == Some(Link::Selected) && chain.selected.state.is_failed() && !chain.selected.is_near_miss() {
            self.severity(Severity::Warning);
        }
        self.likely_if(chain.unknown_rules && of_rules).likely_if(chain.open && of_others)
    }

    /// It belongs to the way of an object that no server takes.
    pub fn on_unselected(&mut self, found: &Unselected<'_>) -> &mut Self {
        match found.chain {
            Some(chain) => self.on(chain),
            // A ThanosRuler may take a rule, and such objects are not read.
            None => self.affects(&found.id).likely_if(found.id.kind == Kind::PrometheusRule),
        }
    }

    /// It belongs to each of some chains.
    pub fn on_all<'c, 'w: 'c>(&mut self, chains: impl IntoIterator<Item = &'c Chain<'w>>) -> &mut Self {
        chains.into_iter().for_each(|chain| {
            self.on(chain);
        });
        self
    }

    /// It concerns a monitor, whatever the server.
    pub fn affects(&mut self, monitor: &ObjectId) -> &mut Self {
        self.chains.push((monitor.clone(), None));
        self
    }

    /// It is about one endpoint; findings about different endpoints are not merged.
    pub fn endpoint(&mut self, index: usize) -> &mut Self {
        self.endpoint = Some(index);
        self.key(format!("endpoint {index}"))
    }

    /// It is about one namespace; findings about different namespaces are not merged.
    pub fn namespace(&mut self, name: &str) -> &mut Self {
        self.namespace = Some(name.to_owned());
        self.key(format!("namespace {name}"))
    }

    /// Adds to what tells it from other findings of the same check on the same subject. No values that change by
    /// themselves, such as counts or pod names.
    pub fn key(&mut self, key: impl AsRef<str>) -> &mut Self {
        self.key.push('\n');
        self.key.push_str(key.as_ref());
        self
    }

    /// How bad, where it differs from the check's usual severity.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// As bad as it is that a Service is empty: an error where nothing else is there to scrape, else an info.
    pub fn weigh(&mut self, found: &EmptyService<'_, '_>) -> &mut Self {
        self.severity(if found.decides { Severity::Error } else { Severity::Info }).namespace(&found.service.metadata.namespace)
    }

    /// How sure, where it is not certain.
    pub fn confidence(&mut self, confidence: Confidence) -> &mut Self {
        self.confidence = confidence;
        self
    }

    /// Less than certain if a condition holds.
    pub fn likely_if(&mut self, condition: bool) -> &mut Self {
        if condition {
            self.confidence = self.confidence.max(Confidence::Likely);
        }
        self
    }

    /// Adds evidence.
    pub fn evidence(&mut self, evidence: Evidence) -> &mut Self {
        self.evidence.push(evidence);
        self
    }

    /// Adds evidence: a field asks for something that another field does not have.
    pub fn compared(
        &mut self,
        asks: &ObjectId,
        path: impl Into<String>,
        wanted: impl Words,
        found: impl Words,
        other: Option<(&ObjectId, String)>,
    ) -> &mut Self {
        self.evidence(crate::report::evidence_at(asks, path, wanted.words(), found.words(), other))
    }

    /// Adds evidence: what a field says, without a counterpart.
    pub fn says(&mut self, id: &ObjectId, path: impl Into<String>, found: impl Words) -> &mut Self {
        let mut evidence = crate::report::evidence_at(id, path, Vec::new(), found.words(), None);
        evidence.operator = None;
        self.evidence(evidence)
    }

    /// Adds evidence: requirements of a selector that labels do not meet.
    pub fn missed(&mut self, asks: &ObjectId, selector: &str, misses: &[Miss], labelled: &ObjectId, labels: &str) -> &mut Self {
        for miss in misses {
            let note = match &miss.near {
                None => None,
                Some(Near::OtherCase) => Some("only upper and lower case differ".to_owned()),
                Some(Near::Slip) => Some("a slip of the pen?".to_owned()),
                Some(Near::OtherKey { key, value }) => Some(format!("it has {key}={value}")),
            };
            self.evidence(Evidence { note, ..miss_evidence(asks, selector, miss, labelled, labels) });
        }
        self
    }

    /// Adds a way to mend it.
    pub fn fix(&mut self, fix: Fix) -> &mut Self {
        self.fixes.push(fix);
        self
    }

    /// Adds ways to mend it, the best first.
    pub fn fixes(&mut self, fixes: impl IntoIterator<Item = Fix>) -> &mut Self {
        self.fixes.extend(fixes);
        self
    }
}

/// Evidence that labels do not meet a requirement of a selector, both told by their paths.
pub(crate) fn miss_evidence(asks: &ObjectId, selector: &str, miss: &Miss, labelled: &ObjectId, labels: &str) -> Evidence {
    let requirement = &miss.requirement;
    Evidence {
        reference: Some(asks.into()),
        path: format!("{selector}.{}", requirement.path),
        operator: Some(requirement.operator.as_str().to_owned()),
        wanted: requirement.values.clone(),
        found: miss.found.clone().into_iter().collect(),
        at: Some(At { reference: labelled.into(), path: format!("{labels}{}", crate::path::key_text(&requirement.key)) }),
        note: None,
    }
}

/// One word or several, as evidence takes them.
pub trait Words {
    /// The words.
    fn words(self) -> Vec<String>;
}

impl Words for &str {
    fn words(self) -> Vec<String> {
        vec![self.to_owned()]
    }
}

impl Words for String {
    fn words(self) -> Vec<String> {
        vec![self]
    }
}

impl Words for Vec<String> {
    fn words(self) -> Vec<String> {
        self
    }
}

impl Words for &[String] {
    fn words(self) -> Vec<String> {
        self.to_vec()
    }
}
