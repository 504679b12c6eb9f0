//! How SQLite carries the statements out: an index that is not used, or a table built for every row
//! written, is a mistake nobody sees until there is much data.

use rusqlite::Connection;

use super::tests::Wanted;
use super::{migrations, runs, streams, suites, tests};

fn schema() -> Connection {
    let mut conn = Connection::open_in_memory().unwrap();
    migrations::apply(&mut conn).unwrap();
    conn
}

fn rows(conn: &Connection, sql: &str, column: usize) -> Vec<String> {
    let mut statement = conn.prepare(sql).unwrap();
    let mut found = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().unwrap() {
        found.push(row.get(column).unwrap());
    }
    found
}

#[test]
fn no_row_written_builds_a_table_on_the_way() {
    let conn = schema();
    let statements = [
        tests::UPSERT,
        tests::OVERTAKE,
        runs::UPSERT,
        streams::UPSERT,
        suites::UPSERT,
    ];
    for sql in statements {
        let steps = rows(&conn, &format!("EXPLAIN {sql}"), 1);
        let tables = steps.iter().filter(|step| *step == "OpenEphemeral").count();
        // Of RETURNING, whose rows are few: one per run or stream and commit.
        let allowed = usize::from(sql.contains("RETURNING"));
        assert!(tables <= allowed, "{tables} tables: {sql}");
    }
}

#[test]
fn failing_tests_are_found_without_reading_the_others() {
    let conn = schema();
    let statuses = [sentinel_parsers::Status::Failed];
    let failing = Wanted {
        statuses: &statuses,
        ..Wanted::default()
    };
    let plan = rows(
        &conn,
        &format!("EXPLAIN QUERY PLAN {}", tests::select(&failing)),
        3,
    );
    assert!(
        plan[0].contains("USING INDEX tests_failing (run=? AND"),
        "{plan:?}"
    );
    let all = tests::select(&Wanted::default());
    let plan = rows(&conn, &format!("EXPLAIN QUERY PLAN {all}"), 3);
    assert!(plan[0].contains("USING PRIMARY KEY (run=? AND"), "{plan:?}");
    assert!(!plan.concat().contains("TEMP B-TREE"), "{plan:?}");
}
