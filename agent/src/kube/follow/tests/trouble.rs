//! A server that is silent, away, overloaded, or says no.

use axum::http::StatusCode;

use super::*;

fn half_open(asked: &Asked) -> Response {
    match asked.is_watch() {
        true => lines(&[], false),
        false => list(&[]),
    }
}

#[tokio::test(start_paused = true)]
async fn w3_a_watch_that_is_half_open_is_begun_again_within_five_minutes_and_meanwhile_its_silence_shows()
 {
    let stage = Stage::new(half_open);
    let looking = stage.clone();
    let looked = tokio::spawn(async move {
        let mut silences = Vec::new();
        for _ in 0..4 {
            sleep(Duration::from_secs(60)).await;
            silences.push(looking.watch.cluster_silence()[0].1.as_secs());
        }
        silences
    });
    stage.follow(400).await;
    assert_eq!(looked.await.unwrap(), [60, 120, 180, 240]);
    let watches = stage.times(true);
    let gap = watches[1] - watches[0];
    assert!(gap <= Duration::from_secs(300), "{gap:?}");
    let errors = stage.watch.cluster_errors.value();
    assert_eq!(errors, 1, "it counts as broken");
}

#[tokio::test(start_paused = true)]
async fn w3_with_a_shorter_time_within_a_minute() {
    let stage = Stage::new(half_open);
    let times = Times {
        watch: Duration::from_secs(45),
        ..TIMES
    };
    let follower = stage.follower(times).follow();
    let over = timeout(Duration::from_secs(120), follower).await;
    assert!(over.is_err());
    let watches = stage.times(true);
    let gap = watches[1] - watches[0];
    assert!(gap <= Duration::from_secs(60), "{gap:?}");
}

/// Away for a quarter of an hour: refused, then answered with a head and nothing more, then refused with a wish.
fn away(asked: &Asked) -> Option<Response> {
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    match asked.at.as_secs() {
        100..400 => Some(unavailable.into_response()),
        400..700 => Some(lines(&[], false)),
        700..1_000 => Some((unavailable, [("retry-after", "5")]).into_response()),
        _ => None,
    }
}

/// A connection that breaks when the server goes.
fn until_it_goes(asked: &Asked) -> Response {
    let wait = Duration::from_secs(100).saturating_sub(asked.at);
    let end = stream::once(async move {
        sleep(wait).await;
        Ok::<_, Infallible>(Bytes::new())
    });
    axum::body::Body::from_stream(end).into_response()
}

#[tokio::test(start_paused = true)]
async fn w8_a_server_that_is_away_for_a_quarter_of_an_hour_is_called_silent_and_asked_little() {
    let stage = Stage::new(|asked| match (away(asked), asked.is_watch()) {
        (Some(answer), _) => answer,
        (None, true) if asked.at < Duration::from_secs(100) => until_it_goes(asked),
        (None, true) => quiet(asked),
        (None, false) => list(&[pod("a", 1)]),
    });
    let looking = stage.clone();
    let degraded = tokio::spawn(async move {
        let mut seen = Vec::new();
        for seconds in [250, 1_000] {
            sleep(Duration::from_secs(seconds)).await;
            seen.push(looking.watch.degraded());
        }
        seen
    });
    stage.follow(1_300).await;
    let degraded = degraded.await.unwrap();
    assert_eq!((degraded[0].len(), degraded[0][0].0), (1, "kubernetes"));
    assert_eq!(degraded[1], [], "it is back");
    let told = stage.told();
    let said = |silent: bool| {
        let marks = told.iter().filter(move |(_, fact)| match silent {
            true => matches!(fact, Fact::Silent { .. }),
            false => matches!(fact, Fact::Heard { .. }),
        });
        marks.map(|(at, _)| at.as_secs()).collect::<Vec<_>>()
    };
    let (silent, heard) = (said(true), said(false));
    assert!((130..200).contains(&silent[0]), "{silent:?}");
    assert!((1_000..1_040).contains(heard.last().unwrap()), "{heard:?}");
    assert_eq!(silent.len(), heard.len());
    let tries = stage.asked().into_iter().filter(|a| away(a).is_some());
    let tries = tries.count();
    assert!((10..120).contains(&tries), "{tries} requests in 15 minutes");
}

#[tokio::test(start_paused = true)]
async fn w8_retry_after_is_waited_for_and_a_right_that_was_taken_away_is_named() {
    let stage = Stage::new(|asked| match asked.at.as_secs() {
        0 => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "40")]).into_response(),
        1..100 => {
            let said = json!({"message": "pods is forbidden: User \"x\" cannot list"});
            (StatusCode::FORBIDDEN, said.to_string()).into_response()
        }
        _ if asked.is_watch() => quiet(asked),
        _ => list(&[]),
    });
    let looking = stage.clone();
    let degraded = tokio::spawn(async move {
        sleep(Duration::from_secs(90)).await;
        looking.watch.degraded()
    });
    stage.follow(180).await;
    let asked = stage.asked();
    assert!(asked[1].at >= Duration::from_secs(40), "{asked:?}");
    let (_, why) = &degraded.await.unwrap()[0];
    let expected = "pods: 403 Forbidden pods is forbidden: User \"x\" cannot list";
    assert_eq!(why, expected);
    assert_eq!(stage.watch.degraded(), [], "it was given back");
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_watches_end_at_once_is_not_asked_without_pause() {
    let stage = Stage::new(|asked| match asked.is_watch() {
        true => lines(&[], true),
        false => list(&[]),
    });
    stage.follow(600).await;
    let watches = stage.times(true).len();
    assert!((5..60).contains(&watches), "{watches} in ten minutes");
}
