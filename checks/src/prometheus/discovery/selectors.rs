//! The selectors of an entry: what the API server is asked for, so what it hides from the server (SD-CFG-5).

use super::SdRole;
use crate::operator::version::Version;
use crate::prometheus::config::SdSelector;
use crate::selector::{Operator, Requirement, bad_key, bad_value};
use crate::world::{EndpointSlice, Endpoints, HasMeta, Ingress, Kind, Node, Pod, Service};

/// The selector for one kind.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) kind: Kind,
    labels: Vec<Requirement>,
    fields: Vec<Field>,
}

/// A requirement of a field selector.
#[derive(Clone, Debug)]
struct Field {
    path: String,
    value: String,
    equal: bool,
}

/// Why a selector cannot be used.
#[derive(Debug)]
pub(super) enum BadSelector {
    /// Prometheus refuses it.
    Refused(String),
    /// It is valid, but not understood here.
    NotJudged(String),
}

impl Filter {
    /// Reads a selector of a role.
    pub(super) fn read(role: SdRole, selector: &SdSelector, version: Option<Version>) -> Result<Self, BadSelector> {
        let refused = |why: String| BadSelector::Refused(why);
        let node_of_pods = version.is_none_or(|version| version >= Version::new(3, 11, 0));
        let allowed: &[&str] = match role {
            SdRole::Pod if node_of_pods => &["pod", "node"],
            SdRole::Pod => &["pod"],
            SdRole::Service => &["service"],
            SdRole::Endpoints => &["pod", "service", "endpoints"],
            SdRole::EndpointSlice => &["pod", "service", "endpointslice"],
            SdRole::Ingress => &["ingress"],
            SdRole::Node => &["node"],
        };
        let for_kind = SdRole::named(&selector.role).filter(|_| allowed.contains(&&*selector.role));
        let Some(kind) = for_kind.map(SdRole::kind) else {
            return Err(refused(format!("role {} takes no selector for {:?}", role.as_str(), selector.role)));
        };
        let labels = labels(&selector.label).ok_or_else(|| refused(format!("{:?} is not a label selector", selector.label)))?;
        let fields = fields(&selector.field).ok_or_else(|| refused(format!("{:?} is not a field selector", selector.field)))?;
        let (labels, ordered): (Vec<_>, Vec<_>) = labels.into_iter().partition(Result::is_ok);
        if !ordered.is_empty() {
            return Err(BadSelector::NotJudged(format!("the selector {:?}", selector.label)));
        }
        if let Some(field) = fields.iter().find(|field| !known(kind, &field.path)) {
            return Err(BadSelector::NotJudged(format!("the selector on field {} of {}", field.path, kind.plural())));
        }
        Ok(Self { kind, labels: labels.into_iter().flatten().collect(), fields })
    }

    /// Whether the API server would show the object.
    pub(super) fn shows<T: Selectable>(&self, object: &T) -> bool {
        let meta = object.meta();
        let field = |field: &Field| {
            let value = match &*field.path {
                "metadata.name" => &meta.name,
                "metadata.namespace" => &meta.namespace,
                path => object.field(path),
            };
            (value == field.value) == field.equal
        };
        self.labels.iter().all(|requirement| requirement.holds(&meta.labels)) && self.fields.iter().all(field)
    }
}

/// An object whose fields may be selected.
pub(super) trait Selectable: HasMeta {
    /// The value of a field other than name and namespace.
    fn field(&self, _path: &str) -> &str {
        ""
    }
}

impl Selectable for Endpoints {}
impl Selectable for EndpointSlice {}
impl Selectable for Ingress {}
impl Selectable for Node {}

impl Selectable for Pod {
    fn field(&self, path: &str) -> &str {
        match path {
            "spec.nodeName" => &self.spec.node_name,
            "spec.serviceAccountName" if self.spec.service_account_name.is_empty() => "default",
            "spec.serviceAccountName" => &self.spec.service_account_name,
            "status.phase" => &self.status.phase,
            _ => &self.status.pod_ip,
        }
    }
}

impl Selectable for Service {
    fn field(&self, path: &str) -> &str {
        match path {
            "spec.type" => self.spec.service_type.as_deref().unwrap_or("ClusterIP"),
            _ => self.spec.cluster_ip.as_deref().unwrap_or_default(),
        }
    }
}

