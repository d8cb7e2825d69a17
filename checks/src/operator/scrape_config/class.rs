//! Scrape classes (OP-ENF-7).

use super::Writer;
use super::field::Field;

impl Writer<'_> {
    /// The scrape class that a monitor takes: the one that it names, else the default one; null where there is none.
    pub(super) fn class<'f>(&'f self, spec: &Field<'f>) -> Field<'f> {
        let named = spec.get("scrapeClass");
        if named.is_set() {
            let name = |class: &Field<'_>| class.get("name").text() == named.text();
            let classes = self.classes();
            // Up to 0.73 a monitor with an empty name took no class.
            return classes
                .items()
                .filter(name)
                .last()
                .unwrap_or_else(|| if self.since(74) { self.default_class() } else { classes.null() });
        }
        self.default_class()
    }

    /// The class whose TLS settings a monitor takes: up to 0.73 the default one also where it takes no class.
    pub(super) fn tls_class<'f>(&'f self, spec: &Field<'f>) -> Field<'f> {
        let class = self.class(spec);
        if class.is_set() { class } else { self.default_class() }
    }

    fn default_class(&self) -> Field<'_> {
        let classes = self.classes();
        classes.items().find(|class| class.get("default").flag()).unwrap_or_else(|| classes.null())
    }

    /// The server's classes, which operators know since 0.72.
    fn classes(&self) -> Field<'_> {
        let classes = self.server_spec().get("scrapeClasses");
        if self.since(72) { classes } else { classes.null() }
    }
}
