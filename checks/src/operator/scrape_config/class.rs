//! Scrape classes (OP-ENF-7).

use super::Writer;
use super::field::Field;

impl Writer<'_> {
    /// The scrape class that a monitor takes: the one that it names, else the default one; null where there is none.
    pub(super) fn class<'f>(&'f self, spec: &Field<'f>) -> Field<'f> {
        let classes = self.server_spec().get("scrapeClasses");
        let none = classes.null();
        if !self.since(72) {
            return none;
        }
        let named = spec.get("scrapeClass");
        let by_name = classes.items().filter(|class| class.get("name").text() == named.text());
        let found = named.is_set().then(|| by_name.last()).flatten();
        found.or_else(|| classes.items().find(|class| class.get("default").flag())).unwrap_or(none)
    }
}
