//! Whose turn it is: in the order of coming due, one each, and nobody's while the hub is away.

use sentinel_core::output::StreamRow;
use sentinel_parsers::wire::OpenStream;

use super::*;

const RETRY: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(2));
const HOUR: Duration = Duration::from_secs(3600);

fn board() -> (Board, Arc<News>) {
    let news = Arc::new(News::default());
    let board = Board::new(Arc::clone(&news), RETRY);
    board.lock().look = None;
    (board, news)
}

fn tell(news: &News, stream: &str, committed: u64) {
    news.tell(&StreamRow {
        stream: stream.to_owned(),
        open: OpenStream {
            identity: Default::default(),
            run: Default::default(),
            command: None,
        },
        committed,
        closed: false,
        events: 0,
        opened_ms: 0,
        last_frame_ms: 0,
        total_bytes: None,
        hash: None,
        exit_code: None,
        signal: None,
        node: None,
        replaced_by: None,
    });
}

fn turn(board: &Board) -> Option<Lane> {
    let mut state = board.lock();
    state.hear(board.news.take(), RETRY);
    match state.pick(Instant::now()) {
        Ok(Task::Turn(lane)) => Some(lane),
        _ => None,
    }
}

#[test]
fn a_stream_with_much_to_send_waits_for_the_others_after_each_turn() {
    let (board, news) = board();
    tell(&news, "noisy", 1 << 30);
    let mut order = Vec::new();
    let noisy = turn(&board).unwrap();
    board.back(noisy, Next::Again);
    for quiet in ["q1", "q2", "q3"] {
        tell(&news, quiet, 10);
        // Told at different moments.
        let told = Instant::now();
        while Instant::now() == told {}
    }
    for _ in 0..8 {
        let lane = turn(&board).unwrap();
        order.push(lane.stream.to_string());
        let next = match &*lane.stream {
            "noisy" => Next::Again,
            _ => Next::Rest(Instant::now() + HOUR),
        };
        board.back(lane, next);
    }
    let place = |name: &str| order.iter().position(|n| n == name).unwrap();
    assert!(
        place("q1") <= 1 && place("q2") <= 2 && place("q3") <= 3,
        "{order:?}"
    );
}

#[test]
fn a_resting_stream_comes_forward_with_news_and_a_pausing_one_does_not() {
    let (board, news) = board();
    tell(&news, "rests", 10);
    tell(&news, "pauses", 10);
    for _ in 0..2 {
        let lane = turn(&board).unwrap();
        let until = Instant::now() + HOUR;
        let next = match &*lane.stream {
            "rests" => Next::Rest(until),
            _ => Next::Pause(until),
        };
        board.back(lane, next);
    }
    assert!(turn(&board).is_none());
    tell(&news, "pauses", 20);
    tell(&news, "rests", 20);
    let lane = turn(&board).unwrap();
    assert_eq!((&*lane.stream, lane.committed), ("rests", 20));
    assert!(turn(&board).is_none());
}

#[test]
fn what_is_told_during_a_turn_is_not_forgotten() {
    let (board, news) = board();
    tell(&news, "a", 10);
    let lane = turn(&board).unwrap();
    tell(&news, "a", 20);
    assert!(turn(&board).is_none(), "one turn at a time");
    board.back(lane, Next::Done);
    assert_eq!(turn(&board).unwrap().committed, 20);
}

#[test]
fn while_the_hub_is_away_one_asks_and_once_it_answers_all_do() {
    let (board, news) = board();
    for stream in ["a", "b", "c"] {
        tell(&news, stream, 10);
    }
    let lane = turn(&board).unwrap();
    board.away(&Answer::Refused {
        status: 503,
        retry_after: Some(HOUR),
    });
    board.back(lane, Next::Again);
    assert!(turn(&board).is_none(), "it said when to come back");
    board.lock().hub.away_until = Some(Instant::now());
    let one = turn(&board).unwrap();
    assert!(turn(&board).is_none(), "one asks for all");
    board.answered();
    assert!(turn(&board).is_some());
    board.back(one, Next::Again);
}

#[test]
fn streams_beyond_what_is_held_are_looked_for_in_the_store_later() {
    let (board, news) = board();
    for n in 0..LANES + 10 {
        tell(&news, &format!("s{n}"), 10);
    }
    let lane = turn(&board).unwrap();
    board.back(lane, Next::Done);
    {
        let state = board.lock();
        assert_eq!(state.lanes.len(), LANES - 1);
        assert!(state.look_again || state.look.is_some());
    }
    // Once there is room for a page.
    for _ in 0..PAGE - 1 {
        let lane = turn(&board).unwrap();
        board.back(lane, Next::Done);
    }
    let looks = matches!(
        board.lock().pick(Instant::now()),
        Ok(Task::Look { after: 0, .. })
    );
    assert!(looks);
}

#[test]
fn a_look_goes_on_page_by_page_and_ends_with_an_empty_one() {
    let (board, _news) = board();
    board.offer_all();
    let look = |board: &Board| match board.lock().pick(Instant::now()) {
        Ok(Task::Look { after, all }) => Some((after, all)),
        _ => None,
    };
    assert_eq!(look(&board), Some((0, true)));
    assert_eq!(look(&board), None, "one looks at a time");
    let found = |id: i64| Unsent {
        id,
        stream: format!("s{id}"),
        committed: 1,
    };
    board.found(vec![found(3), found(7)], true);
    assert_eq!(look(&board), Some((7, true)));
    board.found(Vec::new(), true);
    assert_eq!(board.lock().look, None);
    assert_eq!(board.lock().lanes.len(), 2);
}

#[test]
fn what_waits_is_counted_whoever_has_its_turn() {
    let (board, news) = board();
    let counted = |streams, bytes| Backlog { streams, bytes };
    tell(&news, "a", 10);
    tell(&news, "b", 5);
    let mut lane = turn(&board).unwrap();
    assert_eq!(board.backlog(), counted(2, 15));
    let name = lane.stream.to_string();
    lane.hub = Some(super::super::lane::Standing {
        name: name.clone(),
        position: lane.committed - 1,
        closed: false,
    });
    board.back(lane, Next::Again);
    let other = if name == "a" { 5 } else { 10 };
    assert_eq!(board.backlog(), counted(2, other + 1));
    tell(&news, &name, 40);
    let rest = turn(&board).unwrap();
    let again = turn(&board).unwrap();
    for mut lane in [rest, again] {
        lane.hub = Some(super::super::lane::Standing {
            name: String::new(),
            position: lane.committed,
            closed: true,
        });
        board.back(lane, Next::Done);
    }
    assert_eq!(board.backlog(), counted(0, 0));
}
