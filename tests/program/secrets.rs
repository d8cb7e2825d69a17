//! Credentials: whatever is asked, and however, none of them is told.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;

use serde_json::{Value, json};

use super::shop::{Shop, encode, list, no_panic, objects};
use crate::kit::apiserver::TOKEN;
use crate::kit::run::{Ran, prom_doctor};

/// What must never be seen, in clear or as Secrets hold it.
const PASSWORD: &str = "hunter2-is-not-for-eyes";

/// A configuration with the password wherever Prometheus takes one.
fn config() -> String {
    // The second half repeats what the example's own configuration would hold for shop/auth.
    format!(
        "global:\n  external_labels: {{prometheus: monitoring/k8s}}\nscrape_configs:\n\
         - job_name: serviceMonitor/shop/auth/0\n  kubernetes_sd_configs: [{{role: endpoints, namespaces: {{names: [shop]}}}}]\n\
         \x20 basic_auth: {{username: metrics, password: {PASSWORD}}}\n  proxy_url: http://me:{PASSWORD}@proxy:3128\n\
         - job_name: serviceMonitor/shop/web/0\n  authorization: {{type: Bearer, credentials: {PASSWORD}}}\n\
         \x20 oauth2: {{client_id: me, client_secret: {PASSWORD}, token_url: 'https://me:{PASSWORD}@idp/token', endpoint_params: {{client_secret: {PASSWORD}}}}}\n\
         \x20 params: {{token: [{PASSWORD}]}}\n  tls_config: {{key: {PASSWORD}, ca_file: /etc/ca.crt}}\n\
         \x20 http_headers: {{X-Scope: {{secrets: [{PASSWORD}], values: [{PASSWORD}]}}}}\n  bearer_token: {PASSWORD}\n\
         \x20 consul_sd_configs: [{{server: consul, token: {PASSWORD}, username: me, password: {PASSWORD}}}]\n\
         remote_write:\n- url: https://me:{PASSWORD}@far/push\n  sigv4: {{access_key: {PASSWORD}, secret_key: {PASSWORD}}}\n\
         - url: https://far/push?tenant=1&api_key={PASSWORD}\n  headers: {{Authorization: Bearer {PASSWORD}}}\n\
         alerting: {{alertmanagers: [{{basic_auth: {{password: {PASSWORD}}}}}]}}\n"
    )
}

fn packed(text: &str) -> String {
    use base64::Engine as _;
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(text.as_bytes()).unwrap();
    base64::engine::general_purpose::STANDARD.encode(writer.finish().unwrap())
}

/// The example, its monitors pointing at Secrets in every way, the password in every Secret and key.
fn cluster(config: &str) -> Vec<Value> {
    let mut all = objects();
    for object in &mut all {
        if object["kind"] == "Secret" && object["metadata"]["name"] != "prometheus-k8s" {
            let keys: Vec<String> = object["data"].as_object().unwrap().keys().cloned().collect();
            keys.iter().for_each(|key| object["data"][key] = encode(PASSWORD).into());
        } else if object["kind"] == "Secret" {
            object["data"] = json!({"prometheus.yaml.gz": packed(config)});
        } else if object["kind"] == "ServiceMonitor" && object["metadata"]["name"] == "web" {
            object["spec"]["endpoints"][0]["tlsConfig"] = json!({
                "ca": {"secret": {"name": "tls", "key": "ca.crt"}}, "cert": {"secret": {"name": "tls", "key": "tls.crt"}},
                "keySecret": {"name": "tls", "key": "tls.key"},
            });
            object["spec"]["endpoints"][0]["authorization"] = json!({"credentials": {"name": "bearer", "key": "token"}});
        } else if object["kind"] == "Prometheus" {
            object["spec"]["additionalScrapeConfigs"] = json!({"name": "additional", "key": "jobs.yaml"});
        }
    }
    let secret = |namespace: &str, name: &str, data: Value| {
        let annotations = json!({"kubectl.kubernetes.io/last-applied-configuration": data.to_string()});
        json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": data,
               "metadata": {"namespace": namespace, "name": name, "annotations": annotations}})
    };
    let pem = |label: &str| encode(&format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", encode(PASSWORD)));
    all.push(secret(
        "shop",
        "tls",
        json!({"ca.crt": pem("CERTIFICATE"), "tls.crt": encode(PASSWORD), "tls.key": pem("PRIVATE KEY")}),
    ));
    all.push(secret("shop", "bearer", json!({"token": encode(PASSWORD)})));
    // Neither a list of jobs nor YAML: whoever complains about it must not quote it.
    all.push(secret("monitoring", "additional", json!({"jobs.yaml": encode(&format!("{PASSWORD}: [{PASSWORD}"))})));
    all
}

