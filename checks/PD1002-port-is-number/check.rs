//! A number stands where a port's name is compared (OP-PORT-2 to OP-PORT-5).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1002",
    name: "port-is-number",
    summary: "an endpoint gives a port number where the name of a port is compared",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Ports) {
        for endpoint in &chain.endpoints {
            let Some(PortTrouble::IsNumber { number, service_ports, declared }) = &endpoint.trouble else { continue };
            let ports: Vec<ServicePortAt<'_>> = service_ports.clone();
            let names = declared.iter().map(|(_, container, at)| container.ports[*at].name()).find(|name| !name.is_empty());
            is_number(view, chain, endpoint, (*number, &ports, !declared.is_empty(), names), out);
        }
    }
}

type ServicePortAt<'w> = (&'w crate::world::Service, usize);

/// The number, Service ports of that number, and whether a container declares it, by which name.
type Known<'a, 'w> = (i64, &'a [ServicePortAt<'w>], bool, Option<&'a str>);

fn is_number(
    view: &View<'_>,
    chain: &Chain<'_>,
    endpoint: &EndpointFacts<'_>,
    (number, service_ports, declared, declared_name): Known<'_, '_>,
    out: &mut Out,
) {
    let monitor = chain.monitor.id();
    let field = endpoint.field(chain.monitor);
    let name = endpoint.name(chain.monitor);
    let named = service_ports.iter().find(|(service, at)| !service.spec.ports[*at].name().is_empty());
    let compared = match field {
        "port" if !chain.monitor.is_pod_monitor() => "the name of a Service port",
        _ => "the name of a container port",
    };
    let there = match (named, service_ports.first()) {
        (Some((service, at)), _) if field == "port" => {
            format!(", here {:?} of Service {}", service.spec.ports[*at].name(), service.metadata.name)
        }
        (None, Some((service, _))) if field == "port" => format!(", and Service {} gives its port none", service.metadata.name),
        _ if field == "targetPort" => "; as a number it must stand without quotes".to_owned(),
        _ => String::new(),
    };
    let finding = out.finding(&CHECK, &monitor, format!("{name}.{field} is \"{number}\", but it takes {compared}{there}"));
    finding.on(chain).endpoint(endpoint.index);
    let path = format!("{}.{field}", endpoint.path(chain.monitor));
    for (service, at) in service_ports.iter().take(3) {
        let port = &service.spec.ports[*at];
        let other = Some((&service.metadata.id(Kind::Service), format!("spec.ports[{at}].name")));
        finding.compared(&monitor, path.as_str(), number.to_string(), port.name(), other);
    }
    if service_ports.is_empty() {
        finding.says(&monitor, path, number.to_string());
    }
    if chain.monitor.is_pod_monitor() {
        // Older operators do not know portNumber (OP-PM-3).
        let knows = view.server(chain).is_none_or(|server| server.since(79));
        let by_number_field = if knows { "portNumber" } else { "targetPort" };
        if let Some(name) = declared_name {
            finding.fix(mend::ask_for(chain, endpoint, "port", name));
        }
        finding.fix(by_number(view, chain, endpoint, by_number_field, (number, declared)));
        return;
    }
    if let Some((service, at)) = named {
        finding.fix(mend::ask_for(chain, endpoint, "port", service.spec.ports[*at].name()));
    }
    let behind = service_ports.iter().find_map(|(service, at)| mend::declared_behind(chain, &service.spec.ports[*at]));
    if let Some(target) = Some(number).filter(|_| declared).or(behind) {
        finding.fix(mend::ask_for(chain, endpoint, "targetPort", target));
    }
    if let Some((service, at)) = service_ports.first().filter(|_| named.is_none()) {
        let operation = json!({"op": "add", "path": format!("/spec/ports/{at}/name"), "value": "metrics"});
        let title = format!("name the port of Service {} and ask for that name", service.metadata.name);
        let fix = Fix::json(title, &service.metadata.id(Kind::Service), vec![operation]);
        finding.fix(fix.and(mend::ask_for(chain, endpoint, "port", "metrics")));
    }
    if finding.fixes.is_empty() && field == "targetPort" {
        finding.fix(by_number(view, chain, endpoint, "targetPort", (number, declared)));
    }
}

/// Asks for the number as a number; where no container declares it, it is declared too.
fn by_number(
    view: &View<'_>,
    chain: &Chain<'_>,
    endpoint: &EndpointFacts<'_>,
    field: &str,
    (number, declared): (i64, bool),
) -> Fix {
    let ask = mend::ask_for(chain, endpoint, field, number);
    let Some(pod) = chain.backed.spots.iter().find_map(|spot| spot.pod).filter(|_| !declared) else { return ask };
    let declare = mend::declare(view, pod, &json!({"containerPort": number, "protocol": "TCP"}));
    declare.map(|fix| fix.and(ask)).unwrap_or_else(|| {
        let command = kubectl("get", &pod.metadata.id(Kind::Pod)) + " -o yaml";
        Fix::advice(format!("declare containerPort {number} where the pods' template is, and ask for {field} {number}"), command)
    })
}
