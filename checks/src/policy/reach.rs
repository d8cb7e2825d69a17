//! Whether a check could have found something: only then may be said that it did not.

use super::apply::Asked;
use super::choice::{Choice, Choices};
use super::suppression::{Scope, Suppression};
use crate::files::File;
use crate::registry::CHECKS;
use crate::report::{Link, LinkState, Mode, Ref, Report, Subject};
use crate::world::{Kind, World};

/// Findings that are not made by looking at an object, so that their absence says nothing about one.
const APART: &[&str] = &["check-crashed", "cause-unknown", "unused-suppression", "expired-suppression"];

/// What a run saw and asked.
pub(super) struct Reach<'r> {
    pub(super) report: &'r Report,
    pub(super) world: &'r World,
    pub(super) asked: Asked,
    pub(super) choices: &'r Choices,
    pub(super) files: &'r [File],
}

impl Reach<'_> {
    /// Whether all checks of a choice ran over all that a suppression is about.
    pub(super) fn covers(&self, suppression: &Suppression, choice: &Choice) -> bool {
        let codes = || CHECKS.iter().filter(|check| choice.takes(check.code));
        if codes().any(|check| APART.contains(&check.name) || !self.choices.take(check.code)) {
            return false;
        }
        let Some(subjects) = self.subjects(suppression) else { return false };
        codes().all(|check| self.ran(check.code, &subjects))
    }

    /// Whether a check ran over an object.
    pub(super) fn covers_object(&self, code: &str, object: &Ref) -> bool {
        let known = CHECKS.iter().any(|check| check.code == code && !APART.contains(&check.name));
        known
            && self.choices.take(code)
            && self.of(std::slice::from_ref(object)).is_some_and(|subjects| self.ran(code, &subjects))
    }

    /// The monitors that must have been judged for a finding that a suppression is about; `None` where not all was in
    /// view.
    fn subjects(&self, suppression: &Suppression) -> Option<Vec<&Subject>> {
        match &suppression.scope {
            Scope::Line { .. } | Scope::File(_) => self.all(),
            Scope::Object(object) => self.of(std::slice::from_ref(object)),
            Scope::Objects(objects) => {
                let read = || self.files.iter().any(|read| objects.file.as_ref().is_none_or(|file| file.fits(&read.name)));
                if objects.file.is_some() && !read() {
                    return None;
                }
                if objects.are_any() {
                    return self.all();
                }
                let mut meant = Vec::new();
                self.world.each_object(&mut |kind, meta| {
                    let reference = Ref::from(meta.id(kind));
                    if objects.take(&reference) {
                        meant.push(reference);
                    }
                });
                if meant.is_empty() { None } else { self.of(&meant) }
            }
        }
    }

    /// All monitors, where all were asked about.
    fn all(&self) -> Option<Vec<&Subject>> {
        self.asked.about_all.then(|| self.report.subjects.iter().collect())
    }

    /// The monitors that must have been judged for a finding about objects: themselves, where they are monitors, else
    /// all, for any of them may be what finds fault with a Service.
    fn of(&self, objects: &[Ref]) -> Option<Vec<&Subject>> {
        let is_monitor = |object: &&Ref| [Kind::ServiceMonitor, Kind::PodMonitor].iter().any(|kind| kind.name() == object.kind);
        if !objects.iter().all(|object| is_monitor(&object)) {
            return self.all();
        }
        objects.iter().map(|object| self.report.subjects.iter().find(|subject| subject.reference == *object)).collect()
    }

    /// Whether a check could see what it looks at, for all of these monitors.
    fn ran(&self, code: &str, subjects: &[&Subject]) -> bool {
        let Some(link) = Link::of_code(code) else { return false };
        let in_files = matches!(self.report.run.mode, Mode::Files | Mode::Overlay);
        match link {
            Link::Tool => true,
            // Most of what a manifest shows is gone from what the API server keeps of it.
            Link::Manifest => in_files,
            Link::Duplicates | Link::Coverage | Link::Cost => {
                let known = |subject: &&Subject| subject.chains.iter().all(|chain| chain.targets.predicted.is_some());
                let open = self.report.not_checked.iter().any(|open| open.link == Link::Exists);
                self.asked.about_all && !in_files && !open && subjects.iter().all(known)
            }
            _ => !self.asked.of_one_server && !subjects.is_empty() && subjects.iter().all(|subject| is_judged(subject, link)),
        }
    }
}

/// Whether a link of a monitor is known, at every server.
fn is_judged(subject: &Subject, link: Link) -> bool {
    !subject.chains.is_empty()
        && subject.chains.iter().all(|chain| {
            let mut states = chain.links.iter().filter(|one| one.link == link).map(|one| one.state).peekable();
            states.peek().is_some() && states.all(|state| state != LinkState::Unknown)
        })
}
