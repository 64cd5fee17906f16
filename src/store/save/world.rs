//! What of a store has a fixed form, and the store that is made of it.

use alloc::string::String;
use alloc::vec::Vec;

use slotmap::Key;

use super::{Registry, SaveError, unknown};
use crate::backlog::Backlogs;
use crate::check;
use crate::config::{Auto, Config};
use crate::form::{self, Fault, demand};
use crate::gc::schedule::Schedule;
use crate::graph::rows::Heads;
use crate::objects::release::Release;
use crate::objects::{Arenas, Loaded, Objects};
use crate::store::Store;

/// A world that refers to the one that is saved.
pub(super) type SavedWorld<'s, T, E> = form::World<Arenas<'s, T, E>, &'s E, &'s T, &'static str>;

impl<T, E, K: Key> Store<T, E, K> {
    pub(super) fn saved_world(
        &self,
        registry: &Registry<T, E, K>,
    ) -> Result<SavedWorld<'_, T, E>, SaveError> {
        let (objects, graph) = (&self.objects, &self.objects.graph);
        let condemned = [
            self.condemned.stack.clone(),
            self.condemned.deferred.iter().copied().collect(),
        ];
        let unsettled = self.unsettled_copy().saved();
        Ok(form::World {
            settings: saved_settings(&self.config, self.auto_before),
            counters: form::Counters {
                inserted: objects.inserted,
                allocations: objects.allocations,
                reclaimed: self.release.total(),
                collected: self.gc.collected,
                traced: self.gc.backtracer.total(),
                observers: self.observers.saved(),
            },
            arenas: Arenas(objects),
            filling: objects.heap.saved(),
            weak: graph.weak().saved(),
            marks: objects.saved_marks(),
            foreign_roots: graph.saved_roots(),
            suspects: graph.suspects().saved(),
            deaths: objects.deaths.saved(self.saved_finalizers(registry)?),
            record: objects.record.saved(),
            pending: self.release.saved(condemned, unsettled),
            collections: self.gc.saved(graph),
            backlogs: self.backlogs.saved(),
        })
    }

    /// The names of all finalizers that are to be saved.
    fn saved_finalizers(
        &self,
        registry: &Registry<T, E, K>,
    ) -> Result<Vec<form::Named<&'static str>>, SaveError> {
        let mut finalizers = Vec::new();
        for index in self.finalizers.indices() {
            let name = self
                .finalizers
                .get(index)
                .and_then(|finalizer| finalizer.name());
            match name.filter(|name| registry.named(name).is_some()) {
                Some(name) => finalizers.push(form::Named {
                    object: index,
                    name,
                }),
                None if registry.skips_finalizers => {}
                None => return Err(SaveError::UnknownFinalizer { index, name }),
            }
        }
        Ok(finalizers)
    }

    /// Makes a store of all but the components.
    pub(super) fn restore_world(
        registry: &Registry<T, E, K>,
        mut form: Loaded<T, E>,
    ) -> Result<Self, Fault> {
        let config = restored_settings(&form.settings);
        let mut store = Self::with_config(config);
        store.auto_before = form.settings.auto_before;
        store.backlogs = Backlogs::restore(&form.backlogs)?;
        store
            .observers
            .restore(form::counter(form.counters.observers, "observers")?);
        store.unsettled.restore(form.pending.unsettled)?;
        store.condemned.stack = core::mem::take(&mut form.pending.condemned);
        store.condemned.deferred = core::mem::take(&mut form.pending.deferred).into();

        let arenas = form.arenas.lens();
        let (_, used) = arenas;
        store.gc = Schedule::restore(&store.config, &form.collections, &form.counters, arenas)?;
        store.release = Release::restore(&form.pending, form.counters.reclaimed, used)?;
        let finalizers = core::mem::take(&mut form.deaths.finalizers);
        let finalizable = store.restore_finalizers(registry, &finalizers, used)?;
        let words = |which, headers| store.gc.collector(which).words(headers);
        store.objects = Objects::restore(&store.config, form, &finalizable, words)?;
        store.gc.backtracer.keep_only(&store.objects.dead);
        store.check_dead()?;
        Ok(store)
    }

    /// Takes the finalizers from the registry; returns the objects that have one.
    fn restore_finalizers(
        &mut self,
        registry: &Registry<T, E, K>,
        form: &[form::Named<String>],
        arenas: usize,
    ) -> Result<Vec<u32>, Fault> {
        let objects: Vec<u32> = form.iter().map(|of| of.object).collect();
        form::bits(&objects, arenas, "finalizers")?;
        let mut finalizable = Vec::new();
        for form::Named { object, name } in form {
            match registry.named(name) {
                Some(finalizer) => {
                    self.finalizers.insert(*object, finalizer.clone());
                    finalizable.push(*object);
                }
                None if registry.skips_finalizers => {}
                None => return Err(Fault(unknown("finalizer", name))),
            }
        }
        Ok(finalizable)
    }

    /// Whether all that is dead will lose its edges, and then leave the store.
    fn check_dead(&self) -> Result<(), Fault> {
        let objects = &self.objects;
        let graph = &objects.graph;
        let dismantled = self.release.dismantled();
        if let Some(index) = dismantled {
            demand!(
                objects.dead.get(index),
                "object {index} is taken apart, and not dead"
            );
        }
        demand!(!self.gc.are_both_sweeping(), "two collections sweep");
        // What leaves together: first what is taken apart, alone, then what searches have found, then the rest.
        let turn = |index: u32| match dismantled {
            Some(first) if first == index => 0,
            _ if self.gc.backtracer.will_reclaim(index) => 1,
            _ => 2,
        };
        for index in form::indices(&objects.dead) {
            let node = graph.headers().node(index);
            demand!(node.roots() == 0, "object {index} is dead and has roots");
            let outgoing = graph.headers().outgoing(index);
            for &to in graph.edges().targets(outgoing) {
                let is_with = !objects.dead.get(to) || turn(to) == turn(index) && turn(to) > 0;
                demand!(
                    is_with,
                    "object {index} is dead and owns {to}, which leaves before it"
                );
            }
            if dismantled == Some(index) {
                continue;
            }
            let will_leave = self.gc.will_reclaim(index);
            demand!(will_leave, "object {index} is dead and is not to leave");
            let edges = graph.degree(index) + graph.weak().degree(index);
            let will_detach = edges == 0 || self.gc.will_detach(index);
            demand!(
                will_detach,
                "object {index} is dead and is to keep its edges"
            );
        }
        Ok(())
    }

    /// The invariants, of a store that is complete.
    pub(super) fn check_loaded(&self) -> Result<(), Fault> {
        let collectors = [&self.gc.minor, &self.gc.major];
        for collector in collectors {
            collector.check_white(&self.objects)?;
        }
        let checked = check::check_loaded(&self.objects, &self.release, collectors);
        checked.map_err(|violation| Fault(violation.found))?;
        debug_assert_eq!(
            check::check(&self.objects, &self.release, collectors),
            Ok(()),
            "what was tested is enough"
        );
        Ok(())
    }
}

