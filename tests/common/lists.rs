//! The calls that change lists of edges by index and by label, strong and weak, beside vectors.

use understory::LinkRefusal;

use super::interpreter::{Subject, World, same};
use super::model::{Edge, Fault, Id, Model};
use super::op::{Change, Op};

impl Model {
    fn edges_of(&mut self, id: Id, weak: bool) -> &mut Vec<Edge> {
        let object = self.object(id);
        if weak {
            &mut object.weak
        } else {
            &mut object.out
        }
    }

    /// Where the edges with a label stand.
    fn places(&mut self, id: Id, weak: bool, label: u8) -> Vec<usize> {
        let edges = self.edges_of(id, weak).iter().enumerate();
        let labelled = edges.filter(|(_, edge)| edge.0 == label);
        labelled.map(|(at, _)| at).collect()
    }

    /// Looks whether who lost an edge has to die; weak edges hold nobody.
    fn lost(&mut self, id: Id, weak: bool) {
        if !weak {
            self.fell(id);
        }
    }

    fn insert_edge(&mut self, id: Id, weak: bool, label: u8, at: usize, target: Id) {
        let place = self.places(id, weak, label).get(at).copied();
        let edges = self.edges_of(id, weak);
        edges.insert(place.unwrap_or(edges.len()), (label, target));
    }

    fn replace_edge(&mut self, id: Id, weak: bool, label: u8, at: usize, target: Id) -> Option<Id> {
        let place = *self.places(id, weak, label).get(at)?;
        let edge = &mut self.edges_of(id, weak)[place];
        let old = std::mem::replace(&mut edge.1, target);
        self.lost(old, weak);
        Some(old)
    }

    fn remove_edge(&mut self, id: Id, weak: bool, label: u8, at: usize) -> Option<Id> {
        let place = *self.places(id, weak, label).get(at)?;
        let (_, target) = self.edges_of(id, weak).remove(place);
        self.lost(target, weak);
        Some(target)
    }

    fn move_edge(&mut self, id: Id, weak: bool, label: u8, from: usize, to: usize) -> bool {
        let places = self.places(id, weak, label);
        let (Some(&from), Some(&last)) = (places.get(from), places.last()) else {
            return false;
        };
        let to = places.get(to).copied().unwrap_or(last);
        let edges = self.edges_of(id, weak);
        let edge = edges.remove(from);
        edges.insert(to, edge);
        true
    }

    fn swap_edges(&mut self, id: Id, weak: bool, label: u8, a: usize, b: usize) -> bool {
        let places = self.places(id, weak, label);
        let (Some(&a), Some(&b)) = (places.get(a), places.get(b)) else {
            return false;
        };
        self.edges_of(id, weak).swap(a, b);
        true
    }

    fn sort_edges(&mut self, id: Id, weak: bool, label: u8) {
        let places = self.places(id, weak, label);
        let edges = self.edges_of(id, weak).clone();
        let mut sorted: Vec<Edge> = places.iter().map(|&at| edges[at]).collect();
        sorted.sort_by_key(|edge| sort_key(self.objects[&edge.1].data, edge.1));
        let edges = self.edges_of(id, weak);
        for (at, edge) in places.into_iter().zip(sorted) {
            edges[at] = edge;
        }
    }

    fn clear_edges(&mut self, id: Id, weak: bool, label: u8) -> usize {
        let edges = self.edges_of(id, weak);
        let gone: Vec<Edge> = edges
            .iter()
            .copied()
            .filter(|edge| edge.0 == label)
            .collect();
        edges.retain(|edge| edge.0 != label);
        let removed = gone.len();
        if !weak {
            self.let_go(gone.into());
        }
        removed
    }

    fn relabel_edge(&mut self, id: Id, weak: bool, label: u8, target: Id) -> Option<u8> {
        let edges = self.edges_of(id, weak).iter_mut();
        let mut edges = edges.filter(|edge| edge.1 == target);
        edges
            .next()
            .map(|edge| std::mem::replace(&mut edge.0, label))
    }
}

/// Few keys, so that the order among equal ones counts.
fn sort_key(data: u8, id: Id) -> (u8, Id) {
    (data % 4, id % 3)
}

