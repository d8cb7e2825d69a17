//! Limits, the monitor's own and those that the server enforces (OP-ENF-9), and what else says how much and in which
//! form is scraped.

use serde_json::{Number, Value, json};

use super::Task;
use super::draft::Draft;
use super::field::Field;

/// Field, field of the server, key, first operator, first Prometheus.
type Limit = (&'static str, &'static str, &'static str, u32, (u32, u32));

const LIMITS: &[Limit] = &[
    ("sampleLimit", "enforcedSampleLimit", "sample_limit", 44, (0, 0)),
    ("targetLimit", "enforcedTargetLimit", "target_limit", 44, (2, 21)),
    ("labelLimit", "enforcedLabelLimit", "label_limit", 50, (2, 27)),
    ("labelNameLengthLimit", "enforcedLabelNameLengthLimit", "label_name_length_limit", 50, (2, 27)),
    ("labelValueLengthLimit", "enforcedLabelValueLengthLimit", "label_value_length_limit", 50, (2, 27)),
    ("keepDroppedTargets", "enforcedKeepDroppedTargets", "keep_dropped_targets", 68, (2, 47)),
];

impl Task<'_> {
    /// Writes the limits on numbers.
    pub(super) fn limits(&self, draft: &mut Draft) {
        for (field, enforced, key, operator, (major, minor)) in LIMITS {
            // Up to 0.50 "2.21 or newer" was asked as "2.x with x of 21 or more".
            let new_major = !self.writer.since(51) && *major > 0 && self.writer.prometheus.major != 2;
            if self.writer.since(*operator) && self.writer.reads(*major, *minor) && !new_major {
                let limit = self.limit(self.spec.get(field).number(), self.server.get(enforced).number());
                if let Some(limit) = limit {
                    draft.set(key, limit);
                }
            }
        }
    }

    fn limit(&self, own: Option<i64>, enforced: Option<i64>) -> Option<i64> {
        if !self.writer.since(67) {
            let own = own.unwrap_or(0);
            return match enforced {
                Some(enforced) if own != 0 && own < enforced || enforced == 0 => Some(own),
                Some(enforced) => Some(enforced),
                None => Some(own).filter(|own| *own > 0),
            };
        }
        // Since 0.75 zero means no limit.
        let some = |limit: Option<i64>| limit.filter(|limit| *limit != 0 || !self.writer.since(75));
        match (some(own), some(enforced)) {
            (_, None) => own,
            // What the global section says holds then.
            (None, Some(_)) if self.writer.since(75) && self.writer.reads(2, 45) => None,
            (None, Some(enforced)) => Some(enforced),
            (Some(own), Some(enforced)) => Some(own.min(enforced)),
        }
    }

    /// Writes the limit on the size of answers, which monitors have since 0.73, Probes never.
    pub(super) fn body_size(&self, draft: &mut Draft, own: &Field<'_>) {
        if !self.writer.since(51) || !self.writer.reads(2, 28) {
            return;
        }
        let own = own.some_text().filter(|_| self.writer.since(73));
        let limit = match (own, self.server.get("enforcedBodySizeLimit").some_text()) {
            (Some(own), Some(enforced)) if bytes(own) > bytes(enforced) => Some(enforced),
            (own, enforced) => own.or(enforced),
        };
        if let Some(limit) = limit {
            draft.set("body_size_limit", limit);
        }
    }

    /// Writes what is asked for of native histograms (0.78 and later).
    pub(super) fn histograms(&self, draft: &mut Draft) {
        let writer = self.writer;
        if !writer.since(78) {
            return;
        }
        let always = writer.since(79) && writer.prometheus.major == 3;
        let classic = if always { "always_scrape_classic_histograms" } else { "scrape_classic_histograms" };
        let flags = [
            ("scrapeNativeHistograms", "scrape_native_histograms", 88, (3, 8)),
            ("nativeHistogramBucketLimit", "native_histogram_bucket_limit", 78, (2, 45)),
            ("scrapeClassicHistograms", classic, 78, (2, 45)),
            ("convertClassicHistogramsToNHCB", "convert_classic_histograms_to_nhcb", 82, (3, 0)),
        ];
        for (field, key, operator, (major, minor)) in flags {
            if writer.since(operator) && writer.reads(major, minor) {
                draft.copy(key, &self.spec.get(field));
            }
        }
        let factor = self.spec.get("nativeHistogramMinBucketFactor");
        if factor.is_set() && writer.reads(2, 50) {
            draft.set("native_histogram_min_bucket_factor", quantity(factor.value));
        }
    }

    /// Writes the protocols that are asked for (0.72 and later) and the one for answers that name none (0.79).
    pub(super) fn protocols(&self, draft: &mut Draft) {
        let writer = self.writer;
        let protocols = self.spec.get("scrapeProtocols");
        if writer.since(72) && writer.reads(2, 49) && protocols.items().next().is_some() {
            let unread = |name: &str| writer.since(79) && name == "PrometheusText1.0.0" && writer.prometheus.major < 3;
            let names = protocols.items().map(|protocol| protocol.text()).filter(|name| !unread(name));
            draft.set("scrape_protocols", names.collect::<Vec<_>>());
        }
        // Up to 0.79 the candidates for 3.0.0 were told as well.
        if !writer.since(79) || !writer.reads(3, 0) && (writer.since(80) || writer.prometheus.major < 3) {
            return;
        }
        let name = if writer.since_patch(79, 1) { "fallbackScrapeProtocol" } else { "scrapeFallbackProtocol" };
        let own = self.spec.get(name);
        let of_class = self.class.get("fallbackScrapeProtocol");
        draft.copy("fallback_scrape_protocol", if own.is_set() || !writer.since(80) { &own } else { &of_class });
    }

    /// Writes whether labels and timestamps of the scraped win.
    pub(super) fn honor(&self, draft: &mut Draft, labels: Option<bool>, timestamps: &Field<'_>, staleness: &Field<'_>) {
        self.honor_labels_only(draft, labels, staleness);
        // Up to 0.52 "2.9 or newer" was asked as "2.x with x of 9 or more".
        let old = self.writer.reads(2, 9) && (self.writer.since(53) || self.writer.prometheus.major == 2);
        if old {
            self.timestamps(draft, timestamps.value.as_bool());
        }
    }

    /// Writes `honor_labels` and whether stale markers follow timestamps, where timestamps are not spoken of.
    pub(super) fn honor_labels_only(&self, draft: &mut Draft, labels: Option<bool>, staleness: &Field<'_>) {
        if let Some(labels) = labels {
            draft.set("honor_labels", labels && !self.server.get("overrideHonorLabels").flag());
        }
        if self.writer.since(70) && self.writer.reads(2, 48) {
            draft.copy("track_timestamps_staleness", staleness);
        }
    }

    /// Writes `honor_timestamps`.
    pub(super) fn timestamps(&self, draft: &mut Draft, own: Option<bool>) {
        let overridden = self.server.get("overrideHonorTimestamps").flag();
        if own.is_some() || overridden {
            draft.set("honor_timestamps", own.unwrap_or(false) && !overridden);
        }
    }
}

