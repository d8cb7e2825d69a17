//! Something that was read is not what it should be, so it was left out.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0001",
    name: "malformed-object",
    summary: "an object or document could not be read and was left out",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for malformed in &view.world().malformed {
        let subject = match &malformed.id {
            Some(id) => id.into(),
            None => Ref { kind: "Document".to_owned(), namespace: String::new(), name: malformed.place.clone() },
        };
        let object = malformed.object.as_deref().map(|object| format!("{object}: ")).unwrap_or_default();
        let place = match malformed.position {
            Some((line, column)) => format!("{}:{line}:{column}", malformed.place),
            None => malformed.place.clone(),
        };
        let finding = out.finding(&CHECK, subject, format!("{object}{}", malformed.message));
        if malformed.refused {
            finding.severity(Severity::Error);
        }
        let reference = malformed.id.as_ref().filter(|_| malformed.path.is_some()).map(Ref::from);
        let path = malformed.path.clone().unwrap_or_default();
        finding.key(&place).evidence(Evidence { reference, path, note: Some(place.clone()), ..Evidence::default() });
    }
}