/// The fields that are known here. API servers know a few more, and refuse all others.
fn known(kind: Kind, path: &str) -> bool {
    match (kind, path) {
        (_, "metadata.name") => true,
        (_, "metadata.namespace") => kind.namespaced(),
        (Kind::Pod, "spec.nodeName" | "spec.serviceAccountName" | "status.phase" | "status.podIP") => true,
        (Kind::Service, "spec.type" | "spec.clusterIP") => true,
        _ => false,
    }
}

/// Whether a text is a label selector. What is not understood counts as one.
pub fn is_label_selector(text: &str) -> bool {
    labels(text).is_some()
}

/// Whether a text is a field selector. What is not understood, such as escaped commas, counts as one.
pub fn is_field_selector(text: &str) -> bool {
    text.contains('\\') || fields(text).is_some()
}

/// Reads a label selector; requirements that compare numbers come out as `Err`. `None` where it is not one.
fn labels(text: &str) -> Option<Vec<Result<Requirement, ()>>> {
    parts(text).into_iter().map(|part| requirement(part.trim())).collect()
}

/// The parts between commas that are not inside parentheses.
fn parts(text: &str) -> Vec<&str> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let mut depth = 0;
    let split = |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    };
    text.split(split).collect()
}

fn requirement(part: &str) -> Option<Result<Requirement, ()>> {
    let made = |key: &str, operator, values: Vec<String>| {
        let key = key.trim();
        let fine = bad_key(key).is_none() && values.iter().all(|value| bad_value(value).is_none());
        fine.then(|| Ok(Requirement { key: key.to_owned(), operator, values, path: part.to_owned() }))
    };
    if let Some(key) = part.strip_prefix('!') {
        return made(key, Operator::DoesNotExist, Vec::new());
    }
    if let Some(open) = part.find('(') {
        let list = part[open + 1..].trim_end().strip_suffix(')')?;
        let mut words = part[..open].split_whitespace();
        let (key, word) = (words.next()?, words.next()?);
        let operator = match word {
            "in" => Operator::In,
            "notin" => Operator::NotIn,
            _ => return None,
        };
        let values = list.split(',').map(|value| value.trim().to_owned()).collect();
        return if words.next().is_some() { None } else { made(key, operator, values) };
    }
    if let Some((key, number)) = part.split_once(['<', '>']) {
        return (bad_key(key.trim()).is_none() && number.trim().parse::<i64>().is_ok()).then_some(Err(()));
    }
    let value = |value: &str| vec![value.trim().to_owned()];
    if let Some((key, text)) = part.split_once("!=") {
        return made(key, Operator::NotIn, value(text));
    }
    match part.split_once('=') {
        Some((key, text)) => made(key, Operator::In, value(text.strip_prefix('=').unwrap_or(text))),
        None => made(part, Operator::Exists, Vec::new()),
    }
}

/// Reads a field selector. Values with escaped commas do not occur in the fields that are known.
fn fields(text: &str) -> Option<Vec<Field>> {
    let field = |part: &str| {
        let (path, value, equal) = match part.split_once("!=") {
            Some((path, value)) => (path, value, false),
            None => part.split_once('=').map(|(path, value)| (path, value.strip_prefix('=').unwrap_or(value), true))?,
        };
        if value.contains('=') {
            return None;
        }
        Some(Field { path: path.trim().to_owned(), value: value.to_owned(), equal })
    };
    text.split(',').filter(|part| !part.is_empty()).map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Labels;

    #[test]
    fn label_selectors_are_read_as_kubectl_reads_them() {
        let matches = |selector: &str, pairs: &[(&str, &str)]| {
            let has: Labels = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            labels(selector).map(|list| list.iter().flatten().all(|requirement| requirement.holds(&has)))
        };
        let web: &[_] = &[("app", "web"), ("tier", "front")];
        for yes in ["", "app=web", "app==web,tier", "app in (api, web),tier!=back", "tier notin (back),!gone", "gone!=x"] {
            assert_eq!(matches(yes, web), Some(true), "{yes}");
        }
        for no in ["app=api", "!app", "app in (api)", "gone", "tier notin (front,back)", "app="] {
            assert_eq!(matches(no, web), Some(false), "{no}");
        }
        for wrong in ["=x", "app in web)", "app near (x)", "a b", "app in (x", ",app"] {
            assert_eq!(matches(wrong, web), None, "{wrong}");
        }
        assert!(labels("n>5").is_some_and(|list| list[0].is_err()));
        assert!(labels("n>five").is_none());
    }
}
