//! The `audit` table: who did what, only added to.

use rusqlite::{Connection, params};

use super::value::int;
use crate::api::view::AuditView;
use crate::audit::AuditRow;

const INSERT: &str = "
    INSERT INTO audit (at_ms, actor, verb, object, peer) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO NOTHING";

pub(super) fn write(conn: &Connection, row: &AuditRow) -> rusqlite::Result<()> {
    let act = &row.act;
    conn.prepare_cached(INSERT)?.execute(params![
        row.at_ms,
        act.actor,
        act.verb.as_str(),
        act.object,
        act.peer.map(|peer| peer.to_string()),
    ])?;
    Ok(())
}

/// The latest acts first, those before `below` if it is given, each with its number.
pub(crate) fn list(
    conn: &Connection,
    below: Option<i64>,
    limit: usize,
) -> rusqlite::Result<Vec<(i64, AuditView)>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, at_ms, actor, verb, object, peer FROM audit
         WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
    )?;
    let below = below.unwrap_or(i64::MAX);
    let rows = statement.query_map(params![below, int(limit as u64)], |row| {
        let view = AuditView {
            at_ms: row.get(1)?,
            actor: row.get(2)?,
            verb: row.get(3)?,
            object: row.get(4)?,
            peer: row.get(5)?,
        };
        Ok((row.get(0)?, view))
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Act, Verb};
    use crate::store::sqlite::migrations;

    fn opened(object: &str) -> AuditRow {
        AuditRow {
            at_ms: 1,
            act: Act {
                actor: Some("ci".to_owned()),
                verb: Verb::OpenedStream,
                object: object.to_owned(),
                peer: None,
            },
        }
    }

    #[test]
    fn the_account_is_only_added_to() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrations::apply(&mut conn).unwrap();
        write(&conn, &opened("a")).unwrap();
        for sql in ["DELETE FROM audit", "UPDATE audit SET actor = 'x'"] {
            let error = conn.execute(sql, []).unwrap_err().to_string();
            assert!(error.contains("only added to"), "{error}");
        }
        // Not by taking its place either.
        let replaced = "INSERT OR REPLACE INTO audit VALUES (1, 1, 'x', 'refused', 'y', NULL)";
        conn.execute_batch("PRAGMA recursive_triggers = ON")
            .unwrap();
        assert!(conn.execute(replaced, []).is_err());
        assert_eq!(list(&conn, None, 10).unwrap().len(), 1);
    }

    #[test]
    fn a_stream_opened_again_is_told_once() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrations::apply(&mut conn).unwrap();
        for object in ["a", "b", "a", "a"] {
            write(&conn, &opened(object)).unwrap();
        }
        let told = list(&conn, None, 10).unwrap();
        let objects: Vec<&str> = told.iter().map(|(_, act)| act.object.as_str()).collect();
        assert_eq!(objects, ["b", "a"]);
    }
}