/// The forms in which the password, or the kubeconfig's token, could slip out.
fn forms() -> BTreeSet<String> {
    let escaped = |text: &str| text.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect::<String>();
    let mut forms = BTreeSet::from([PASSWORD.to_owned(), TOKEN.to_owned(), encode(TOKEN), escaped(PASSWORD)]);
    // Base64 of it as it looks at each of the three positions within other text, without the ends that depend on that.
    for lead in 0..3 {
        let text = encode(&format!("{}{PASSWORD}", "x".repeat(lead)));
        forms.insert(text[4..text.len() - 4].to_owned());
    }
    forms
}

fn tells_nothing(what: &dyn std::fmt::Debug, ran: &Ran) {
    no_panic(ran);
    for form in forms() {
        assert!(!ran.stdout.contains(&form), "{what:?} tells on standard output: {}", ran.stdout);
        assert!(!ran.stderr.contains(&form), "{what:?} tells on standard error: {}", ran.stderr);
    }
}

const QUESTIONS: &[&[&str]] = &[
    &["audit", "-A"],
    &["why", "smon/auth", "-n", "shop"],
    &["why", "smon/web", "-n", "shop"],
    &["why", "svc/web", "-n", "shop"],
    &["config", "-n", "monitoring"],
    &["config", "smon/auth", "-n", "shop"],
];

#[test]
fn no_command_tells_a_credential_in_any_format() {
    let shop = Shop::of(cluster(&config()));
    for question in QUESTIONS {
        for format in ["wide", "json", "yaml"] {
            let arguments = [question, &["-o", format, "-v=9"][..]].concat();
            for ran in [shop.live(&arguments), shop.dump(&arguments)] {
                tells_nothing(&arguments, &ran);
                assert_ne!(ran.stdout, "", "{arguments:?}: {}", ran.stderr);
            }
        }
    }
    let shown = shop.live(&["config", "-n", "monitoring"]).stdout;
    // What is no credential stays, or the configuration would be of no use.
    for kept in ["username: metrics", "client_id: me", "/etc/ca.crt", "consul", "<redacted>", "tenant=1"] {
        assert!(shown.contains(kept), "{kept}: {shown}");
    }
    assert!(shop.server.requests().iter().any(|request| request.path.ends_with("/secrets/bearer")), "no Secret was read");
    let logged = shop.live(&["-A", "-v"]).stderr;
    assert!(logged.contains("GET /api/v1/namespaces/shop/secrets/bearer: "), "requests are not logged: {logged}");
}

