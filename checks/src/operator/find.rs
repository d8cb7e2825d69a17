//! Which Deployments run prometheus-operator, and what their arguments say (OP-FIND-2, OP-NSF).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::pods::{Door, named_door};
use super::scrape_config::NEWEST;
use super::version::Version;
use crate::selector::{Expression, LabelSelector};
use crate::world::{Container, Kind, ObjectId, Pod, PodTemplate, Workload, World};

/// An operator that was found in the cluster.
#[derive(Clone, Debug)]
pub struct Operator {
    /// The Deployment, or the Pod where the Deployment was not seen.
    pub id: ObjectId,
    /// Version, from the image tag.
    pub version: Option<Version>,
    /// Image.
    pub image: String,
    /// Its arguments.
    pub flags: Flags,
    /// Its service account.
    pub service_account: String,
    /// Wanted and available pods; `None` where unknown.
    pub replicas: i64,
    /// Available pods; `None` where the status does not say.
    pub available: Option<i64>,
    /// Its arguments as they are written.
    pub args: Vec<String>,
    /// Where the arguments stand: `spec.template.spec.containers[0].args`.
    pub args_path: String,
}

/// What an operator was told on its command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--namespaces`; empty means all.
    pub namespaces: BTreeSet<String>,
    /// `--deny-namespaces`.
    pub deny_namespaces: BTreeSet<String>,
    /// `--prometheus-instance-namespaces`; empty means as `--namespaces`.
    pub instance_namespaces: BTreeSet<String>,
    /// `--prometheus-instance-selector`.
    pub instance_selector: Option<LabelSelector>,
    /// `--controller-id`.
    pub controller_id: String,
    /// `--disable-unmanaged-prometheus-configuration`.
    pub disable_unmanaged: bool,
    /// An argument that refers to something we cannot see, as it is written.
    pub unresolved: Option<String>,
}

impl Operator {
    /// Whether it sees monitors of a namespace (OP-NSF-3, OP-NSF-5: a deny list counts only beside "all").
    pub fn sees_monitors_in(&self, namespace: &str) -> bool {
        let flags = &self.flags;
        if flags.namespaces.is_empty() {
            !flags.deny_namespaces.contains(namespace)
        } else {
            flags.namespaces.contains(namespace)
        }
    }

    /// Whether it sees servers of a namespace (OP-NSF-2): the instance list, else the list of namespaces.
    pub fn sees_servers_in(&self, namespace: &str) -> bool {
        let flags = &self.flags;
        if flags.instance_namespaces.is_empty() {
            self.sees_monitors_in(namespace)
        } else {
            flags.instance_namespaces.contains(namespace)
        }
    }

    /// The JSON patch that gives a flag another value, or takes it away with an empty one; `None` where the flag is
    /// not written among the arguments exactly once.
    pub fn change_flag(&self, flag: &str, value: &str) -> Option<Vec<Value>> {
        let name = |arg: &str| arg.split('=').next().unwrap_or(arg).trim_start_matches('-').to_owned();
        let wanted = name(flag);
        let mut places = self.args.iter().enumerate().filter(|(_, arg)| arg.starts_with('-') && name(arg) == wanted);
        let (at, arg) = places.next()?;
        if places.next().is_some() || self.id.kind == Kind::Pod {
            return None;
        }
        let path = |at: usize| format!("{}/{at}", crate::path::pointer(&self.args_path));
        let apart = !arg.contains('=');
        if value.is_empty() {
            return Some(vec![json!({"op": "remove", "path": path(at)}); if apart { 2 } else { 1 }]);
        }
        let (at, text) = if apart { (at + 1, value.to_owned()) } else { (at, format!("--{wanted}={value}")) };
        Some(vec![json!({"op": "replace", "path": path(at), "value": text})])
    }

    /// The JSON patch that adds an argument; `None` where there is no list of arguments to add to.
    pub fn add_argument(&self, argument: &str) -> Option<Vec<Value>> {
        let fits = !self.args.is_empty() && self.id.kind != Kind::Pod;
        let path = format!("{}/-", crate::path::pointer(&self.args_path));
        fits.then(|| vec![json!({"op": "add", "path": path, "value": argument})])
    }

    /// Whether no pod of it runs.
    pub fn is_down(&self) -> bool {
        self.replicas == 0 || self.available == Some(0)
    }
}

/// The operator's version: what the user says, else what runs or is about to, else that of the definitions, else the
/// newest that is known.
pub fn version_of(world: &World) -> Version {
    world.operator_version.or_else(|| installed_version(world)).unwrap_or(Version { patch: 0, ..NEWEST })
}

