//! The commands that people use every day, on a cluster.

use serde_json::Value;

use super::shop::{Shop, codes_of, find, no_panic, objects, report, verdicts};

/// Every verdict of the example's namespace `shop`.
const IN_SHOP: &[&str] = &[
    "shop/cache failed",
    "shop/worker ok",
    "shop/auth failed",
    "shop/cart failed",
    "shop/catalog failed",
    "shop/checkout ok",
    "shop/emails failed",
    "shop/frontend ok",
    "shop/geo failed",
    "shop/images failed",
    "shop/nightly ok",
    "shop/orders failed",
    "shop/payment failed",
    "shop/reviews failed",
    "shop/search failed",
    "shop/web ok",
];

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

fn shop_verdicts() -> Vec<String> {
    sorted(IN_SHOP.iter().map(|line| (*line).to_owned()).collect())
}

#[test]
fn without_a_command_it_judges_the_namespace_of_the_context() {
    let shop = Shop::new();
    let bare = shop.live(&[]);
    assert_eq!(bare.code, Some(1), "{bare:?}");
    assert_eq!(bare.stderr, "");
    assert!(bare.stdout.starts_with("16 monitors: 11 failed, 5 ok\n"), "{}", bare.stdout);
    assert!(bare.stdout.contains("PD0301") && !bare.stdout.contains("smon/stock"), "{}", bare.stdout);
    assert_eq!(bare.stdout, shop.live(&["audit"]).stdout);
    let report = shop.report(&[]);
    assert_eq!(sorted(verdicts(&report)), shop_verdicts());
    assert_eq!((&report["run"]["mode"], &report["run"]["context"]), (&"live".into(), &"test".into()));
}

#[test]
fn a_namespace_or_all_of_them() {
    let shop = Shop::new();
    assert_eq!(verdicts(&shop.report(&["-n", "stock"])), ["stock/stock failed"]);
    assert_eq!(verdicts(&shop.report(&["audit", "--namespace=batch"])), ["batch/report failed"]);
    let all = shop.report(&["audit", "-A"]);
    let outside = ["batch/report failed", "legacy/ledger failed", "stock/stock failed"].map(str::to_owned);
    assert_eq!(sorted(verdicts(&all)), sorted([shop_verdicts(), outside.to_vec()].concat()));
    assert_eq!(codes_of(&all, "cart"), ["PD0301"]);
    assert_eq!(codes_of(&all, "catalog"), ["PD1001"]);
    // To kubectl an empty name is none at all.
    assert_eq!(sorted(verdicts(&shop.report(&["-n", ""]))), shop_verdicts());
    // A namespace without a monitor is no failure, and says so.
    let none = shop.live(&["-n", "geo"]);
    assert_eq!(none.code, Some(0), "{none:?}");
    assert!(none.stdout.contains("no ServiceMonitor and no PodMonitor is there"), "{}", none.stdout);
}

#[test]
fn one_monitor_is_explained_link_by_link() {
    let shop = Shop::new();
    let cart = shop.live(&["why", "smon/cart"]);
    assert_eq!(cart.code, Some(1), "{cart:?}");
    let head = cart.stdout.lines().next().unwrap();
    for part in ["ServiceMonitor shop/cart", "0 of 3 targets", "PD0301 selector-label-mismatch"] {
        assert!(head.contains(part), "{head}");
    }
    for part in ["✗ selected", "release = kps", "release = shop", "if that were mended:", "kubectl -n shop label"] {
        assert!(cart.stdout.contains(part), "{part}: {}", cart.stdout);
    }
    // However kubectl would take the type and name.
    let ways: &[&[&str]] = &[
        &["why", "servicemonitor", "cart"],
        &["why", "servicemonitors.monitoring.coreos.com/cart"],
        &["why", "ServiceMonitor/cart", "-n", "shop"],
    ];
    for way in ways {
        assert_eq!(shop.live(way).stdout, cart.stdout, "{way:?}");
    }
    let well = shop.live(&["why", "pmon/worker"]);
    assert_eq!(well.code, Some(0), "{well:?}");
    assert!(well.stdout.starts_with("PodMonitor shop/worker   ok   2 targets"), "{}", well.stdout);
    assert_eq!(shop.live(&["why", "smon/stock", "-n", "stock"]).code, Some(1));
}

