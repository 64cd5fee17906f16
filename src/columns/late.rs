//! Columns that come while the store is only shared.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::any::TypeId;

use once_cell::race::OnceBox;

use super::any::{AnyBox, AnyColumn};
use super::{Column, Component};
use atomic_refcell::AtomicRefCell;

type SharedColumn = Arc<dyn AnyColumn + Send + Sync>;

/// Columns that views have made: a list that grows behind a shared reference, until there is an exclusive one by
/// which they can join the others.
#[derive(Default)]
pub(super) struct Late {
    first: OnceBox<Node>,
}

struct Node {
    id: TypeId,
    /// Shared, so that it can be taken out of a list that nothing can be taken out of.
    column: SharedColumn,
    next: OnceBox<Node>,
}

impl Late {
    pub(super) fn find<C: Component>(&self) -> Option<&AtomicRefCell<Column<C>>> {
        let id = TypeId::of::<C>();
        let node = self.nodes().find(|node| node.id == id)?;
        node.column.as_any().downcast_ref()
    }

    /// The column of a type, made if there is none.
    pub(super) fn find_or_add<C: Component>(&self) -> &AtomicRefCell<Column<C>> {
        let id = TypeId::of::<C>();
        let new = || {
            Box::new(Node {
                id,
                column: Arc::new(AtomicRefCell::new(Column::<C>::default())),
                next: OnceBox::new(),
            })
        };
        let mut node = self.first.get_or_init(new);
        while node.id != id {
            node = node.next.get_or_init(new);
        }
        let column = node.column.as_any().downcast_ref();
        column.expect("a column is found by its type")
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = (TypeId, &(dyn AnyColumn + Send + Sync))> {
        self.nodes().map(|node| (node.id, &*node.column))
    }

    /// Takes all of them, in the order in which they came.
    pub(super) fn take(&mut self) -> impl Iterator<Item = (TypeId, AnyBox)> + use<> {
        let shared = |node: &Node| (node.id, node.column.clone());
        let columns: alloc::vec::Vec<_> = self.nodes().map(shared).collect();
        *self = Self::default();
        columns.into_iter().filter_map(|(id, mut column)| {
            // Nothing else has it now.
            let column = Arc::get_mut(&mut column)?.take();
            Some((id, column))
        })
    }

    fn nodes(&self) -> impl Iterator<Item = &Node> {
        core::iter::successors(self.first.get(), |node| node.next.get())
    }
}
