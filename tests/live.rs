//! The program on a real API server: any cluster that `PROM_DOCTOR_TEST_KUBECONFIG` leads to.
//!
//! The example cluster is written into it, under namespaces of its own, with everything that controllers would write as
//! well, because a bare API server has none. It needs the CRDs of prometheus-operator and the rights of an administrator,
//! and takes away what it made, also when it fails.

mod cluster;
mod world;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use self::cluster::{Cluster, Made};
use self::world::Names;
use crate::kit::run::{Ran, prom_doctor};
use crate::kit::skipped;
use crate::program::same::difference;
use crate::program::shop::{codes_of, lasting, no_panic, report, verdict, verdicts};

const KUBECONFIG: &str = "PROM_DOCTOR_TEST_KUBECONFIG";

#[test]
fn on_a_real_api_server() {
    let Some(kubeconfig) = std::env::var_os(KUBECONFIG).filter(|path| !path.is_empty()) else {
        skipped("on_a_real_api_server", &format!("{KUBECONFIG} is not set to the kubeconfig of a cluster for tests"));
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::connect(Path::new(&kubeconfig), folder.path());
    cluster.demand_crds();
    let names = Names::new();
    let live = Live { made: Made::new(&cluster, &names), cluster: &cluster, folder: folder.path(), names };
    let mut objects = world::objects(&live.names);
    live.made.create(&mut objects);

    live.every_verdict_is_that_of_the_example(&objects);
    live.a_dump_of_it_gets_the_same_report();
    live.applications_and_configuration();
    live.rights_in_one_namespace();
    live.names_that_are_not_there();
}

struct Live<'c> {
    // First, so that it is taken away while the rest is still there.
    made: Made<'c>,
    cluster: &'c Cluster,
    folder: &'c Path,
    names: Names,
}