/// The settings of a store, and what `enable` makes of [`Config::auto`] again.
fn saved_settings(config: &Config, auto_before: Auto) -> form::Settings {
    form::Settings {
        max_objects: form::widen(config.max_objects),
        max_bytes: form::widen(config.max_bytes),
        reclaim: config.reclaim,
        cycles: config.cycles,
        trace_limit: config.trace_limit,
        record_deaths: config.record_deaths,
        auto: config.auto,
        auto_before,
        assist_limit: config.assist_limit,
        thresholds: config.thresholds,
        young_bytes: form::widen(config.young_bytes),
        growth: config.growth,
        behind_at: config.behind_at,
        catch_up: config.catch_up,
        keep_garbage: config.keep_garbage,
        #[cfg(feature = "rayon")]
        parallel_from: form::widen(config.parallel_from),
        #[cfg(not(feature = "rayon"))]
        parallel_from: 262_144,
        promote_fill: config.promote_fill,
        reopen_fill: config.reopen_fill,
        first_version: config.first_version,
    }
}

/// The settings of a store that is loaded.
fn restored_settings(form: &form::Settings) -> Config {
    Config {
        max_objects: form::narrow(form.max_objects),
        max_bytes: form::narrow(form.max_bytes),
        reclaim: form.reclaim,
        cycles: form.cycles,
        trace_limit: form.trace_limit,
        record_deaths: form.record_deaths,
        auto: form.auto,
        assist_limit: form.assist_limit,
        thresholds: form.thresholds,
        young_bytes: form::narrow(form.young_bytes),
        growth: form.growth,
        behind_at: form.behind_at,
        catch_up: form.catch_up,
        keep_garbage: form.keep_garbage,
        #[cfg(feature = "rayon")]
        parallel_from: form::narrow(form.parallel_from),
        promote_fill: form.promote_fill,
        reopen_fill: form.reopen_fill,
        first_version: form.first_version,
    }
}
