//! EndpointSlices that somebody made for a Service do not name it in their label, so they belong to no Service
//! (OP-SD-4, SD-EPS-2).

use crate::prelude::*;
use crate::world::SERVICE_NAME_LABEL;

pub(crate) const CHECK: Check = Check {
    code: "PD0908",
    name: "slices-without-service",
    summary: "an EndpointSlice made by hand does not name its Service",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::EndpointSlice],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for found in chain.backed.empty_services() {
            let Empty::UnnamedSlices(slices) = found.empty else { continue };
            let Some(slice) = slices.first() else { continue };
            let service = found.service.metadata.id(Kind::Service);
            let message =
                format!("EndpointSlice {} does not name Service {} in label {SERVICE_NAME_LABEL}", slice.name, service.name);
            let finding = out.finding(&CHECK, slice, message);
            finding.on(chain).weigh(&found).confidence(Confidence::Likely);
            for slice in slices.iter().take(3) {
                let other = Some((slice, crate::path::label(SERVICE_NAME_LABEL)));
                finding.compared(&service, "metadata.name", service.name.as_str(), Vec::new(), other);
            }
            let title = "name the Service in the slice";
            let label = |slice| Fix::label(title, slice, &[(SERVICE_NAME_LABEL.to_owned(), service.name.clone())]);
            let Some(fix) = slices.iter().map(label).reduce(Fix::and) else { continue };
            if chain.role == Role::EndpointSlice {
                finding.fix(fix);
            } else {
                // The server looks at Endpoints, of which there are none.
                for look in mend::look_in(chain, view.server(chain), Kind::EndpointSlice) {
                    let note = look.note.clone().unwrap_or_default();
                    let unsafe_too = look.safety == crate::report::Safety::Unsafe;
                    let both = fix.clone().and(look);
                    finding.fix(if unsafe_too { both.widens(note) } else { both.note(note) });
                }
            }
        }
    }
}