/// A size as Prometheus reads it (`10MB` is 10 × 2²⁰), or 0 where it is none.
fn bytes(text: &str) -> u128 {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let unit = text[end..].trim_end_matches('B').trim_end_matches('i');
    let power = "KMGTPE".find(unit).filter(|_| unit.len() == 1).map_or(0, |at| at + 1);
    let number: f64 = text[..end].parse().unwrap_or(0.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are far below the limits of the types")]
    let scaled = (number * 1024_f64.powi(i32::try_from(power).unwrap_or(0))) as u128;
    scaled
}

/// A Kubernetes quantity (`1.5`, `1500m`) as a number, with the rounding of the operator, which takes the digits times a
/// power of ten.
fn quantity(value: &Value) -> Value {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let suffixes = [("n", -9), ("u", -6), ("m", -3), ("k", 3), ("M", 6), ("G", 9)];
    let scaled = suffixes.iter().find_map(|(suffix, power)| text.strip_suffix(suffix).map(|number| (number, *power)));
    let (number, power) = scaled.unwrap_or((&text, 0));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let power = power - i32::try_from(fraction.len()).unwrap_or(0);
    let digits: Option<f64> = format!("{whole}{fraction}").parse().ok();
    let number = digits.map(|digits| digits * 10_f64.powi(power)).and_then(Number::from_f64);
    number.map_or_else(|| json!(text), Value::Number)
}