#[test]
fn an_application_is_told_which_monitors_reach_it() {
    let shop = Shop::new();
    for object in ["service/cart", "svc/cart", "deployment/cart", "deploy cart"] {
        let words: Vec<&str> = ["why"].into_iter().chain(object.split(' ')).collect();
        let ran = shop.live(&words);
        assert!(ran.stdout.contains("ServiceMonitor shop/cart") && ran.stdout.contains("PD0301"), "{object}: {ran:?}");
        assert_eq!(ran.code, Some(1), "{object}");
    }
    let pod = objects().into_iter().find(|object| {
        object["kind"] == "Pod" && object["metadata"]["name"].as_str().unwrap_or_default().starts_with("frontend")
    });
    let pod = format!("pod/{}", pod.unwrap()["metadata"]["name"].as_str().unwrap());
    let report = shop.report(&["why", &pod]);
    let reached: Vec<&Value> =
        report["app"]["reached"].as_array().unwrap().iter().map(|reach| &reach["monitor"]["name"]).collect();
    assert_eq!(reached, ["frontend"], "{report:#}");
    assert_eq!(shop.live(&["why", &pod]).code, Some(0));
}

#[test]
fn the_configuration_is_shown_whole_or_for_one_monitor() {
    let shop = Shop::new();
    let whole = shop.live(&["config", "-n", "monitoring"]);
    assert_eq!((whole.code, whole.stderr.as_str()), (Some(0), ""));
    assert!(whole.stdout.starts_with("# Prometheus monitoring/k8s\nglobal:\n"), "{}", whole.stdout);
    // From a namespace without a server it is that of the cluster's servers.
    assert_eq!(shop.live(&["config"]).stdout, whole.stdout);
    assert_eq!(shop.live(&["config", "prometheus/k8s"]).stdout, whole.stdout);
    let job = shop.live(&["config", "smon/frontend"]);
    assert_eq!(job.code, Some(0), "{job:?}");
    assert_eq!(job.stdout.matches("job_name:").count(), 1);
    assert!(job.stdout.contains("job_name: serviceMonitor/shop/frontend/0"), "{}", job.stdout);
    assert_eq!(shop.live(&["config", "prometheus/k8s", "smon/frontend"]).stdout, job.stdout);
    let json = report(&shop.live(&["config", "-o", "json"]));
    assert_eq!(json[0]["server"]["name"], "k8s");
    assert!(json[0]["config"]["scrape_configs"].as_array().unwrap().len() > 5);
    let none = shop.live(&["config", "smon/cart"]);
    assert_eq!(none.code, Some(3));
    assert!(none.stderr.contains("no configuration holds a job of ServiceMonitor shop/cart"), "{}", none.stderr);
    assert!(none.stderr.contains("prom-doctor why servicemonitor/cart -n shop"), "{}", none.stderr);
}

#[test]
fn monitors_are_chosen_by_their_labels() {
    let shop = Shop::new();
    assert_eq!(verdicts(&shop.report(&["-l", "release=shop"])), ["shop/cart failed"]);
    let others = shop.report(&["-l", "release!=shop", "-A"]);
    assert_eq!(verdicts(&others).len(), 18);
    assert!(codes_of(&others, "cart").is_empty(), "a monitor that was not asked about has a finding");
    let none = shop.live(&["-l", "release in (a,b)"]);
    assert_eq!((none.code, none.stdout.lines().count() > 0), (Some(0), true), "{none:?}");
}