#[test]
fn what_cannot_be_read_is_not_quoted() {
    let broken = [
        format!("scrape_configs: [{{password: {PASSWORD}"),
        PASSWORD.to_owned(),
        format!("a: &x {PASSWORD}\n{PASSWORD}: - *y\n"),
        format!("scrape_configs:\n- basic_auth: {{password: \"{PASSWORD}\n"),
        format!("- {PASSWORD}\n- {PASSWORD}\n"),
        format!("a: !!int {PASSWORD}\n"),
    ];
    for text in broken {
        let shop = Shop::of(cluster(&text));
        for question in [&["audit", "-A", "-o", "json", "-v=9"][..], &["config", "-A", "-v=9"]] {
            tells_nothing(&text, &shop.live(question));
            tells_nothing(&text, &shop.dump(question));
        }
    }
    // Secrets that are none, in a dump of which a part is broken.
    let folder = tempfile::tempdir().unwrap();
    let dumps = [
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a, namespace: shop}}\nstringData: {PASSWORD}\n"),
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a, namespace: shop}}\ndata: {{a: [{PASSWORD}]}}\n"),
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a, namespace: shop}}\nstringData:\n  password: \"{PASSWORD}\n"),
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a, namespace: shop}}\nstringData:\n  p: {PASSWORD}: x: y\n"),
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a, namespace: shop}}\nstringData:\n  p: !!int {PASSWORD}\n"),
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: a, namespace: shop}}\nstringData:\n  {PASSWORD}: 1\n  {PASSWORD}: 2\n"
        ),
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{{\"name\":\"a\",\"namespace\":\"shop\"}},\"data\":\"{PASSWORD}\"}}"
        ),
        format!("{{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"data\":{{\"a\":\"{PASSWORD}"),
    ];
    for (at, dump) in dumps.iter().enumerate() {
        fs::write(folder.path().join("a.yaml"), dump).unwrap();
        fs::write(folder.path().join("b.yaml"), list(&objects())).unwrap();
        for path in ["a.yaml", "."] {
            for format in ["wide", "json"] {
                let ran = prom_doctor(folder.path(), &["audit", "-o", format, "-v=9", "--snapshot", path]);
                tells_nothing(&format!("dump {at} {path} {format}"), &ran);
            }
        }
    }
    // And the API server's own answers.
    let odd = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": "shop", "name": "auth-metrics"}, "data": PASSWORD});
    let mut all = objects();
    all.retain(|object| object["metadata"]["name"] != "auth-metrics");
    all.push(odd);
    let shop = Shop::of(all);
    tells_nothing(&"a malformed Secret", &shop.live(&["audit", "-A", "-o", "wide", "-v=9"]));
}