/// The version of the operator that a world shows, by what runs it or by its definitions.
pub(crate) fn installed_version(world: &World) -> Option<Version> {
    operators(world).iter().find_map(|operator| operator.version).or_else(|| crd_version(world))
}

/// The version that the operator's definitions are of.
pub(crate) fn crd_version(world: &World) -> Option<Version> {
    world.crds.iter().find_map(|crd| Version::parse(crd.metadata.annotations.get("operator.prometheus.io/version")?))
}

/// Where an operator tells what it counts: at a port of a running pod of its own that is called so, behind which there may be
/// a proxy for rights in another container.
pub fn metrics_door(world: &World, operator: &Operator) -> Option<Door> {
    let own = |pod: &&Pod| {
        let name = &pod.metadata.name;
        let made = name.strip_prefix(operator.id.name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        made && !pod.is_finished()
    };
    world.pods.in_namespace(&operator.id.namespace).filter(own).find_map(|pod| {
        let template = PodTemplate { metadata: pod.metadata.clone(), spec: pod.spec.clone() };
        let (at, _) = operator_container(&template)?;
        named_door(pod, &pod.spec.containers[at].ports, &["http", "https"])
    })
}

/// All operators, in order of namespace and name.
pub fn operators(world: &World) -> Vec<Operator> {
    let mut found: Vec<Operator> = world
        .workloads_of(Kind::Deployment)
        .chain(world.workloads_of(Kind::StatefulSet))
        .filter_map(|workload| of_workload(world, workload))
        .collect();
    // A dump may hold pods without their Deployments.
    let seen = |pod: &&Pod| !world.assumed.contains_key(&pod.metadata.id(Kind::Pod));
    for pod in world.pods.iter().filter(|pod| !pod.is_finished()).filter(seen) {
        let template = PodTemplate { metadata: pod.metadata.clone(), spec: pod.spec.clone() };
        let Some((at, container)) = operator_container(&template) else {
            continue;
        };
        let known = found.iter().any(|operator| {
            operator.id.namespace == pod.metadata.namespace && pod.metadata.name.starts_with(&format!("{}-", operator.id.name))
        });
        if !known {
            let id = pod.metadata.id(Kind::Pod);
            let available = i64::from(pod.is_ready());
            found.push(build(id, &template, at, container, "spec", 1, Some(available)));
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

fn of_workload(world: &World, workload: &Workload) -> Option<Operator> {
    let template = workload.template();
    let (at, container) = operator_container(template)?;
    let is_deployment = world.workload(Kind::Deployment, &workload.metadata.namespace, &workload.metadata.name).is_some();
    let kind = if is_deployment { Kind::Deployment } else { Kind::StatefulSet };
    let replicas = workload.spec.replicas.unwrap_or(1);
    // A status that counts pods but none as available says that none is; an empty status says nothing.
    let status = &workload.status;
    let counted = status.replicas.is_some() || status.observed_generation.is_some();
    let available = status.available_replicas.or(counted.then_some(0));
    Some(build(workload.metadata.id(kind), template, at, container, "spec.template.spec", replicas, available))
}

fn build(
    id: ObjectId,
    template: &PodTemplate,
    at: usize,
    container: &Container,
    prefix: &str,
    replicas: i64,
    available: Option<i64>,
) -> Operator {
    let account = &template.spec.service_account_name;
    Operator {
        version: Version::of_image(&container.image),
        image: container.image.clone(),
        flags: flags(container, template, &id.namespace),
        service_account: if account.is_empty() { "default".to_owned() } else { account.clone() },
        replicas,
        available,
        args: container.args.clone(),
        args_path: format!("{prefix}.containers[{at}].args"),
        id,
    }
}

/// The container that runs the operator, if there is one: by the argument that only the operator has, else by
/// its image. The admission webhook and the config reloader have similar names.
fn operator_container(template: &PodTemplate) -> Option<(usize, &Container)> {
    // The fork of Red Hat's Cluster Observability Operator has the same arguments and reads another API group.
    let containers =
        || template.spec.containers.iter().enumerate().filter(|(_, container)| !container.image.contains("obo-prometheus"));
    let by_argument = containers().find(|(_, container)| {
        let args = || container.command.iter().chain(&container.args);
        args().any(|arg| {
            let arg = arg.trim_start_matches('-');
            arg.starts_with("prometheus-config-reloader=") || arg.starts_with("prometheus-config-reloader-")
        })
    });
    by_argument.or_else(|| containers().find(|(_, container)| is_operator_image(&container.image)))
}

fn is_operator_image(image: &str) -> bool {
    let repository = image.split('@').next().unwrap_or(image);
    let last = repository.rsplit('/').next().unwrap_or(repository);
    last.split(':').next() == Some("prometheus-operator")
}

fn flags(container: &Container, template: &PodTemplate, own_namespace: &str) -> Flags {
    let mut flags = Flags::default();
    let words = container.command.iter().chain(&container.args);
    let words: Vec<Result<String, String>> = words.map(|word| expand(word, container, template, own_namespace)).collect();
    let mut at = 0;
    while at < words.len() {
        let word = &words[at];
        at += 1;
        let text = match word {
            Ok(text) | Err(text) => text.as_str(),
        };
        let Some(flag) = text.strip_prefix("--").or_else(|| text.strip_prefix('-')) else {
            continue;
        };
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (flag.to_owned(), None),
        };
        const WITH_VALUE: &[&str] = &[
            "namespaces",
            "namespace",
            "deny-namespaces",
            "prometheus-instance-namespaces",
            "prometheus-instance-selector",
            "controller-id",
        ];
        let mut broken = word.is_err();
        let value = match value {
            None if WITH_VALUE.contains(&name.as_str()) => {
                let next = words.get(at).cloned();
                at += 1;
                broken |= next.as_ref().is_some_and(Result::is_err);
                next.map(|next| next.unwrap_or_else(|text| text))
            }
            value => value,
        };
        let value = value.unwrap_or_default();
        if WITH_VALUE.contains(&name.as_str()) && broken {
            flags.unresolved = Some(format!("--{name}={value}"));
            continue;
        }
        let names = || value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
        match name.as_str() {
            "namespaces" | "namespace" => flags.namespaces.extend(names()),
            "deny-namespaces" => flags.deny_namespaces.extend(names()),
            "prometheus-instance-namespaces" => flags.instance_namespaces.extend(names()),
            "prometheus-instance-selector" => flags.instance_selector = parse_selector(&value),
            "controller-id" => flags.controller_id = value,
            "disable-unmanaged-prometheus-configuration" => flags.disable_unmanaged = value != "false",
            _ => {}
        }
    }
    flags
}

/// Replaces `$(NAME)` by the environment of the container, as the kubelet does. `Err` holds the text where a
/// variable comes from somewhere that cannot be seen.
fn expand(word: &str, container: &Container, template: &PodTemplate, own_namespace: &str) -> Result<String, String> {
    let Some((before, rest)) = word.split_once("$(") else {
        return Ok(word.to_owned());
    };
    let Some((name, after)) = rest.split_once(')') else {
        return Ok(word.to_owned());
    };
    let Some(variable) = container.env.iter().find(|variable| variable.name == name) else {
        return Ok(word.to_owned());
    };
    let value = match (&variable.value, &variable.value_from) {
        (Some(value), _) => Some(value.clone()),
        (None, Some(source)) => source.field_ref.as_ref().and_then(|field| match field.field_path.as_str() {
            "metadata.namespace" => Some(own_namespace.to_owned()),
            path => {
                let key = path.strip_prefix("metadata.annotations['")?.strip_suffix("']")?;
                template.metadata.annotations.get(key).cloned()
            }
        }),
        (None, None) => Some(String::new()),
    };
    match value {
        Some(value) => expand(&format!("{before}{value}{after}"), container, template, own_namespace),
        None => Err(word.to_owned()),
    }
}

/// A label selector as command lines write it: `a=b,c!=d,e in (x,y),f,!g`. `None` for an empty one.
fn parse_selector(text: &str) -> Option<LabelSelector> {
    let mut selector = LabelSelector::default();
    let mut depth = 0;
    let terms = text.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    for term in terms.map(str::trim).filter(|term| !term.is_empty()) {
        let mut push = |key: &str, operator: &str, values: Vec<String>| {
            selector.match_expressions.push(Expression { key: key.trim().to_owned(), operator: operator.to_owned(), values });
        };
        let set = |values: &str| values.trim_matches(['(', ')', ' ']).split(',').map(|value| value.trim().to_owned()).collect();
        if let Some((key, values)) = term.split_once(" notin ") {
            push(key, "NotIn", set(values));
        } else if let Some((key, values)) = term.split_once(" in ") {
            push(key, "In", set(values));
        } else if let Some((key, value)) = term.split_once("!=") {
            push(key, "NotIn", vec![value.trim().to_owned()]);
        } else if let Some((key, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
            push(key, "In", vec![value.trim().to_owned()]);
        } else if let Some(key) = term.strip_prefix('!') {
            push(key, "DoesNotExist", Vec::new());
        } else {
            push(term, "Exists", Vec::new());
        }
    }
    (!selector.is_empty()).then_some(selector)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(yaml_args: &[&str]) -> (Container, PodTemplate) {
        let container = Container { args: yaml_args.iter().map(|arg| (*arg).to_owned()).collect(), ..Container::default() };
        (container, PodTemplate::default())
    }

    fn parsed(args: &[&str]) -> Flags {
        let (container, template) = template(args);
        flags(&container, &template, "monitoring")
    }

    #[test]
    fn flags_in_both_spellings() {
        let wanted: BTreeSet<String> = ["a".to_owned(), "b".to_owned()].into();
        assert_eq!(parsed(&["--namespaces=a,b"]).namespaces, wanted);
        assert_eq!(parsed(&["-namespaces", "a, b"]).namespaces, wanted);
        assert!(parsed(&["--disable-unmanaged-prometheus-configuration"]).disable_unmanaged);
        assert_eq!(parsed(&["--controller-id=x/y"]).controller_id, "x/y");
    }

    /// OLM hands the install mode to the operator through an annotation of its pod.
    #[test]
    fn flags_from_the_environment() {
        let (mut container, mut template) = template(&["--namespaces=$(NAMESPACES)"]);
        let field_ref = Some(crate::world::FieldRef { field_path: "metadata.annotations['olm.targetNamespaces']".to_owned() });
        let value_from = Some(crate::world::EnvSource { field_ref });
        container.env.push(crate::world::EnvVar { name: "NAMESPACES".to_owned(), value: None, value_from });
        let unknown = flags(&container, &template, "operators");
        assert_eq!(unknown.unresolved.as_deref(), Some("--namespaces=$(NAMESPACES)"));
        template.metadata.annotations.insert("olm.targetNamespaces".to_owned(), "team-a".to_owned());
        assert_eq!(flags(&container, &template, "operators").namespaces, ["team-a".to_owned()].into());
    }

    #[test]
    fn selectors_of_command_lines() {
        let labels = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let selector = parse_selector("a=b,c!=d,e in (x,y),f,!g").unwrap();
        assert!(selector.matches(&labels(&[("a", "b"), ("e", "y"), ("f", "")])));
        assert!(!selector.matches(&labels(&[("a", "b"), ("e", "z"), ("f", "")])));
        assert!(!selector.matches(&labels(&[("a", "b"), ("e", "x"), ("f", ""), ("g", "")])));
        assert_eq!(parse_selector(""), None);
    }

    #[test]
    fn a_flag_is_changed_where_it_stands() {
        let mut operator = Operator {
            id: ObjectId::new(Kind::Deployment, "m", "o"),
            version: None,
            image: String::new(),
            flags: Flags::default(),
            service_account: String::new(),
            replicas: 1,
            available: None,
            args: vec!["--a=b".to_owned(), "--namespaces=x".to_owned(), "-controller-id".to_owned(), "y".to_owned()],
            args_path: "spec.template.spec.containers[1].args".to_owned(),
        };
        let path = "/spec/template/spec/containers/1/args";
        let replace = |at: usize, text: &str| Some(vec![json!({"op": "replace", "path": format!("{path}/{at}"), "value": text})]);
        assert_eq!(operator.change_flag("--namespaces", "x,z"), replace(1, "--namespaces=x,z"));
        assert_eq!(operator.change_flag("--controller-id", "z"), replace(3, "z"));
        let remove = json!({"op": "remove", "path": format!("{path}/2")});
        assert_eq!(operator.change_flag("--controller-id", ""), Some(vec![remove.clone(), remove]));
        assert_eq!(operator.change_flag("--deny-namespaces", "x"), None);
        operator.args.push("--namespaces=other".to_owned());
        assert_eq!(operator.change_flag("--namespaces", "x,z"), None);
    }

    #[test]
    fn look_alike_images_are_not_the_operator() {
        assert!(is_operator_image("quay.io/prometheus-operator/prometheus-operator:v0.54.0"));
        assert!(is_operator_image("registry:5000/mirror/prometheus-operator@sha256:00"));
        assert!(!is_operator_image("quay.io/prometheus-operator/prometheus-config-reloader:v0.54.0"));
        assert!(!is_operator_image("quay.io/prometheus-operator/admission-webhook:v0.54.0"));
    }

    #[test]
    fn a_deny_list_counts_only_beside_all() {
        let mut operator = Operator {
            id: ObjectId::new(Kind::Deployment, "m", "o"),
            version: None,
            image: String::new(),
            flags: parsed(&["--deny-namespaces=x", "--prometheus-instance-namespaces=x"]),
            service_account: String::new(),
            replicas: 1,
            available: None,
            args: Vec::new(),
            args_path: String::new(),
        };
        assert!(!operator.sees_monitors_in("x") && operator.sees_servers_in("x") && operator.sees_monitors_in("y"));
        operator.flags.namespaces = ["x".to_owned()].into();
        assert!(operator.sees_monitors_in("x"), "an explicit list makes the deny list void");
    }
}
