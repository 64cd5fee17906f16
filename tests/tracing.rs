//! What a subscriber of `tracing` is told of steps and collections.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ::tracing::field::{Field, Visit};
use ::tracing::span::{Attributes, Id, Record};
use ::tracing::{Event, Metadata, Subscriber};
use understory::{Auto, Budget, Config, Store};

type Note = (&'static str, BTreeMap<&'static str, String>);

/// Writes down all spans and events, with their fields.
#[derive(Clone, Default)]
struct Notes {
    last: Arc<AtomicU64>,
    all: Arc<Mutex<BTreeMap<u64, Note>>>,
}

struct Fields<'a>(&'a mut BTreeMap<&'static str, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Notes {
    fn add(&self, name: &'static str, record: impl FnOnce(&mut Fields<'_>)) -> u64 {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let mut fields = BTreeMap::new();
        record(&mut Fields(&mut fields));
        self.all.lock().unwrap().insert(id, (name, fields));
        id
    }

    /// The names, with one of the fields.
    fn take(&self, field: &str) -> Vec<String> {
        let all = std::mem::take(&mut *self.all.lock().unwrap());
        let note = |(name, fields): Note| format!("{name} {}", fields[field]);
        all.into_values().map(note).collect()
    }
}

impl Subscriber for Notes {
    fn enabled(&self, data: &Metadata<'_>) -> bool {
        data.target() == "understory"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        Id::from_u64(self.add(span.metadata().name(), |fields| span.record(fields)))
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut all = self.all.lock().unwrap();
        values.record(&mut Fields(&mut all.get_mut(&span.into_u64()).unwrap().1));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.add(event.metadata().name(), |fields| event.record(fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn steps_and_collections_are_spans_that_say_what_they_did() {
    let notes = Notes::default();
    let _guard = ::tracing::subscriber::set_default(notes.clone());
    let mut store: Store<u32> = Store::with_config(Config::new().auto(Auto::Off));
    let ring = |store: &mut Store<u32>| {
        let [one, other] = [store.insert(1), store.insert(2)];
        store.link(one, (), other).unwrap();
        store.link(other, (), one).unwrap();
        store.unroot(one).unwrap();
        store.unroot(other).unwrap();
    };
    ring(&mut store);
    assert_eq!(store.step(Budget::units(10_000)).traced, 2);
    assert_eq!(notes.take("traced"), ["step 2"]);

    ring(&mut store);
    assert_eq!(store.collect().freed, 2);
    assert_eq!(notes.take("freed"), ["collection 2", "collected 2"]);
    store.step(Budget::units(100));
    assert_eq!(notes.take("reclaimed"), ["step 0"]);
}