#[test]
fn what_is_given_on_the_command_line_is_not_repeated() {
    let shop = Shop::new();
    let kubeconfig = fs::read_to_string(shop.server.kubeconfig()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let with_password = kubeconfig.replace("https://127.0.0.1", &format!("https://me:{PASSWORD}@127.0.0.1"));
    fs::write(folder.path().join("config"), with_password).unwrap();
    let address = format!("https://me:{PASSWORD}@127.0.0.1:1");
    let proxy = format!("http://me:{PASSWORD}@127.0.0.1:1");
    for arguments in [
        &["--token", PASSWORD, "-v=9"][..],
        &["--token", PASSWORD, "--grace", "x"],
        &["--server", &address, "-v=9"],
        &["--kubeconfig", folder.path().join("config").to_str().unwrap(), "-v=9"],
    ] {
        tells_nothing(&arguments, &shop.live(arguments));
    }
    let kubeconfig = shop.server.kubeconfig();
    let environment = [("KUBECONFIG", kubeconfig.to_str().unwrap()), ("HTTPS_PROXY", proxy.as_str())];
    let far = ["--server", "https://nowhere.invalid", "-v=9"];
    tells_nothing(&"a proxy", &crate::kit::run::prom_doctor_with(folder.path(), &far, &environment, ""));
}

/// Manifests with the password wherever somebody may have written one, each with something to find beside it.
fn manifests() -> Vec<String> {
    let secret = |rest: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a, namespace: shop}}\n{rest}\n");
    let monitor = |endpoint: &str| {
        format!(
            "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata:\n  name: a\n  namespace: shop\nspec:\n\
             \x20 selector: {{}}\n  endpoints:\n  - port: web\n    intervall: 5s\n{endpoint}"
        )
    };
    // What a fix changes, right below and above what is not to be seen.
    let with_fix = |text: &str| format!("{text}---\n{}---\n{text}", monitor(""));
    let hidden = PASSWORD;
    let mut all = vec![
        with_fix(&secret(&format!("stringData:\n  password: {hidden}"))),
        with_fix(&secret(&format!("data: {hidden}"))),
        with_fix(&secret(&format!("stringData: {{a: [{hidden}]}}"))),
        with_fix(&secret(&format!("strngData:\n  a: |\n    {hidden}"))),
        with_fix(&format!(
            "kind: List\napiVersion: v1\nitems:\n- kind: Secret\n  apiVersion: v1\n  metadata: {{name: a, namespace: shop}}\n  data: {{a: {hidden}}}\n"
        )),
        with_fix(&format!(
            "kind: Grafana\napiVersion: a/v1\nmetadata: {{name: a, namespace: shop}}\nspec:\n  adminPassword: {hidden}\n"
        )),
        with_fix(&format!(
            "# of https://me:{hidden}@idp/\nkind: ConfigMap\napiVersion: v1\nmetadata: {{name: a, namespace: shop}}\ndata:\n  u: http://a:{hidden}@h/\n"
        )),
        with_fix(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a, namespace: shop}}\nspec:\n  containers:\n  - name: a\n    \
             ports: web\n    env:\n    - name: A\n      value: {hidden}\n"
        )),
        // Not even YAML.
        secret(&format!("stringData:\n  password: \"{hidden}")),
        secret(&format!("stringData:\n  a: |\n    x\n   {hidden}")),
        secret(&format!("stringData:\n  a: b: {hidden}")),
        secret(&format!("stringData:\n  a: !!int {hidden}")),
        format!("{{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"data\":{{\"a\":\"{hidden}"),
        format!("kind: ServiceMonitor\nspec:\n  basicAuth: {{password: {hidden}, x: [}}\n"),
        format!("kind: ServiceMonitor\nspec:\n  bearerToken: {hidden}\n  x: [\n"),
    ];
    for field in [
        "basicAuth: {password: PW, username: PW}",
        "basicAuth:\n      password: PW",
        "basicAuth: PW",
        "bearerTokenSecret: PW",
        "bearerTokenSecret: [PW]",
        "bearerTokenSecret: {name: a, key: b, value: PW}",
        "authorization: {credentials: PW, type: Bearer}",
        "authorization: PW",
        "oauth2: {clientSecret: PW, clientId: {secret: PW}, tokenUrl: 'https://me:PW@idp/token'}",
        "tlsConfig: {keySecret: PW}",
        "proxyUrl: socks9://me:PW@proxy",
        "proxyUrl: HTTP://me:PW@proxy",
        "proxyUrl: 'http://me:PW@pro xy'",
        "password: PW",
        "params: {api_key: PW}",
    ] {
        all.push(monitor(&format!("    {}\n", field.replace("PW", hidden))));
    }
    all
}

#[test]
fn no_manifest_tells_a_credential_in_any_format() {
    let folder = tempfile::tempdir().unwrap();
    let formats = ["human", "wide", "short", "json", "yaml", "jsonl", "sarif", "github", "gitlab", "junit", "markdown"];
    fs::write(folder.path().join("shop.yaml"), list(&objects())).unwrap();
    for (at, text) in manifests().iter().enumerate() {
        fs::write(folder.path().join("a.yaml"), text).unwrap();
        for format in formats {
            let ran = prom_doctor(folder.path(), &["lint", "-f", "a.yaml", "-o", format]);
            tells_nothing(&format!("{at} {format}: {text}"), &ran);
            assert_eq!(ran.code, Some(1), "nothing is found in {text}: {ran:?}");
        }
        let ran = prom_doctor(folder.path(), &["lint", "-f", "a.yaml", "--diff", "--unsafe-fixes"]);
        tells_nothing(&format!("{at} --diff: {text}"), &ran);
        assert!(!ran.stdout.is_empty() || !text.contains("---"), "nothing is fixed in {text}: {ran:?}");
        let ran = prom_doctor(folder.path(), &["lint", "-f", "a.yaml", "--against", "shop.yaml", "-o", "json"]);
        tells_nothing(&format!("{at} --against: {text}"), &ran);
    }
}