#[test]
fn one_server_of_several_is_asked_about() {
    let mut all = objects();
    let mut second = find(&mut all, "Prometheus", "k8s").clone();
    second["metadata"]["name"] = "second".into();
    second["spec"]["serviceMonitorSelector"]["matchLabels"]["release"] = "shop".into();
    all.push(second);
    let shop = Shop::of(all);
    let verdict = |arguments: &[&str]| {
        let report = shop.report(arguments);
        let chains = report["subjects"][0]["chains"].as_array().unwrap().iter();
        let chains = chains.map(|chain| format!("{} {}", chain["server"]["name"], chain["verdict"]).replace('"', ""));
        chains.collect::<Vec<_>>()
    };
    let both = verdict(&["why", "smon/cart"]);
    assert_eq!(both.len(), 2, "{both:?}");
    assert!(both.contains(&"k8s not-taken".to_owned()), "{both:?}");
    assert_eq!(verdict(&["why", "smon/cart", "--prometheus", "monitoring/k8s"]), ["k8s not-taken"]);
    // The namespace may be left out where the name says enough.
    assert_eq!(verdict(&["why", "smon/cart", "--prometheus", "k8s"]), ["k8s not-taken"]);
    assert_eq!(codes_of(&shop.report(&["why", "smon/cart", "--prometheus", "monitoring/k8s"]), "cart"), ["PD0301"]);
    let typo = shop.live(&["--prometheus", "monitoring/k9s"]);
    assert_eq!(typo.code, Some(3), "{typo:?}");
    assert!(typo.stderr.contains("there is no Prometheus or PrometheusAgent monitoring/k9s"), "{}", typo.stderr);
    assert!(typo.stderr.contains("did you mean monitoring/k8s"), "{}", typo.stderr);
}

#[test]
fn the_exit_code_is_the_same_in_every_format() {
    let shop = Shop::new();
    let questions: &[(&[&str], i32)] = &[
        (&["audit"], 1),
        (&["audit", "-n", "geo"], 0),
        (&["audit", "--exit-zero"], 0),
        (&["audit", "--fail-on", "never"], 0),
        (&["audit", "--min-severity", "error"], 1),
        (&["why", "smon/cart"], 1),
        (&["why", "pmon/worker"], 0),
        (&["why", "svc/catalog"], 1),
        (&["why", "smon/carte"], 3),
        (&["why", "smn/cart"], 2),
    ];
    for (question, code) in questions {
        for how in
            [&[][..], &["-o", "wide"], &["-o", "json"], &["-o", "json-v1"], &["-o", "yaml"], &["-q"], &["-qq"], &["--ascii"]]
        {
            let ran = shop.live(&[question, how].concat());
            assert_eq!(ran.code, Some(*code), "{question:?} {how:?}: {ran:?}");
            no_panic(&ran);
        }
    }
    let silent = shop.live(&["audit", "-qq"]);
    assert_eq!((silent.stdout.as_str(), silent.stderr.as_str()), ("", ""));
}

#[test]
fn machine_formats_keep_the_published_schema() {
    let shop = Shop::new();
    let schema: Value = serde_json::from_str(&shop.live(&["schema"]).stdout).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let questions: &[&[&str]] = &[
        &["audit", "-A"],
        &["audit", "-n", "geo"],
        &["audit", "--min-severity", "error"],
        &["why", "smon/cart"],
        &["why", "pmon/cache"],
        &["why", "svc/catalog"],
        &["why", "deploy/cart"],
    ];
    for question in questions {
        let json = shop.report(question);
        let errors: Vec<String> = schema.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{question:?}: {errors:?}");
        let yaml: Value = serde_yaml::from_str(&shop.live(&[question, &["-o", "yaml"][..]].concat()).stdout).unwrap();
        assert_eq!(super::shop::lasting(yaml), super::shop::lasting(json), "{question:?}");
    }
}

#[test]
fn pages_of_checks_need_no_cluster() {
    let shop = Shop::new();
    for name in ["PD0301", "selector-label-mismatch", "pd0301"] {
        let page = shop.live(&["explain", name]);
        assert_eq!(page.code, Some(0), "{page:?}");
        assert!(page.stdout.contains("PD0301") && page.stdout.contains("selector-label-mismatch"), "{}", page.stdout);
    }
    let list = shop.live(&["explain"]).stdout;
    assert!(list.contains("PD0301") && list.contains("PD1001"), "{list}");
    assert!(report(&shop.live(&["explain", "PD1001", "-o", "json"])).is_object());
    assert!(shop.server.requests().is_empty(), "the cluster was asked about a page");
}
