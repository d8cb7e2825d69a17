//! Services of every type, headless ones, of both families.

use serde_json::{Value, json};

use super::meta::metadata;
use super::{NAMES, NAMESPACES, PORT_NAMES, PORTS, PROTOCOLS, Random, maybe};

pub(super) fn services(random: &mut Random) -> Vec<Value> {
    let mut services = Vec::new();
    for namespace in &NAMESPACES[..3] {
        for name in random.some(NAMES, 45) {
            let spec = spec(random);
            let metadata = metadata(random, namespace, name);
            services.push(json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}));
        }
    }
    services
}

fn spec(random: &mut Random) -> Value {
    let kind = random.pick(&["ClusterIP", "ClusterIP", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]);
    let mut spec = json!({"type": kind, "sessionAffinity": "None"});
    if kind == "ExternalName" {
        spec["externalName"] = random.pick(&["db.example.org", ""]).into();
    } else {
        spec["clusterIP"] = random.pick(&["None", "10.96.0.1", "10.96.0.2", "fd00:1::1"]).into();
        spec["clusterIPs"] = json!([spec["clusterIP"]]);
        maybe(
            &mut spec,
            "ipFamilyPolicy",
            random.percent(80).then(|| random.pick(&["SingleStack", "PreferDualStack", "RequireDualStack"])),
        );
        let families: &[&[&str]] = &[&["IPv4"], &["IPv6"], &["IPv4", "IPv6"], &["IPv6", "IPv4"]];
        maybe(&mut spec, "ipFamilies", random.percent(80).then(|| json!(random.pick(families))));
    }
    if random.percent(40) {
        spec["loadBalancerIP"] = "192.0.2.9".into();
    }
    let mut ports = Vec::new();
    for _ in 0..random.pick(&[0, 1, 1, 2, 3]) {
        let mut port = json!({"port": random.pick(PORTS), "protocol": random.pick(PROTOCOLS), "targetPort": random.pick(PORTS)});
        maybe(&mut port, "name", random.percent(75).then(|| random.pick(PORT_NAMES)));
        ports.push(port);
    }
    maybe(&mut spec, "ports", (!ports.is_empty()).then_some(ports));
    spec
}
