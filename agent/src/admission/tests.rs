//! Fairness of the pool, and that nothing leaks out of it.

use super::*;

const PATIENCE: Duration = Duration::from_secs(30);

fn bytes(bytes: usize) -> Amount {
    Amount { bytes, inputs: 1 }
}

fn pool(all: usize, part: usize) -> Pool {
    let amount = |bytes| Amount { bytes, inputs: 100 };
    Pool::new(amount(all), amount(part))
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap()
}

#[test]
fn a_noisy_stream_waits_for_itself_and_a_quiet_one_does_not() {
    runtime().block_on(async {
        let pool = pool(80, 40);
        let noisy = pool.take("noisy", bytes(40), PATIENCE).await.unwrap();
        let waits = pool.take("noisy", bytes(1), Duration::from_secs(1)).await;
        assert_eq!(waits.err(), Some(Crowded));
        let at_once = pool.take("quiet", bytes(40), Duration::ZERO).await;
        assert!(at_once.is_ok());
        drop(noisy);
        assert!(pool.take("noisy", bytes(1), Duration::ZERO).await.is_ok());
    });
}

#[test]
fn of_those_that_wait_the_one_that_holds_least_is_next() {
    runtime().block_on(async {
        let pool = pool(10, 10);
        let first = pool.take("noisy", bytes(5), PATIENCE).await.unwrap();
        let second = pool.take("noisy", bytes(5), PATIENCE).await.unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = ["noisy", "noisy", "quiet"]
            .into_iter()
            .map(|stream| {
                let (pool, order) = (pool.clone(), Arc::clone(&order));
                tokio::spawn(async move {
                    let share = pool.take(stream, bytes(5), PATIENCE).await.unwrap();
                    order.lock().unwrap().push(stream);
                    share
                })
            })
            .collect();
        tokio::task::yield_now().await;
        drop(first);
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        assert_eq!(*order.lock().unwrap(), ["quiet"]);
        drop(second);
        let mut shares = Vec::new();
        for task in tasks {
            // The noisy one's second share comes when its first is given back.
            let share = tokio::time::timeout(Duration::from_secs(1), task).await;
            shares.push(share.map(|s| drop(s.unwrap())));
        }
        assert_eq!(order.lock().unwrap().len(), 3);
        assert_eq!(pool.free().bytes, 10);
    });
}

#[test]
fn a_large_need_is_not_passed_over_for_ever() {
    runtime().block_on(async {
        let pool = pool(10, 10);
        let small = pool.take("a", bytes(1), PATIENCE).await.unwrap();
        let large = tokio::spawn({
            let pool = pool.clone();
            async move { pool.take("b", bytes(10), PATIENCE).await.is_ok() }
        });
        tokio::task::yield_now().await;
        let later = pool.take("c", bytes(1), Duration::from_secs(1)).await;
        assert_eq!(later.err(), Some(Crowded), "b is before c");
        drop(small);
        assert!(large.await.unwrap());
    });
}

#[test]
fn who_gives_up_waiting_leaves_nothing_behind() {
    runtime().block_on(async {
        let pool = pool(10, 10);
        let all = pool.take("a", bytes(10), PATIENCE).await.unwrap();
        for n in 0..3_000 {
            let stream = format!("s{n}");
            let crowded = pool.take(&stream, bytes(1), Duration::ZERO).await;
            assert_eq!(crowded.err(), Some(Crowded));
        }
        drop(all);
        assert_eq!(pool.free().bytes, 10);
        assert!(pool.0.lock().held.is_empty());
        assert!(pool.0.lock().waiting.is_empty());
    });
}

#[test]
fn more_than_the_part_is_the_part() {
    runtime().block_on(async {
        let pool = pool(80, 10);
        let share = pool.take("a", bytes(1_000), Duration::ZERO).await.unwrap();
        assert_eq!(pool.free().bytes, 70);
        drop(share);
        assert_eq!(pool.free().bytes, 80);
    });
}

#[test]
fn places_are_counted_by_key_and_given_back() {
    let places = Arc::new(Places::default());
    let (a, b) = (places.enter(&1, 2), places.enter(&1, 2));
    assert!(a.is_some() && b.is_some());
    assert!(places.enter(&1, 2).is_none());
    assert!(places.enter(&2, 2).is_some());
    drop(a);
    assert!(places.enter(&1, 2).is_some());
    drop(b);
    assert!(places.0.lock().unwrap().is_empty());
}
