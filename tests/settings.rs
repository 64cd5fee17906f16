//! What the settings of a store say, and what they do together.

use understory::{Auto, Budget, Config, Cycles, Reclaim, Store};

type World = Store<u32>;

/// Does much of what a program may do, other than changing settings.
fn live(store: &mut World) {
    for number in 0..20_000 {
        let hermit = store.insert(number);
        store.link(hermit, (), hermit).unwrap();
        store.unroot(hermit).unwrap();
    }
    store.measure_with(|_| 8);
    store.step(Budget::units(1_000));
    store.collect_due();
    store.collect();
    store.freeze();
    store.unfreeze();
    store.clear();
    store.shrink();
}

#[test]
fn the_settings_are_those_in_force_whatever_has_changed_them() {
    for auto in [Auto::Assist, Auto::Whole, Auto::Off] {
        let config = Config::new().auto(auto).thresholds([900, 10, 10]);
        let mut store = World::with_config(config.clone());
        live(&mut store);
        assert_eq!(*store.config(), config);

        store.set_thresholds([700, 5, 5]);
        let config = config.thresholds([700, 5, 5]);
        assert_eq!(*store.config(), config);

        store.set_keep_garbage(true);
        assert_eq!(*store.config(), config.clone().keep_garbage(true));
        store.set_keep_garbage(false);

        for _ in 0..2 {
            store.disable();
            assert_eq!(*store.config(), config.clone().auto(Auto::Off));
            assert_eq!(store.config().auto, Auto::Off);
        }
        for _ in 0..2 {
            store.enable();
            let enabled = if auto == Auto::Off {
                Auto::Assist
            } else {
                auto
            };
            assert_eq!(*store.config(), config.clone().auto(enabled));
            assert_ne!(store.config().auto, Auto::Off);
        }
        store.disable();
        live(&mut store);
        let config = config.auto(Auto::Off);
        assert_eq!(*store.config(), config);
        assert_eq!(*store.clone().config(), config);
    }
}

/// Insertions until a collection has ended.
fn insertions_until_collected(store: &mut World) -> usize {
    for number in 0..10_000 {
        if store
            .stats()
            .generations
            .iter()
            .any(|of| of.collections > 0)
        {
            return number;
        }
        let hermit = store.insert(0);
        store.link(hermit, (), hermit).unwrap();
        store.unroot(hermit).unwrap();
    }
    usize::MAX
}

#[test]
fn a_store_made_with_the_settings_of_another_one_collects_as_it_does() {
    for auto in [Auto::Assist, Auto::Whole, Auto::Off] {
        let mut store = World::with_config(Config::new().auto(auto));
        store.set_thresholds([700, 10, 10]);
        let mut copy = World::with_config(store.config().clone());
        let mut again = store.clone();
        again.disable();
        again.enable();
        let mut enabled = World::with_config(again.config().clone());
        assert_eq!(
            insertions_until_collected(&mut store),
            insertions_until_collected(&mut copy)
        );
        let many = insertions_until_collected(&mut enabled);
        assert_eq!(insertions_until_collected(&mut again), many);
        assert!(many < 2_000, "{auto:?}: {many}");
    }
}

/// The settings that the guide says need another one, or have no effect beside one.
mod together {
    use super::*;

    fn ring<T: Clone>(store: &mut Store<T>, value: &T) {
        let [a, b] = [store.insert(value.clone()), store.insert(value.clone())];
        store.link(a, (), b).unwrap();
        store.link(b, (), a).unwrap();
        store.unroot(a).unwrap();
        store.unroot(b).unwrap();
    }