impl Live<'_> {
    fn run(&self, arguments: &[&str]) -> Ran {
        // What was just made is not excused for being young.
        let ran = prom_doctor(self.folder, &[arguments, &["--grace", "0s"]].concat());
        no_panic(&ran);
        assert!(!ran.stdout.contains(world::PASSWORD) && !ran.stderr.contains(world::PASSWORD), "{ran:?}");
        ran
    }

    /// Asks the cluster as the administrator.
    fn ask(&self, arguments: &[&str]) -> Ran {
        self.run(&[arguments, &["--kubeconfig", "admin"]].concat())
    }

    fn report(&self, arguments: &[&str]) -> Value {
        report(&self.ask(&[arguments, &["-o", "json"]].concat()))
    }

    /// What was written is judged as the same objects in a file are.
    fn every_verdict_is_that_of_the_example(&self, objects: &[Value]) {
        if !self.made.quiet {
            // Controllers change what was written, for instance the operator's status: no pod of it runs.
            let report = self.report(&["-n", self.names.of("shop")]);
            assert!(codes_of(&report, "cart").contains(&"PD0301".to_owned()), "{:#}", report["findings"]);
            assert!(codes_of(&report, "catalog").contains(&"PD1001".to_owned()), "{:#}", report["findings"]);
            return;
        }
        std::fs::write(self.folder.join("written.yaml"), crate::program::shop::list(objects)).unwrap();
        for place in ["shop", "stock", "batch", "legacy"] {
            let namespace = self.names.of(place);
            let live = self.report(&["-n", namespace]);
            let written = report(&self.run(&["-n", namespace, "-o", "json", "--snapshot", "written.yaml"]));
            assert_eq!(verdicts(&live), verdicts(&written), "{place}");
            assert!(!verdicts(&live).is_empty(), "{place}");
        }
        let cart = self.ask(&["why", "smon/cart", "-n", self.names.of("shop")]);
        assert_eq!(cart.code, Some(1), "{cart:?}");
        assert!(cart.stdout.contains("cause: PD0301 selector-label-mismatch"), "{}", cart.stdout);
        let frontend = self.ask(&["why", "smon/frontend", "-n", self.names.of("shop")]);
        assert_eq!(frontend.code, Some(0), "{frontend:?}");
    }

    /// The dump is made by the commands that the README gives.
    fn a_dump_of_it_gets_the_same_report(&self) {
        self.dump();
        let shop = self.names.of("shop");
        let questions: &[&[&str]] = &[
            &["audit", "-A"],
            &["audit", "-n", shop],
            &["why", "smon/cart", "-n", shop],
            &["why", "smon/emails", "-n", shop],
            &["why", "pmon/cache", "-n", shop],
            &["why", "svc/catalog", "-n", shop],
            &["why", "deploy/orders", "-n", shop],
        ];
        for question in questions {
            let json = [question, &["-o", "json"][..]].concat();
            let live = self.ask(&json);
            let dump = self.run(&[json.as_slice(), &["--snapshot", "dump.yaml"]].concat());
            assert_eq!(live.code, dump.code, "{question:?}");
            let (live, dump) = (lasting(report(&live)), lasting(report(&dump)));
            // Every monitor here that is asked about is broken: two empty reports would be equal as well.
            assert!(question[0] == "why" && live["app"].is_object() || live["findings"][0].is_object(), "{question:?}: {live:#}");
            assert!(live == dump, "{question:?}, live and from the dump: {}", difference(&live, &dump));
        }
    }

    /// Writes `dump.yaml` as the README says, or, where there is no kubectl, what it would print.
    fn dump(&self) {
        let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
        let commands = |line: &&str| line.contains("dump.yaml") && !line.contains("prom-doctor");
        let script: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("$ ")).filter(commands).collect();
        assert!(script.iter().filter(|line| line.starts_with("kubectl get ")).count() >= 2, "{script:?}");
        let kubectl = Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|output| output.status.success());
        if kubectl {
            let mut shell = Command::new("sh");
            shell.args(["-ec", &script.join("\n")]).current_dir(self.folder).env("KUBECONFIG", self.folder.join("admin"));
            let output = shell.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            return;
        }
        let lists = script.iter().filter_map(|line| line.strip_prefix("kubectl get ")?.split(' ').next());
        let lists = lists.map(|kinds| crate::program::shop::list(&self.cluster.list_all(kinds)));
        std::fs::write(self.folder.join("dump.yaml"), lists.collect::<Vec<_>>().join("---\n")).unwrap();
    }

    fn applications_and_configuration(&self) {
        let shop = self.names.of("shop");
        let app = self.report(&["why", "svc/catalog", "-n", shop]);
        let reached = app["app"]["reached"].as_array().unwrap();
        assert!(reached.iter().any(|reach| reach["monitor"]["name"] == "catalog"), "{:#}", app["app"]);
        let config = self.ask(&["config", "smon/frontend", "-n", shop]);
        assert_eq!(config.code, Some(0), "{config:?}");
        assert!(config.stdout.contains(&format!("job_name: serviceMonitor/{shop}/frontend/0")), "{}", config.stdout);
    }

    /// A tenant: everything in one namespace, nothing elsewhere. Once by impersonation, once with a token of its own.
    fn rights_in_one_namespace(&self) {
        let shop = self.names.of("shop");
        let account = format!("system:serviceaccount:{shop}:tenant");
        self.made.create(&mut [
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": shop, "name": "tenant"}}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"namespace": shop, "name": "tenant"},
                   "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}]}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"namespace": shop, "name": "tenant"},
                   "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tenant"},
                   "subjects": [{"kind": "ServiceAccount", "namespace": shop, "name": "tenant"}]}),
        ]);
        self.cluster.kubeconfig_of_account(shop, "tenant", &self.folder.join("tenant"));
        let impersonated: &[&str] = &["--kubeconfig", "admin", "--as", &account, "-n", shop];
        // Its kubeconfig names the namespace: this is the bare command.
        let itself: &[&str] = &["--kubeconfig", "tenant"];
        let mut reports = Vec::new();
        for who in [impersonated, itself] {
            let ran = self.run(&[who, &["-o", "json"]].concat());
            assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""), "{ran:?}");
            let seen = report(&ran);
            assert_eq!(codes_of(&seen, "catalog"), ["PD1001"], "what is wrong in one's own namespace is found");
            assert_eq!(verdict(&seen, "frontend"), "unknown");
            assert_eq!(verdict(&seen, "cart"), "unknown", "nobody can know that no server selects it");
            assert!(!verdicts(&seen).iter().any(|line| line.ends_with(" ok")), "{:?}", verdicts(&seen));
            let needs = seen["notChecked"].to_string();
            assert!(needs.contains("list prometheuses.monitoring.coreos.com"), "{needs}");
            assert_eq!(self.run(&[who, &["why", "smon/frontend"]].concat()).code, Some(3));
            assert_eq!(self.run(&[who, &["--strict", "--fail-on", "never"]].concat()).code, Some(3));
            assert_eq!(self.run(&[who, &["--fail-on", "never"]].concat()).code, Some(0));
            reports.push(lasting(seen));
        }
        assert!(reports[0] == reports[1], "{}", difference(&reports[0], &reports[1]));
    }

    fn names_that_are_not_there(&self) {
        let shop = self.names.of("shop");
        for (arguments, code, said) in [
            (&["why", "smon/carts", "-n", shop][..], 3, "did you mean cart?"),
            (&["-n", &format!("{shop}p")], 3, &format!("did you mean {shop}")),
            (&["--context", "nowhere"], 3, "there is no context \"nowhere\""),
            (&["why", "nonsense/cart"], 2, "unknown type \"nonsense\""),
        ] {
            let ran = self.ask(arguments);
            assert_eq!(ran.code, Some(code), "{ran:?}");
            assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
        }
    }
}