impl World {
    pub(crate) fn change_list(&mut self, store: &mut Subject, op: &Op) {
        let &Op::List(owner, label, weak, change, a, b) = op else {
            unreachable!("an operation on a list");
        };
        if matches!(change, Change::Set | Change::Replace) {
            return self.set_in_list(store, op);
        }
        let ((owner, owner_id), (target, target_id)) = (self.pick(owner), self.pick(b));
        let list = if weak {
            store.weak_edges().list(owner, &label)
        } else {
            store.list(owner, &label)
        };
        let len = list.len();
        // Mostly an index that there is, sometimes the end or one behind it.
        let at = usize::from(a) % (len + 2);
        let to = usize::from(b.0) % (len + 2);
        let ids = owner_id.zip(target_id);
        let model = &mut self.model;
        let handles = &self.handles;
        let handle = |id: Option<Id>| id.map(|id| handles[&id]);
        let mut list = if weak {
            store.weak_list_mut(owner, &label)
        } else {
            store.list_mut(owner, &label)
        };
        match change {
            Change::Insert => {
                let expected =
                    ids.map(|(id, target)| model.insert_edge(id, weak, label, at, target));
                same(list.insert(at, target), expected.ok_or(Fault::Stale));
            }
            Change::Push => {
                let expected = ids.map(|(id, target)| {
                    model.insert_edge(id, weak, label, usize::MAX, target);
                });
                same(list.push(target), expected.ok_or(Fault::Stale));
            }
            Change::Remove => {
                let expected = owner_id.and_then(|id| model.remove_edge(id, weak, label, at));
                let removed = match at {
                    0 if weak => store.unset_weak(owner, &label),
                    0 => store.unset(owner, &label),
                    _ => list.remove(at),
                };
                assert_eq!(removed, handle(expected), "the target that was removed");
            }
            Change::Unlink => {
                let expected = match ids {
                    None => Err(Fault::Stale),
                    Some((id, target)) => {
                        let places = model.places(id, weak, label);
                        let edges = model.edges_of(id, weak);
                        let found = places.iter().position(|&at| edges[at].1 == target);
                        let found = found.ok_or(Fault::NotLinked);
                        found.map(|at| model.remove_edge(id, weak, label, at))
                    }
                };
                let result = list.unlink(target);
                assert!(result.is_err() || result == Ok(label));
                same(result, expected);
            }
            Change::MoveTo => {
                let moves = |id| model.move_edge(id, weak, label, at, to);
                assert_eq!(list.move_to(at, to), owner_id.is_some_and(moves));
            }
            Change::Swap => {
                let swaps = |id| model.swap_edges(id, weak, label, at, to);
                assert_eq!(list.swap(at, to), owner_id.is_some_and(swaps));
            }
            Change::Sort => {
                list.sort_by_key(|_, value| sort_key(value.data, value.id));
                if let Some(id) = owner_id {
                    model.sort_edges(id, weak, label);
                }
            }
            Change::Clear => {
                let clears = |id| model.clear_edges(id, weak, label);
                assert_eq!(list.clear(), owner_id.map_or(0, clears));
            }
            Change::Relabel => {
                let relabel = |(id, target)| model.relabel_edge(id, weak, label, target);
                let expected = ids.and_then(relabel);
                let found = if weak {
                    store.weak_label_mut(owner, target)
                } else {
                    store.label_mut(owner, target)
                };
                let old = found.map(|found| std::mem::replace(found, label));
                assert_eq!(old, expected, "the label that was there");
            }
            Change::Set | Change::Replace => unreachable!("it was done before"),
        }
    }

    fn set_in_list(&mut self, store: &mut Subject, op: &Op) {
        let &Op::List(owner, label, weak, change, a, b) = op else {
            unreachable!("an operation on a list");
        };
        let ((owner, owner_id), (target, target_id)) = (self.pick(owner), self.pick(b));
        let (model, handles) = (&mut self.model, &self.handles);
        let mut list = if weak {
            store.weak_list_mut(owner, &label)
        } else {
            store.list_mut(owner, &label)
        };
        let is_set = change == Change::Set;
        let at = if is_set {
            0
        } else {
            usize::from(a) % (list.read().len() + 2)
        };
        let expected = owner_id.zip(target_id).map(|(id, target)| {
            let old = model.replace_edge(id, weak, label, at, target);
            if old.is_none() && is_set {
                model.insert_edge(id, weak, label, 0, target);
            }
            old.map(|id| handles[&id])
        });
        let result = match change {
            Change::Replace => list.replace(at, target),
            _ if a % 2 == 0 => list.set(target),
            _ if weak => {
                let result = store.set_weak(owner, label, target);
                result.map_err(|error| error.reason)
            }
            _ => {
                let result = store.set(owner, label, target);
                result.map_err(|error| error.reason)
            }
        };
        let is_refused = matches!(result, Err(LinkRefusal::Stale(_)));
        assert_eq!(is_refused, expected.is_none(), "{change:?} is refused");
        assert_eq!(result.ok(), expected, "the old target");
    }
}