    #[test]
    fn bytes_that_values_own_count_once_they_are_measured() {
        let value = vec![0_u8; 1_000];
        for measured in [false, true] {
            let config = Config::new().young_bytes(64_000).growth(u32::MAX);
            let mut store: Store<Vec<u8>> = Store::with_config(config);
            if measured {
                store.measure_with(|value| size_of::<Vec<u8>>() + value.capacity());
            }
            for _ in 0..1_000 {
                ring(&mut store, &value);
            }
            assert_eq!(store.len() < 300, measured, "{} are left", store.len());

            let mut limited: Store<Vec<u8>> = Store::with_config(Config::new().max_bytes(64_000));
            if measured {
                limited.measure_with(|value| size_of::<Vec<u8>>() + value.capacity());
            }
            let fit = (0..1_000).take_while(|_| limited.try_insert(value.clone()).is_ok());
            assert_eq!(fit.count() < 64, measured);
        }
    }

    #[test]
    fn without_a_first_threshold_nothing_else_makes_a_collection_due() {
        let config = Config::new()
            .thresholds([0, 10, 10])
            .young_bytes(1)
            .growth(0)
            .behind_at(0);
        let mut store = World::with_config(config.catch_up(true).cycles(Cycles::Manual));
        for number in 0..1_000 {
            ring(&mut store, &number);
        }
        let step = store.step(Budget::unlimited());
        assert!(step.is_idle() && step.excess == 0 && store.collect_due().is_none());
        assert_eq!(store.len(), 2_000);
    }

    #[test]
    fn what_is_left_to_steps_waits_for_them_or_for_calls_that_say_so() {
        let config = Config::new()
            .reclaim(Reclaim::AtStep)
            .thresholds([100, 1, 1]);
        for auto in [Auto::Assist, Auto::Whole] {
            let mut store = World::with_config(config.clone().auto(auto));
            for number in 0..1_000 {
                ring(&mut store, &number);
                let spark = store.insert(0);
                store.unroot(spark).unwrap();
            }
            assert!(
                store
                    .stats()
                    .generations
                    .iter()
                    .any(|of| of.collections > 0)
            );
            store.collect_due();
            assert_eq!(store.stats().reclaimed, 0);
            for call in [
                |store: &mut World| {
                    store.collect();
                },
                |store: &mut World| {
                    store.trace(Budget::unlimited());
                },
                |store: &mut World| {
                    store.step(Budget::unlimited());
                },
            ] {
                let mut copy = store.clone();
                call(&mut copy);
                assert_eq!(copy.stats().reclaimed, 1_000);
            }
        }
    }

    #[test]
    fn at_a_limit_garbage_that_is_kept_makes_no_room() {
        let config = Config::new().max_objects(100);
        for keeps in [false, true] {
            let mut store = World::with_config(config.clone().keep_garbage(keeps));
            for number in 0..50 {
                ring(&mut store, &number);
            }
            assert_eq!(store.try_insert(0).is_err(), keeps);
        }
    }

    #[test]
    fn suspects_are_not_traced_while_garbage_is_kept() {
        for cycles in [Cycles::Prompt, Cycles::AtStep] {
            let mut store = World::with_config(Config::new().cycles(cycles).keep_garbage(true));
            ring(&mut store, &0);
            assert!(store.step(Budget::unlimited()).is_idle());
            assert_eq!(
                (store.len(), store.trace(Budget::unlimited()).traced),
                (2, 0)
            );
        }
    }

    #[test]
    fn within_the_call_nothing_is_traced_where_deaths_wait_for_steps() {
        let config = Config::new()
            .cycles(Cycles::Prompt)
            .reclaim(Reclaim::AtStep);
        let mut store = World::with_config(config.trace_limit(u64::MAX));
        ring(&mut store, &0);
        assert_eq!(store.len(), 2);
        assert_eq!(store.step(Budget::unlimited()).traced, 2);
    }

    #[test]
    fn values_that_are_kept_are_no_part_of_a_limit() {
        let mut store = World::with_config(
            Config::new()
                .record_deaths(true)
                .max_objects(1)
                .max_bytes(4),
        );
        for number in 0..100 {
            let spark = store.insert(number);
            store.unroot(spark).unwrap();
        }
        assert_eq!((store.bytes(), store.drain_deaths().len()), (0, 100));
    }
}
