//! `GET /health`: whether the process answers at all.

pub(crate) async fn health() -> &'static str {
    "ok\n"
}
