//! The calls that add, remove and move edges.

use super::interpreter::{Subject, World, same};
use super::op::Op;

impl World {
    pub(crate) fn link(&mut self, store: &mut Subject, op: &Op) {
        let (&Op::Link(a, label, b) | &Op::LinkWeak(a, label, b) | &Op::Set(a, label, b)) = op
        else {
            unreachable!("an operation that links");
        };
        let ((source, source_id), (target, target_id)) = (self.pick(a), self.pick(b));
        let (result, expected) = match op {
            Op::Link(..) => (
                store.link(source, label, target),
                self.model.link(source_id, label, target_id),
            ),
            Op::LinkWeak(..) => (
                store.link_weak(source, label, target),
                self.model.link_weak(source_id, label, target_id),
            ),
            _ => {
                let old = self.model.set(source_id, label, target_id);
                let expected = old.map(|old| old.map(|id| self.handles[&id]));
                let result = store.set(source, label, target);
                assert_eq!(
                    result.as_ref().ok(),
                    expected.as_ref().ok(),
                    "set returns the old target"
                );
                (result.map(drop), expected.map(drop))
            }
        };
        if let Err(error) = &result {
            assert_eq!(error.value, label, "the label comes back");
        }
        same(result, expected);
    }

    pub(crate) fn unlink(&mut self, store: &mut Subject, op: &Op) {
        let (&Op::Unlink(edge)
        | &Op::UnlinkLabel(edge, _)
        | &Op::UnlinkWeak(edge)
        | &Op::Relink(edge, ..)) = op
        else {
            unreachable!("an operation that unlinks");
        };
        let [(source, from), (target, to)] = self.pick_edge(edge, matches!(op, Op::UnlinkWeak(_)));
        let model = &mut self.model;
        let (result, expected) = match *op {
            Op::Unlink(_) => (
                store.unlink(source, target),
                model.unlink(from, to, |_| true),
            ),
            Op::UnlinkWeak(_) => (
                store.unlink_weak(source, target),
                model.unlink_weak(from, to),
            ),
            Op::UnlinkLabel(_, byte) => {
                let label = self.label_of(edge, byte);
                let expected = self.model.unlink(from, to, |other| other == label);
                (store.list_mut(source, &label).unlink(target), expected)
            }
            Op::Relink(_, a, b) => {
                let ((new_source, new_from), (new_target, new_to)) = (self.pick(a), self.pick(b));
                let result = store.relink((source, target), (new_source, new_target));
                let expected = self.model.relink((from, to), (new_from, new_to));
                same(result, expected);
                return;
            }
            _ => unreachable!("an operation that unlinks"),
        };
        assert_eq!(
            result.as_ref().ok(),
            expected.as_ref().ok(),
            "the label of the edge"
        );
        same(result, expected);
    }
}
